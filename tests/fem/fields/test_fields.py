"""Fields of solutions: exact on polynomials, in agreement with the operators, differentiable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import fem
from fem import fields
from fem.errors import MaterialError, MeshError, SpaceError
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")

PLANE = ("tri3", "tri6", "quad4", "quad8", "quad9")
SOLID = ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")
SLOPE = np.array([[0.3, -0.2, 0.5], [0.7, 0.1, -0.4], [0.2, 0.6, -0.3]])
YOUNG, POISSON = 2.1e11, 0.3


def distorted(name: str, cells: int = 2) -> fem.Mesh:
    """Return a square or a cube of cells whose corners are moved, second order following them."""
    plane = name in PLANE
    order = 2 if name in ("tri6", "quad8", "quad9", "tet10", "hex20", "hex27") else 1
    linear = {"tri6": "tri3", "quad8": "quad4", "quad9": "quad4", "tet10": "tet4", "hex20": "hex8", "hex27": "hex8"}
    mesh = (fem.rectangle if plane else fem.box)(cells, element=linear.get(name, name))
    shift = np.random.default_rng(5).uniform(-0.1, 0.1, mesh.points.shape).round(3)
    return mesh.with_points(mesh.points + shift / cells).with_order(order, complete=name in ("quad9", "hex27"))


def mixed() -> fem.Mesh:
    points = np.array([[0, 0], [1, 0.1], [2, 0], [0, 1], [1.1, 1], [2, 1.2]])
    return fem.Mesh(points, (fem.CellBlock("quad4", [[0, 1, 4, 3]]), fem.CellBlock("tri3", [[1, 2, 5], [1, 5, 4]])))


def linear_solution(mesh: fem.Mesh) -> tuple[fem.Space, Any, Any]:
    """Return a space, a displacement that is linear in space, and its gradient."""
    d = mesh.dimension
    return fem.Space(mesh, components=d), mesh.points @ SLOPE[:d, :d].T, SLOPE[:d, :d]


@pytest.mark.parametrize("at", ["centers", "points", 3])
@pytest.mark.parametrize("name", [*PLANE, *SOLID, "mixed"])
def test_gradient_of_a_linear_field_is_exact(name: str, at: Any) -> None:
    mesh = mixed() if name == "mixed" else distorted(name)
    space, u, slope = linear_solution(mesh)
    if name == "mixed" and at == 3:
        with pytest.raises(SpaceError, match="got:      4 in quad4, 6 in tri3"):
            fields.gradient(space, u, at=at)
        return
    found = fields.gradient(space, u, at=at)
    assert found.shape[0] == (len(mesh.points) if at == "points" else mesh.cell_count)
    np.testing.assert_allclose(found, np.broadcast_to(slope, found.shape), rtol=0, atol=2e-13)
    np.testing.assert_allclose(
        fields.strain(space, u, at=at), np.broadcast_to((slope + slope.T) / 2, found.shape), atol=2e-13
    )


@pytest.mark.parametrize("name", ["tri6", "quad8", "quad9", "tet10", "hex20", "hex27"])
def test_gradient_of_a_quadratic_field_is_exact_at_the_points(name: str) -> None:
    # On straight cells of equal size the extrapolated gradient of x^2 is 2x.
    mesh = (fem.rectangle if name in PLANE else fem.box)(2, element=name)
    found = fields.gradient(fem.Space(mesh), mesh.points[:, 0] ** 2, at="points")
    np.testing.assert_allclose(found[:, 0], 2 * mesh.points[:, 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found[:, 1:], 0.0, atol=1e-12)


def test_values_at_places() -> None:
    mesh = distorted("quad4")
    space, x = fem.Space(mesh), mesh.points[:, 0]
    np.testing.assert_allclose(fields.interpolate(space, x), mesh.centers[:, 0], atol=1e-14)
    np.testing.assert_allclose(fields.interpolate(space, x, at="points"), fields.interpolate(space, x, at="points"))
    assert fields.interpolate(space, x, at=3).shape == (4, 4)


def test_load_cases_lead() -> None:
    space, u, slope = linear_solution(distorted("quad4"))
    both = fields.gradient(space, jnp.stack([u, 2 * u]))
    np.testing.assert_allclose(both, np.broadcast_to(np.stack([slope, 2 * slope])[:, None], (2, 4, 2, 2)), atol=1e-13)
    np.testing.assert_allclose(fields.gradient(space, jnp.stack([u, 2 * u]).reshape(2, -1)), both)
    assert fields.norm(space, jnp.stack([u, 2 * u])).shape == (2,)


def test_field_of_several() -> None:
    mesh = distorted("quad4")
    space = fem.Space(mesh, components={"u": 2, "p": 1})
    u, p = mesh.points @ SLOPE[:2, :2].T, mesh.points[:, 1]
    both = jnp.concatenate([u, p[:, None]], axis=1).reshape(-1)
    np.testing.assert_allclose(
        fields.strain(space, both, field="u")[0], (SLOPE[:2, :2] + SLOPE[:2, :2].T) / 2, atol=1e-13
    )
    np.testing.assert_allclose(fields.gradient(space, both, field="p")[0], [0, 1], atol=1e-13)
    with pytest.raises(SpaceError, match="got:      field=None"):
        fields.gradient(space, both)


@pytest.mark.parametrize("plane", [None, "stress", "strain"])
def test_plane_stress_and_strain_by_the_law_of_hooke(plane: Any) -> None:
    space, u, slope = linear_solution(distorted("quad4"))
    found = fields.stress(space, u, young=YOUNG, poisson=POISSON, plane=plane)[1]
    e = np.zeros((3, 3))
    e[:2, :2] = (slope + slope.T) / 2
    # Hooke's law solved for the strain: e = ((1 + nu) s - nu tr(s)) / E.
    compliance = ((1 + POISSON) * found - POISSON * np.trace(found) * np.eye(3)) / YOUNG
    np.testing.assert_allclose(compliance[:2, :2], e[:2, :2], rtol=1e-12)
    if plane == "strain":
        np.testing.assert_allclose(compliance[2, 2], 0.0, atol=1e-14)
        assert found[2, 2] == pytest.approx(POISSON * (found[0, 0] + found[1, 1]))
    else:
        np.testing.assert_array_equal(found[2], 0.0)


def test_stress_in_space_and_along_a_line() -> None:
    space, u, slope = linear_solution(distorted("hex8"))
    found = fields.stress(space, u, young=YOUNG, poisson=POISSON)[0]
    strain = ((1 + POISSON) * found - POISSON * np.trace(found) * np.eye(3)) / YOUNG
    np.testing.assert_allclose(strain, (slope + slope.T) / 2, rtol=1e-11)
    line = fem.interval(3, 3.0)
    axial = fields.stress(fem.Space(line), 0.01 * line.points, young=100.0, poisson=0.3)
    np.testing.assert_allclose(axial[:, 0, 0], 1.0, rtol=1e-13)
    assert np.count_nonzero(np.abs(axial) > 1e-13) == 3


@pytest.mark.parametrize("plane", ["stress", "strain"])
def test_free_strain_leaves_no_stress(plane: Any) -> None:
    mesh = distorted("quad4")
    space, free = fem.Space(mesh, components=2), 1e-3
    grown = (1 + POISSON) * free if plane == "strain" else free
    found = fields.stress(space, grown * mesh.points, young=1.0, poisson=POISSON, plane=plane, free_strain=free)
    np.testing.assert_allclose(found[:, :2, :2], 0.0, atol=1e-15)
    expected = -free if plane == "strain" else 0.0
    np.testing.assert_allclose(found[:, 2, 2], expected, atol=1e-15)


def test_coefficients_by_cell_and_by_point() -> None:
    space, u, _ = linear_solution(distorted("quad4"))
    by_cell = np.array([1.0, 2.0, 3.0, 4.0])
    whole = fields.stress(space, u, young=1.0, poisson=0.3)
    np.testing.assert_allclose(
        fields.stress(space, u, young=by_cell, poisson=0.3), whole * by_cell[:, None, None], rtol=1e-13
    )
    by_point = np.arange(1.0, 17.0).reshape(4, 4)
    found = fields.stress(space, u, young=by_point, poisson=0.3, at=3)
    np.testing.assert_allclose(found, whole[:, None] * by_point[..., None, None], rtol=1e-12)
    with pytest.raises(MaterialError, match=r"got:      shape \(4, 4\) with at='centers'"):
        fields.stress(space, u, young=by_point, poisson=0.3)
    with pytest.raises(MaterialError, match=r"got:      shape \(3,\) with at='centers'"):
        fields.stress(space, u, young=np.ones(3), poisson=0.3)


def test_von_mises_of_known_states() -> None:
    shear = np.zeros((3, 3))
    shear[0, 1] = shear[1, 0] = 2.0
    assert float(fields.von_mises(shear)) == pytest.approx(2.0 * np.sqrt(3.0))
    assert float(fields.von_mises(np.eye(3))) == 0.0
    assert float(fields.von_mises(np.diag([3.0, 0.0]))) == pytest.approx(3.0)
    np.testing.assert_array_equal(jax.grad(lambda s: fields.von_mises(s))(jnp.zeros((3, 3))), 0.0)


def test_von_mises_and_principal_values_do_not_depend_on_the_axes() -> None:
    rng = np.random.default_rng(2)
    tensor = rng.normal(size=(3, 3)).round(2)
    tensor = tensor + tensor.T
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turned = turn @ tensor @ turn.T
    assert float(fields.von_mises(turned)) == pytest.approx(float(fields.von_mises(tensor)), rel=1e-13)
    values = np.asarray(fields.principal(tensor))
    assert (np.diff(values) < 0).all()
    a, b, c = values
    assert float(fields.von_mises(tensor)) == pytest.approx(np.sqrt(((a - b) ** 2 + (b - c) ** 2 + (c - a) ** 2) / 2))
    np.testing.assert_allclose(jax.jacobian(fields.principal)(jnp.asarray(tensor)).sum(0), np.eye(3), atol=1e-13)


@pytest.mark.parametrize("plane", ["stress", "strain", None])
def test_energy_is_half_the_work(plane: Any) -> None:
    mesh = distorted("hex8") if plane is None else distorted("quad8")
    space = fem.Space(mesh, components=mesh.dimension)
    thickness = 1.0 if plane is None else 0.2
    young = np.linspace(1.0, 2.0, mesh.cell_count) * YOUNG
    u = np.random.default_rng(1).normal(size=mesh.points.shape).round(3)
    arguments: dict[str, Any] = {"young": young, "poisson": POISSON, "plane": plane}
    if plane is not None:
        arguments["thickness"] = thickness
    stiffness = fem.elements.elasticity(space, **arguments)
    energy = fields.strain_energy(space, u, **arguments)
    assert energy.shape == (mesh.cell_count,)
    assert float(energy.sum()) == pytest.approx(float((u * (stiffness @ u)).sum()) / 2, rel=1e-12)


@pytest.mark.parametrize("name", [*PLANE, *SOLID, "mixed"])
def test_volume_and_integrals(name: str) -> None:
    mesh = mixed() if name == "mixed" else distorted(name)
    space = fem.Space(mesh)
    weights = np.linspace(0.0, 1.0, mesh.cell_count)
    halves = float(fields.integral(space, weights)) + float(fields.integral(space, 1 - weights))
    assert halves == pytest.approx(float(fields.integral(space)), rel=1e-13)
    straight = (fem.rectangle if name in PLANE else fem.box)(2, element=name) if name != "mixed" else mesh
    if name != "mixed":
        assert float(fields.integral(fem.Space(straight), lambda x: x[:, 0] ** 3)) == pytest.approx(0.25, rel=1e-13)


@pytest.mark.parametrize("name", ["tri6", "quad9", "tet10", "hex27"])
def test_errors_vanish_for_polynomials_of_the_space_and_norms_are_integrals(name: str) -> None:
    mesh = (fem.rectangle if name in PLANE else fem.box)(2, element=name)
    space = fem.Space(mesh)

    def exact(x: Any) -> Any:
        return x[:, 0] ** 2 - 3 * x[:, 1]

    u = exact(mesh.points)
    for kind in ("L2", "gradient", "H1"):
        assert float(fields.error(space, u, exact, kind)) < 1e-13
    x = mesh.points[:, 0]
    assert float(fields.norm(space, x)) == pytest.approx(np.sqrt(1 / 3))
    assert float(fields.norm(space, x, "gradient")) == pytest.approx(1.0)
    assert float(fields.norm(space, x, "H1")) == pytest.approx(np.sqrt(4 / 3))
    assert float(fields.error(space, x, lambda p: 0 * p[:, 0])) == pytest.approx(np.sqrt(1 / 3))


def test_error_of_a_vector_field() -> None:
    space, u, slope = linear_solution(distorted("quad4"))
    assert float(fields.error(space, u, lambda x: x @ slope.T, "H1")) < 1e-13
    assert float(fields.error(space, 0 * u, lambda x: x @ slope.T, "gradient")) == pytest.approx(
        np.linalg.norm(slope) * np.sqrt(float(fields.integral(space)))
    )


def test_norm_of_zero_has_a_derivative() -> None:
    space = fem.Space(distorted("quad4"))
    np.testing.assert_array_equal(jax.grad(lambda u: fields.norm(space, u))(jnp.zeros((9, 1))), 0.0)


def directional(function: Any, x: Any, direction: Any) -> float:
    """Return a derivative by Richardson's extrapolation of central differences."""

    def central(h: float) -> float:
        return (float(function(x + h * direction)) - float(function(x - h * direction))) / (2 * h)

    return (4 * central(5e-4) - central(1e-3)) / 3


@pytest.mark.parametrize("name", ["quad4", "tri6", "hex8"])
def test_derivatives_in_the_solution_the_material_and_the_points(name: str) -> None:
    mesh = distorted(name)
    space, rng = fem.Space(mesh, components=mesh.dimension), np.random.default_rng(7)
    u = rng.normal(size=mesh.points.shape).round(2)
    e = np.linspace(1.0, 2.0, mesh.cell_count)

    def peak(u: Any, e: Any, x: Any) -> Any:
        stress = fields.stress(space.at(x), u, young=e, poisson=0.3, at="points")
        return (fields.von_mises(stress) ** 4).mean() ** 0.25 + fields.norm(space.at(x), u, "H1")

    peak = jax.jit(peak)
    arguments = (jnp.asarray(u), jnp.asarray(e), jnp.asarray(mesh.points))
    slopes = jax.jit(jax.grad(peak, argnums=(0, 1, 2)))(*arguments)
    for number, slope in enumerate(slopes):
        direction = rng.normal(size=slope.shape).round(2) * (0.05 if number == 2 else 1.0)
        expected = directional(
            lambda x, n=number: peak(*arguments[:n], x, *arguments[n + 1 :]), arguments[number], direction
        )
        # Extrapolated differences: the error left is of the order h^4.
        assert float((slope * direction).sum()) == pytest.approx(expected, rel=1e-8)


# Each kind of cell, and each element of second order that reproduces a square on distorted cells.
@pytest.mark.parametrize("name", ["quad4", "tri6", "quad9", "tet10", "hex20", "hex27", "wedge6", "mixed"])
def test_probe_reproduces_polynomials(name: str) -> None:
    mesh = mixed() if name == "mixed" else distorted(name)
    space, u, slope = linear_solution(mesh)
    weights = np.random.default_rng(3).dirichlet(np.ones(3), 20)
    corners = mesh.blocks[-1].nodes[np.arange(20) % len(mesh.blocks[-1]), :3]
    points = np.einsum("ma,mad->md", weights, mesh.points[corners])
    points = points + 0.05 * (mesh.points[mesh.blocks[-1].nodes[0]].mean(axis=0) - points)
    probe = fields.Probe(mesh, points)
    np.testing.assert_allclose(probe(space, u), points @ slope.T, rtol=0, atol=1e-12)
    # The square of a bilinear coordinate is not among the serendipity functions.
    if name in ("tri6", "quad9", "tet10", "hex27"):
        square = probe(fem.Space(mesh), mesh.points[:, 0] ** 2)
        np.testing.assert_allclose(square, points[:, 0] ** 2, rtol=0, atol=1e-12)


def test_probe_finds_every_node_and_center() -> None:
    for mesh in (fem.box((4, 3, 2), size=(40.0, 1.0, 0.1), grading=20.0), distorted("tri3", 6), fem.interval(7)):
        assert (fields.Probe(mesh, mesh.centers).cells == np.arange(mesh.cell_count)).all()
        probe = fields.Probe(mesh, mesh.points)
        np.testing.assert_allclose(probe(fem.Space(mesh), mesh.points[:, 0]), mesh.points[:, 0], atol=1e-9)


def test_probe_in_cells_that_are_far_from_their_center() -> None:
    # The long cells at the top hold points that are nearer to the centers of many small ones.
    mesh = fem.rectangle((1, [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.13, 9.0]))
    assert fields.Probe(mesh, [[0.5, 0.2]]).cells.tolist() == [13]


def test_probe_differentiates_in_its_points_and_in_the_mesh() -> None:
    mesh = distorted("quad8", 3)
    space = fem.Space(mesh)
    u = jnp.asarray(mesh.points[:, 0] ** 2 * mesh.points[:, 1])
    at = np.array([[0.31, 0.42], [0.72, 0.66]])
    probe = fields.Probe(mesh, at)

    def value(at: Any) -> Any:
        return probe(space, u, points=at).sum()

    # Inside a cell the second derivatives of the interpolant are those of a smooth function of the points.
    for function, x in ((value, jnp.asarray(at)), (lambda x: probe(space.at(x), u).sum(), jnp.asarray(mesh.points))):
        direction = np.random.default_rng(1).normal(size=x.shape).round(2) * 0.1
        function = jax.jit(function)
        slope = jax.jit(jax.grad(function))
        assert float((slope(x) * direction).sum()) == pytest.approx(directional(function, x, direction), rel=1e-8)
        curved = jax.jvp(slope, (x,), (jnp.asarray(direction),))[1]
        expected = directional(lambda y, s=slope, d=direction: (s(y) * d).sum(), x, direction)
        assert float((curved * direction).sum()) == pytest.approx(expected, rel=1e-6)


def test_point_outside_is_named() -> None:
    with pytest.raises(MeshError, match=r"got:      points\[1\] = \[1.5, 0.5\]"):
        fields.Probe(fem.rectangle((2, 2)), [[0.5, 0.5], [1.5, 0.5]])
    with pytest.raises(MeshError, match=r"got:      shape \(1, 3\), 0 not finite"):
        fields.Probe(fem.rectangle((2, 2)), [[0.5, 0.5, 0.0]])


def test_what_is_refused() -> None:
    mesh = fem.rectangle((2, 2))
    space, scalar = fem.Space(mesh, components=2), fem.Space(mesh)
    u = np.zeros((9, 2))
    with pytest.raises(SpaceError, match="got:      components=1"):
        fields.strain(scalar, np.zeros(9))
    with pytest.raises(SpaceError, match="got:      at='nodes'"):
        fields.gradient(space, u, at="nodes")
    with pytest.raises(SpaceError, match="got:      kind='L3'"):
        fields.norm(space, u, "L3")  # type: ignore[arg-type]
    with pytest.raises(SpaceError, match=r"got:      shape \(3,\)"):
        fields.integral(space, np.ones(3))
    with pytest.raises(SpaceError, match=r"got:      shape \(4, 1\)"):
        fields.von_mises(np.zeros((4, 1)))
    with pytest.raises(MaterialError, match="got:      plane='strains' in 2D"):
        fields.stress(space, u, young=1.0, poisson=0.3, plane="strains")  # type: ignore[arg-type]
