"""Extensions of movements: what they reproduce exactly, derivatives, one factorization, and what they refuse."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
shape = require("fem.shape")
errors = require("fem.errors")

RNG = np.random.default_rng(3)


def distorted(mesh: Any, amount: float = 0.08) -> Any:
    """The mesh with its inner points moved, so that no two cells are alike."""
    inner = np.setdiff1d(np.arange(len(mesh.points)), mesh.facet_points(mesh.boundary))
    points = mesh.points.copy()
    points[inner] += amount * RNG.uniform(-1, 1, points[inner].shape)
    return mesh.with_points(points)


SHEET = distorted(fem.rectangle((6, 5), size=(2.0, 1.5)))
CURVED = fem.rectangle((4, 3), size=(2.0, 1.5), element="quad8")
BODY = distorted(fem.box((3, 3, 3), size=(1.2, 1.0, 0.9)), 0.04)
MESHES = {"sheet": SHEET, "curved": CURVED, "body": BODY}


def edge(mesh: Any) -> Any:
    """Points of the upper face, those on its rim left out."""
    rim = mesh.points.min(axis=0), mesh.points.max(axis=0)
    x = mesh.points
    inside = (x[:, :-1] > rim[0][:-1]).all(axis=1) & (x[:, :-1] < rim[1][:-1]).all(axis=1)
    return np.flatnonzero(inside & np.isclose(x[:, -1], rim[1][-1]))


MAKE = {
    "laplace": lambda mesh: shape.laplace(mesh, edge(mesh)),
    "laplace, graded": lambda mesh: shape.laplace(mesh, edge(mesh), stiffening=1.0),
    "elastic": lambda mesh: shape.elastic(mesh, edge(mesh)),
    "radial": lambda mesh: shape.radial(
        mesh,
        mesh.points[edge(mesh)],
        0.9,
        fem.fix(
            fem.Space(mesh, components=mesh.dimension),
            np.setdiff1d(mesh.facet_points(mesh.boundary), edge(mesh)),
        ),
    ),
}


@cache
def extension(make: str, name: str = "sheet") -> Any:
    """Return one extension of one mesh, whose system is assembled once for all tests."""
    return MAKE[make](MESHES[name])


def whole_boundary(mesh: Any) -> Any:
    return mesh.facet_points(mesh.boundary)


def skew(d: int) -> Any:
    a = np.arange(d * d, dtype=float).reshape(d, d)
    return 0.1 * (a - a.T)


@pytest.mark.parametrize("stiffening", [0.0, 1.5])
@pytest.mark.parametrize("name", MESHES)
def test_elastic_extension_reproduces_rigid_motions(name: str, stiffening: float) -> None:
    mesh = MESHES[name]
    moved = whole_boundary(mesh)
    rigid = 0.3 + mesh.points @ skew(mesh.dimension).T
    found = shape.elastic(mesh, moved, stiffening=stiffening)(rigid[moved])
    np.testing.assert_allclose(found, rigid, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [shape.laplace, shape.elastic])
@pytest.mark.parametrize("name", MESHES)
def test_extensions_without_stiffening_reproduce_affine_movements(name: str, kind: Any) -> None:
    mesh = MESHES[name]
    moved = whole_boundary(mesh)
    affine = mesh.points @ RNG.normal(size=(mesh.dimension, mesh.dimension)) + 0.2
    np.testing.assert_allclose(kind(mesh, moved, stiffening=0.0)(affine[moved]), affine, rtol=0, atol=1e-12)


def test_laplace_extension_of_a_harmonic_movement_is_that_movement() -> None:
    """x^2 - y^2 is in the space of quad8 and quad9, and Galerkin's solution is exact where the solution is."""
    mesh = fem.rectangle((4, 3), size=(2.0, 1.5), element="quad9")
    moved = whole_boundary(mesh)
    x, y = mesh.points.T
    harmonic = np.stack([x**2 - y**2, x * y], axis=1)
    np.testing.assert_allclose(shape.laplace(mesh, moved)(harmonic[moved]), harmonic, rtol=0, atol=1e-12)


def test_laplace_extension_has_its_largest_movement_on_the_boundary() -> None:
    """The maximum principle, of triangles without obtuse angles."""
    mesh = fem.rectangle((9, 7), element="tri3")
    moved = whole_boundary(mesh)
    for stiffening in (0.0, 2.0):
        given = RNG.normal(size=(len(moved), 2))
        found = np.asarray(shape.laplace(mesh, moved, stiffening=stiffening)(given))
        inner = np.setdiff1d(np.arange(len(mesh.points)), moved)
        assert (found[inner].max(axis=0) < given.max(axis=0)).all()
        assert (found[inner].min(axis=0) > given.min(axis=0)).all()


@pytest.mark.parametrize("make", MAKE)
@pytest.mark.parametrize("name", MESHES)
def test_moved_points_go_where_they_are_moved_and_held_ones_stay(name: str, make: str) -> None:
    mesh = MESHES[name]
    moved = edge(mesh)
    given = 0.1 * RNG.normal(size=(len(moved), mesh.dimension))
    found = np.asarray(extension(make, name)(given))
    held = np.setdiff1d(whole_boundary(mesh), moved)
    np.testing.assert_allclose(found[moved], given, rtol=0, atol=1e-13)
    np.testing.assert_allclose(found[held], 0.0, rtol=0, atol=1e-14)
    assert np.abs(found).sum() > np.abs(given).sum()


def test_stiffening_spares_small_cells() -> None:
    mesh = fem.rectangle((8, 8), grading=(None, lambda s: 1 - (1 - s) ** 2))  # thin at the upper edge
    moved = edge(mesh)
    given = np.tile([0.0, -0.05], (len(moved), 1))

    def squeezed(move: Any) -> Any:
        ratio = mesh.with_points(mesh.points + move(given)).measures / mesh.measures
        return ratio[np.isclose(mesh.centers[:, 1], mesh.centers[:, 1].max())][1:-1].min()

    kinds = (shape.laplace, shape.elastic)
    soft, hard = ([squeezed(kind(mesh, moved, stiffening=c)) for kind in kinds] for c in (0.0, 1.0))
    assert (np.array(hard) > np.array(soft) + 0.05).all()


def test_points_slide_along_an_axis_that_holds_one_component() -> None:
    space = fem.Space(SHEET, components=2)
    fixed = [fem.fix(space, lambda x: np.isclose(x[:, 1], 0), 1), fem.fix(space, lambda x: x[:, 0] == 0, 0)]
    moved = SHEET.points_on(lambda x: np.isclose(x[:, 0], 2.0))
    for kind in (shape.laplace, shape.elastic):
        found = np.asarray(kind(SHEET, moved, fixed, stiffening=0.0)(np.tile([0.2, 0.0], (len(moved), 1))))
        bottom = SHEET.points_on(lambda x: np.isclose(x[:, 1], 0))
        assert (found[bottom, 1] == 0).all()
        assert found[bottom, 0].max() == pytest.approx(0.2, abs=1e-13)
        if kind is shape.laplace:  # an affine movement: the free edges do not hold it up
            np.testing.assert_allclose(found[:, 0], 0.1 * SHEET.points[:, 0], atol=1e-13)


def test_periodic_points_move_together() -> None:
    mesh = fem.rectangle((6, 6))
    space = fem.Space(mesh, components=2)
    left, right = (mesh.points_on(lambda x, s=s: x[:, 0] == s) for s in (0.0, 1.0))
    fixed = fem.periodic(space, [0])
    moved = mesh.points_on(lambda x: (x[:, 1] == 1) | (x[:, 1] == 0))
    given = 0.05 * np.sin(2 * np.pi * mesh.points[moved, :1] + [0.3, 1.0])
    found = np.asarray(shape.laplace(mesh, moved, fixed)(given))
    np.testing.assert_allclose(found[right], found[left], rtol=0, atol=1e-14)
    assert np.abs(found[left]).min() > 0


def test_a_movement_of_a_master_takes_what_is_tied_to_it_along() -> None:
    mesh = fem.rectangle((4, 4))
    space = fem.Space(mesh, components=2)
    moved, tied = [0], [24]  # two corners
    found = np.asarray(shape.laplace(mesh, moved, fem.tie(space, tied, moved))([[0.1, 0.2]]))
    np.testing.assert_allclose(found, np.tile([0.1, 0.2], (25, 1)), atol=1e-13)


def test_radial_extension_is_the_sum_written_out() -> None:
    centers = np.array([[0.3, 0.2], [0.9, 1.1], [2.2, 1.6]])  # the last is outside
    given = RNG.normal(size=(3, 2))

    def falling(x: Any, c: Any) -> Any:
        s = np.minimum(np.linalg.norm(x[:, None] - c[None], axis=-1) / 1.1, 1.0)
        return (1 - s) ** 4 * (4 * s + 1)

    weights = np.linalg.solve(falling(centers, centers), given)
    found = shape.radial(SHEET, centers, 1.1)(given)
    np.testing.assert_allclose(found, falling(SHEET.points, centers) @ weights, rtol=0, atol=1e-13)
    far = np.linalg.norm(SHEET.points[:, None] - centers[None], axis=-1).min(axis=1) >= 1.1
    assert far.any() and (np.asarray(found)[far] == 0).all()


def test_radial_extension_slides_where_one_component_is_held() -> None:
    space = fem.Space(SHEET, components=2)
    bottom = SHEET.points_on(lambda x: np.isclose(x[:, 1], 0))
    found = np.asarray(shape.radial(SHEET, [[1.0, 0.6]], 1.0, fem.fix(space, bottom, 1))([[0.1, 0.1]]))
    np.testing.assert_allclose(found[bottom, 1], 0.0, atol=1e-14)
    assert found[bottom, 0].max() > 5e-3


@pytest.mark.parametrize("make", MAKE)
def test_derivatives_are_those_of_a_linear_map(make: str) -> None:
    move = extension(make)
    m, d_m = RNG.normal(size=(2, len(edge(SHEET)), 2))
    u_bar = RNG.normal(size=SHEET.points.shape)
    u, d_u = jax.jvp(move, (m,), (d_m,))
    np.testing.assert_allclose(d_u, move(d_m), rtol=0, atol=1e-13)
    (m_bar,) = jax.vjp(move, m)[1](u_bar)
    assert np.vdot(u_bar, d_u) == pytest.approx(np.vdot(m_bar, d_m), rel=1e-12)
    _, twice = jax.jvp(jax.grad(lambda m: (move(m) ** 4).sum() / 12), (m,), (d_m,))
    np.testing.assert_allclose(twice, jax.vjp(move, m)[1](u**2 * d_u)[0], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("make", MAKE)
def test_several_movements_at_once(make: str) -> None:
    move, m = extension(make), RNG.normal(size=(3, len(edge(SHEET)), 2))
    np.testing.assert_allclose(jax.jit(jax.vmap(move))(m), [move(one) for one in m], rtol=0, atol=1e-13)


def compliance_of(move: Any) -> Any:
    """Work of a load on a sheet, in how its upper edge moves."""
    space = fem.Space(SHEET, components=2)
    supports = fem.fix(space, SHEET.points_on(lambda x: x[:, 0] == 0))
    load = fem.traction(space, SHEET.facets_on(lambda x: np.isclose(x[:, 0], 2.0)), (0.0, -1.0))

    def compliance(height: Any) -> Any:
        moved = space.at(SHEET.points + move(jnp.stack([jnp.zeros_like(height), height], 1)))
        return (fem.solve(fem.elements.elasticity(moved, young=1.0, poisson=0.3), load, supports) * load).sum()

    return compliance


@pytest.mark.parametrize("make", ["elastic", "radial"])
def test_shape_derivatives_of_a_structure_are_right_to_second_order(make: str) -> None:
    compliance = compliance_of(extension(make))
    x, d_x = 0.05 * RNG.uniform(-1, 1, (2, len(edge(SHEET))))

    @jax.jit
    def derivatives(x: Any) -> Any:
        """Value and slopes, shape (1 + k,), and how they change along a direction."""
        found, moved = jax.jvp(jax.value_and_grad(compliance), (x,), (d_x,))
        return jnp.append(*found), jnp.append(*moved)

    found, moved = map(np.asarray, derivatives(x))
    wide, narrow = (
        (np.asarray(derivatives(x + h * d_x)[0]) - derivatives(x - h * d_x)[0]) / (2 * h) for h in (0.1, 0.05)
    )
    expected = (4 * narrow - wide) / 3
    np.testing.assert_allclose([found[1:] @ d_x, moved[0]], expected[0], rtol=1e-7)
    np.testing.assert_allclose(moved[1:], expected[1:], rtol=0, atol=1e-6 * np.abs(moved[1:]).max())


def test_a_design_loop_factorizes_the_extension_once() -> None:
    sparsead.factor_cache.clear()
    move = shape.elastic(SHEET, edge(SHEET))
    loop = jax.jit(jax.value_and_grad(compliance_of(move)))
    for step in range(4):
        loop(0.01 * step * np.ones(len(edge(SHEET))))
    assert sparsead.factor_cache.stats().factorizations == 1 + 4  # and that of the structure for each design


def test_a_mesh_without_free_points_moves_as_it_is_told() -> None:
    mesh = fem.rectangle((1, 1))
    np.testing.assert_allclose(shape.laplace(mesh, [3])([[0.1, 0.2]])[3], [0.1, 0.2])


@pytest.mark.parametrize("make", MAKE)
def test_movements_must_fit_the_moved_points(make: str) -> None:
    move, k = extension(make), len(edge(SHEET))
    with pytest.raises(sparsead.errors.ShapeError, match=rf"got: +shape \({k - 1}, 2\)"):
        move(np.zeros((k - 1, 2)))
    with pytest.raises(sparsead.errors.DtypeError, match=r"got: +[a-z]+ of type complex128"):
        move(np.zeros((k, 2), complex))


@pytest.mark.parametrize("kind", [shape.laplace, shape.elastic])
def test_what_cannot_be_extended_is_refused(kind: Any) -> None:
    space = fem.Space(SHEET, components=2)
    with pytest.raises(errors.MeshError, match=r"got: +point 3 in two rows"):
        kind(SHEET, [3, 1, 3])
    with pytest.raises(errors.SpaceError, match=r"got: +point 99 "):
        kind(SHEET, [99])
    with pytest.raises(errors.ConstraintError, match=r"got: +prescribed values"):
        kind(SHEET, [3], fem.prescribed(space, [0], 0.1))
    with pytest.raises(errors.ConstraintError, match=r"got: +constraints on 42 dofs"):
        kind(SHEET, [3], fem.fix(fem.Space(SHEET), [0]))
    for stiffening in (-1.0, np.nan, "1", None):
        with pytest.raises(sparsead.errors.ShapeError, match=r"got: +stiffening = "):
            kind(SHEET, [3], stiffening=stiffening)
    with pytest.raises(errors.MeshError, match=r"got: +Space"):
        kind(space, [3])


def test_a_part_that_is_held_nowhere_is_named() -> None:
    two = fem.Mesh(
        np.concatenate([fem.rectangle((1, 1)).points, fem.rectangle((1, 1)).points + 2.0]),
        (fem.CellBlock("quad4", [[0, 1, 3, 2], [4, 5, 7, 6]]),),
    ).oriented()
    held = fem.fix(fem.Space(two, components=2), [0])
    for kind in (shape.laplace, shape.elastic):
        with pytest.raises(errors.ConstraintError, match=r"part of 4 points with point 4 is free to move"):
            kind(two, [1, 2], held)
    with pytest.raises(errors.ConstraintError, match="free to move"):
        shape.elastic(SHEET, [3], ())  # it may turn about that point


@pytest.mark.parametrize(
    ("centers", "radius", "got"),
    [
        ([[0.0, 0.0, 0.0]], 1.0, r"shape \(1, 3\)"),
        ([[np.nan, 0.0]], 1.0, "shape .*not all finite"),
        (np.zeros((0, 2)), 1.0, r"shape \(0, 2\)"),
        ([[0.5, 0.5], [0.7, 0.1], [0.5, 0.5]], 1.0, r"centers 0 and 2 at \[0.5, 0.5\]"),
        ([[0.5, 0.5], [9.0, 0.5]], 1.0, r"center 1 at \[9.0, 0.5\], 7.00071 from the nearest"),
        (np.stack([np.linspace(0, 2, 300), np.zeros(300)], 1), 1e4, r"radius = 10000, and neighbours 0.0066.* apart"),
    ],
)
def test_centers_that_move_nothing_or_the_same_are_refused(centers: Any, radius: float, got: str) -> None:
    with pytest.raises(errors.MeshError, match=f"got: +{got}"):
        shape.radial(SHEET, centers, radius)


def test_radial_functions_refuse_couplings_and_radii() -> None:
    space = fem.Space(SHEET, components=2)
    with pytest.raises(errors.ConstraintError, match=r"got: +points that depend on others"):
        shape.radial(SHEET, [[1.0, 1.0]], 1.0, fem.tie(space, [0], 1))
    for radius in (0.0, -1.0, np.inf, None):
        with pytest.raises(sparsead.errors.ShapeError, match=r"got: +radius = "):
            shape.radial(SHEET, [[1.0, 1.0]], radius)
