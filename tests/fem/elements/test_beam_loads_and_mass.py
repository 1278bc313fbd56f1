"""Line loads on bars and beams in closed form; the mass of frames, their frequencies; the lumped mass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.spatial.transform import Rotation

from tests.conftest import require

jax = require("jax")


import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from tests.fem.elements.structures import dense_and_product, lines, straight  # noqa: E402

YOUNG, SHEAR, AREA, INERTIA, LENGTH, FORCE = 2.1e11, 8.0e10, 2.0e-3, 1.5e-6, 3.0, 800.0
TURN = np.array([[0.6, -0.8], [0.8, 0.6]])


@pytest.mark.parametrize("cells", [1, 3])
def test_a_plane_cantilever_under_its_weight(cells: int) -> None:
    mesh = straight(cells, ([0, 0], TURN @ [LENGTH, 0]))
    space = fem.Space(mesh, components=3)

    @jax.jit
    def tips(force: Any) -> Any:
        load, held = fem.elements.line_load(space, force), fem.fix(space, [0])
        section = {"young": YOUNG, "area": AREA, "inertia": INERTIA}
        slender = fem.elements.euler_bernoulli(space, **section)
        sheared = fem.elements.timoshenko(space, **section, shear=SHEAR, shear_area=AREA / 2)
        return [fem.solve(operator, load, held)[-1] for operator in (slender, sheared)]

    slender, thick = (np.asarray(tip) for tip in tips(TURN @ [0, FORCE]))
    bent, slope = FORCE * LENGTH**4 / (8 * YOUNG * INERTIA), FORCE * LENGTH**3 / (6 * YOUNG * INERTIA)
    np.testing.assert_allclose(TURN.T @ slender[:2], [0, bent], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(slender[2], slope, rtol=1e-9)
    np.testing.assert_allclose(
        TURN.T @ thick[:2], [0, bent + FORCE * LENGTH**2 / (SHEAR * AREA)], rtol=1e-9, atol=1e-12
    )


def test_a_cantilever_in_space_under_a_skew_load() -> None:
    mesh = straight(2, ([1, 0, 0], [1, LENGTH, 0]))
    space = fem.Space(mesh, components=6)

    @jax.jit
    def tip(force: Any) -> Any:
        K = fem.elements.euler_bernoulli(
            space, young=YOUNG, area=AREA, inertia=(INERTIA, 3 * INERTIA), shear=SHEAR, torsion=INERTIA
        )
        return fem.solve(K, fem.elements.line_load(space, force), fem.fix(space, [0]))[-1]

    u = tip(np.array([FORCE, 0, 2 * FORCE]))
    bent = FORCE * LENGTH**4 / (8 * YOUNG * INERTIA)
    np.testing.assert_allclose(u[:3], [bent / 3, 0, 2 * bent], rtol=1e-9, atol=1e-12)


def test_section_forces_of_a_clamped_beam_under_a_uniform_load() -> None:
    mesh = straight(3, ([0, 0], TURN @ [LENGTH, 0]))
    space = fem.Space(mesh, components=3)
    q = TURN @ [100.0, FORCE]

    @jax.jit
    def forces(q: Any) -> Any:
        K = fem.elements.timoshenko(space, young=YOUNG, shear=SHEAR, area=AREA, shear_area=AREA / 2, inertia=INERTIA)
        u = fem.solve(K, fem.elements.line_load(space, q), fem.fix(space, [0, 3]))
        return fem.elements.beam_forces(K, u, line_force=q)

    found = np.asarray(forces(q))
    s = np.linalg.norm(mesh.points, axis=1)[mesh.blocks[0].nodes]
    normal, shear = 100.0 * (LENGTH / 2 - s), FORCE * (LENGTH / 2 - s)
    moment = FORCE * (LENGTH**2 / 12 - LENGTH * s / 2 + s**2 / 2)
    np.testing.assert_allclose(found, np.stack([normal, shear, moment], -1), atol=1e-9 * FORCE * LENGTH)


def test_section_forces_of_a_cantilever_in_space() -> None:
    turn = Rotation.random(rng=np.random.default_rng(0)).as_matrix()
    mesh = straight(2, ([0, 0, 0], turn @ [LENGTH, 0, 0]))
    space, up = fem.Space(mesh, components=6), turn @ [0, 0, 1.0]

    @jax.jit
    def forces(load: Any, up: Any) -> Any:
        K = fem.elements.euler_bernoulli(
            space, young=YOUNG, area=AREA, inertia=(INERTIA, 3 * INERTIA), shear=SHEAR, torsion=INERTIA, up=up
        )
        return fem.elements.beam_forces(K, fem.solve(K, load, fem.fix(space, [0])), up=up)

    force, twist = np.array([5e3, 700.0, 900.0]), 400.0
    load = np.zeros(space.shape)
    load[-1] = np.concatenate([turn @ force, turn @ [twist, 0, 0]])
    found = np.asarray(forces(load, up))
    arm = LENGTH - np.linalg.norm(mesh.points, axis=1)[mesh.blocks[0].nodes]
    one = np.ones_like(arm)
    exact = np.stack([*(f * one for f in force), twist * one, -force[2] * arm, force[1] * arm], -1)
    np.testing.assert_allclose(found, exact, atol=1e-7 * 5e3)


def test_section_forces_are_of_beams_only() -> None:
    space = fem.Space(straight(1, ([0, 0], [1, 0])), components=3)
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*FrameMass"):
        fem.elements.beam_forces(fem.elements.frame_mass(space, 1.0, area=1.0), np.zeros(space.shape))


def test_a_hanging_bar_under_its_weight() -> None:
    space = fem.Space(fem.interval(5, LENGTH))
    u = fem.solve(
        fem.elements.bar(space, young=YOUNG, area=AREA), fem.elements.line_load(space, (FORCE,)), fem.fix(space, [0])
    )
    np.testing.assert_allclose(u.max(), FORCE * LENGTH**2 / (2 * YOUNG * AREA), rtol=1e-12)


def test_loads_of_the_wrong_size_are_refused() -> None:
    space = fem.Space(straight(2, ([0, 0], [1, 0])), components=3)
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*shape \(3,\)"):
        fem.elements.line_load(space, (0.0, 1.0, 0.0))
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=1"):
        fem.elements.line_load(fem.Space(space.mesh), (0.0, 1.0))
    with pytest.raises(fem.errors.MeshError, match=r"got: .*cells of tri3"):
        fem.elements.line_load(fem.Space(fem.rectangle((1, 1), element="tri3"), components=3), (0.0, 1.0))


DENSITY = 7850.0


def frame(d: int) -> fem.Space:
    """A bent frame, in the plane or in space."""
    points = np.array([[0, 0, 0], [1, 0.2, 0.3], [1.2, 1.4, 0.1], [0.1, 1.1, 1.0]])[:, :d]
    return fem.Space(lines(points, [[0, 1], [1, 2], [2, 3], [0, 2]]), components=3 if d == 2 else 6)


@pytest.mark.parametrize("d", [2, 3])
def test_rigid_motions_have_the_inertia_of_the_lines(d: int) -> None:
    space = frame(d)
    mass = fem.elements.frame_mass(space, DENSITY, area=AREA, **({"polar": 1e-14} if d == 3 else {}))
    points, nodes = space.mesh.points, space.mesh.blocks[0].nodes
    length = np.linalg.norm(points[nodes[:, 1]] - points[nodes[:, 0]], axis=1)
    for k in range(d):
        motion = np.zeros(space.shape)
        motion[:, k] = 1
        inertia = (motion * np.asarray(mass @ motion)).sum()
        np.testing.assert_allclose(inertia, DENSITY * AREA * length.sum(), rtol=1e-12)
    for axis in np.eye(3)[3 - (1 if d == 2 else 3) :]:
        moved = np.cross(axis, np.pad(points, [(0, 0), (0, 3 - d)]))
        motion = np.hstack([moved[:, :d], np.tile(axis[2:] if d == 2 else axis, (len(points), 1))])
        ends = moved[nodes]
        squares = (ends[:, 0] ** 2 + ends[:, 0] * ends[:, 1] + ends[:, 1] ** 2).sum(1) / 3
        exact = DENSITY * AREA * (length * squares).sum()
        np.testing.assert_allclose((motion * np.asarray(mass @ motion)).sum(), exact, rtol=1e-9)


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("moved", [False, True])
def test_the_action_is_the_positive_matrix(d: int, moved: bool) -> None:
    space = frame(d)
    space = space.at(space.mesh.points * 1.3) if moved else space
    operator = fem.elements.frame_mass(space, DENSITY, area=AREA * np.array([1, 2, 3, 4]))
    u = np.random.default_rng(0).normal(size=space.shape)
    dense, product = (np.asarray(x) for x in dense_and_product(operator, u))
    np.testing.assert_allclose(product.ravel(), dense @ u.ravel(), atol=1e-13 * np.abs(dense).sum(1).max())
    assert np.linalg.eigvalsh(dense).min() > 0


def test_a_slender_cantilever_vibrates_as_euler_and_bernoulli_say() -> None:
    space = fem.Space(straight(16, ([0, 0], TURN @ [LENGTH, 0])), components=3)
    K = fem.elements.euler_bernoulli(space, young=YOUNG, area=AREA, inertia=INERTIA)
    M = fem.elements.frame_mass(space, DENSITY, area=AREA)
    k, m = (np.asarray(sp.to_dense(operator.matrix()))[3:, 3:] for operator in (K, M))
    found = np.sqrt(eigh(k, m, eigvals_only=True)[:3])
    exact = np.array([1.875104, 4.694091, 7.854757]) ** 2 * np.sqrt(YOUNG * INERTIA / (DENSITY * AREA)) / LENGTH**2
    assert (np.abs(found / exact - 1) < [1e-5, 1e-4, 1e-3]).all()


def test_a_shaft_twists_in_its_frequencies() -> None:
    space = fem.Space(straight(12, ([0, 0, 0], [LENGTH, 0, 0])), components=6)
    polar = 3e-6
    K = fem.elements.euler_bernoulli(
        space, young=YOUNG, area=AREA, inertia=(INERTIA, INERTIA), shear=SHEAR, torsion=polar
    )
    M = fem.elements.frame_mass(space, DENSITY, area=AREA, polar=polar)
    twist = np.arange(1, 13) * 6 + 3
    k, m = (np.asarray(sp.to_dense(operator.matrix()))[np.ix_(twist, twist)] for operator in (K, M))
    first = np.sqrt(eigh(k, m, eigvals_only=True)[0])
    np.testing.assert_allclose(first, np.pi / (2 * LENGTH) * np.sqrt(SHEAR / DENSITY), rtol=2e-3)


def test_a_negative_area_is_named() -> None:
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*-0.002 in cell 1"):
        fem.elements.frame_mass(frame(2), DENSITY, area=AREA * np.array([1, -1, 1, 1]))


@pytest.mark.parametrize("element", ["tri3", "tri6", "quad4", "quad8", "quad9", "tet10", "hex8", "hex20", "wedge6"])
def test_the_lumped_mass_is_positive_diagonal_and_keeps_the_mass(element: str) -> None:
    plane = element[:3] in ("tri", "qua")
    mesh = fem.rectangle((2, 3), (2.0, 1.0), element=element) if plane else fem.box((1, 2, 1), element=element)
    space = fem.Space(mesh.with_points(mesh.points + 0.05 * np.sin(3 * mesh.points[:, ::-1])), components=2)
    one, u = np.ones(space.shape), np.random.default_rng(0).normal(size=space.shape)

    @jax.jit
    def program(density: Any) -> Any:
        lumped, consistent = (rule(space, density) for rule in (fem.elements.lumped_mass, fem.elements.mass))
        return *dense_and_product(lumped, np.stack([u, one])), consistent @ one

    dense, products, consistent = (np.asarray(x) for x in program(np.linspace(1, 2, mesh.cell_count)))
    assert (np.diag(dense) > 0).all() and not np.any(dense - np.diag(np.diag(dense)))
    np.testing.assert_allclose(products[1].sum(0), consistent.sum(0), rtol=1e-12)
    np.testing.assert_allclose(products[0].ravel(), dense @ u.ravel(), rtol=1e-12)


def test_a_linear_lumped_mass_is_the_row_sum() -> None:
    space = fem.Space(fem.interval(np.array([0.0, 0.3, 1.0])))
    np.testing.assert_allclose(
        np.asarray(fem.elements.lumped_mass(space, 2.0) @ np.ones((3, 1))).ravel(), [0.3, 1, 0.7]
    )
