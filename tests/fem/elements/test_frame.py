"""Beams: closed forms of Euler, Bernoulli and Timoshenko, rigid modes, turned frames, derivatives, faults."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from tests.fem.elements.structures import compiled, dense_and_product, difference, lines, straight  # noqa: E402

YOUNG, SHEAR, LENGTH, FORCE = 2.1e11, 8.0e10, 2.0, 3.0e3
WIDTH, HEIGHT = 0.04, 0.1
AREA, ABOUT_Y, ABOUT_Z = WIDTH * HEIGHT, WIDTH * HEIGHT**3 / 12, HEIGHT * WIDTH**3 / 12
TORSION = 2.5e-6
PLANE = {"young": YOUNG, "area": AREA, "inertia": ABOUT_Y}
SPACE = {"young": YOUNG, "area": AREA, "inertia": (ABOUT_Y, ABOUT_Z), "shear": SHEAR, "torsion": TORSION}
SHEARED_PLANE = {**PLANE, "shear": SHEAR, "shear_area": AREA * 5 / 6}
SHEARED_SPACE = {**SPACE, "shear_area": (AREA * 5 / 6, AREA * 4 / 6)}


@cache
def cantilever(rule: Any, components: int, cells: int) -> tuple[fem.Mesh, Callable[..., Any]]:
    """A beam along the first axis, and a program of its points (None: where they are), sections and load at its end."""
    end = np.eye({3: 2, 6: 3}[components])[0] * LENGTH
    space = fem.Space(straight(cells, (0 * end, end)), components)

    @jax.jit
    def motion(points: Any, properties: Any, load: Any) -> Any:
        f = jnp.zeros(space.shape).at[-1].set(load)
        K = rule(space if points is None else space.at(points), **properties)
        return fem.solve(K, f, fem.fix(space, [0]))[-1]

    return space.mesh, motion


def tip(rule: Any, properties: Any, ends: Any, load: Any, cells: int = 1) -> Any:
    """Motion of the free end of a cantilever."""
    mesh, motion = cantilever(rule, len(load), cells)
    points = straight(cells, ends).points
    numbers = {name: np.asarray(value, float) for name, value in properties.items()}
    return np.asarray(motion(None if np.array_equal(points, mesh.points) else points, numbers, np.asarray(load, float)))


@pytest.mark.parametrize("cells", [1, 3])
@pytest.mark.parametrize("angle", [0.0, 0.7, 2.5])
def test_a_plane_cantilever_bends_as_timoshenko_says(cells: int, angle: float) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    load = np.append(turn @ [2 * FORCE, FORCE], 0.0)
    u = tip(fem.elements.timoshenko, SHEARED_PLANE, ([1.0, 1.0], [1, 1] + turn @ [LENGTH, 0]), load, cells)
    bending = FORCE * LENGTH**3 / (3 * YOUNG * ABOUT_Y)
    sheared = 6 * FORCE * LENGTH / (5 * SHEAR * AREA)
    expected = [2 * FORCE * LENGTH / (YOUNG * AREA), bending + sheared]
    np.testing.assert_allclose(turn.T @ u[:2], expected, rtol=1e-9)
    np.testing.assert_allclose(u[2], FORCE * LENGTH**2 / (2 * YOUNG * ABOUT_Y), rtol=1e-9)


@pytest.mark.parametrize("cells", [1, 4])
def test_a_plane_cantilever_bends_as_euler_and_bernoulli_say(cells: int) -> None:
    u = tip(fem.elements.euler_bernoulli, PLANE, ([0, 0], [LENGTH, 0]), [0, FORCE, 0], cells)
    slope = FORCE * LENGTH**2 / (2 * YOUNG * ABOUT_Y)
    np.testing.assert_allclose(u, [0, slope * LENGTH * 2 / 3, slope], rtol=1e-10, atol=1e-15)
    moment = 1e3
    u = tip(fem.elements.euler_bernoulli, PLANE, ([0, 0], [LENGTH, 0]), [0, 0, moment], cells)
    slope = moment * LENGTH / (YOUNG * ABOUT_Y)
    np.testing.assert_allclose(u, [0, slope * LENGTH / 2, slope], rtol=1e-10, atol=1e-15)


def test_without_shear_deformation_timoshenko_is_euler_bernoulli() -> None:
    stiff = {**SHEARED_PLANE, "shear_area": AREA * 1e12}
    one = tip(fem.elements.timoshenko, stiff, ([0, 0], [1, 1]), [FORCE, -FORCE, 5.0])
    np.testing.assert_allclose(one, tip(fem.elements.euler_bernoulli, PLANE, ([0, 0], [1, 1]), [FORCE, -FORCE, 5.0]))


@pytest.mark.parametrize("turned", [0, 1, 2])
def test_a_cantilever_in_space_bends_and_twists_in_its_section_axes(turned: int) -> None:
    turn = Rotation.random(rng=np.random.default_rng(turned)).as_matrix() if turned else np.eye(3)
    up = turn @ [0, 0, 1.0]
    pull, along_y, along_z, twist = 2e4, 1.5e3, 2.5e3, 300.0
    load = np.concatenate([turn @ [pull, along_y, along_z], turn @ [twist, 0, 0]])
    ends = (np.array([0.3, -1, 2]), np.array([0.3, -1, 2]) + turn @ [LENGTH, 0, 0])
    u = tip(fem.elements.timoshenko, {**SHEARED_SPACE, "up": up}, ends, load, cells=2)
    y = along_y * LENGTH**3 / (3 * YOUNG * ABOUT_Z) + along_y * LENGTH / (SHEAR * AREA * 5 / 6)
    z = along_z * LENGTH**3 / (3 * YOUNG * ABOUT_Y) + along_z * LENGTH / (SHEAR * AREA * 4 / 6)
    np.testing.assert_allclose(turn.T @ u[:3], [pull * LENGTH / (YOUNG * AREA), y, z], rtol=1e-9)
    slopes = [
        twist * LENGTH / (SHEAR * TORSION),
        -along_z * LENGTH**2 / (2 * YOUNG * ABOUT_Y),
        along_y * LENGTH**2 / (2 * YOUNG * ABOUT_Z),
    ]
    np.testing.assert_allclose(turn.T @ u[3:], slopes, rtol=1e-9)


def test_columns_have_their_section_axis_z_along_the_first_axis_of_space() -> None:
    u = tip(fem.elements.euler_bernoulli, SPACE, ([0, 0, 0], [0, 0, LENGTH]), [FORCE, FORCE, 0, 0, 0, 0])
    about = [FORCE * LENGTH**3 / (3 * YOUNG * i) for i in (ABOUT_Y, ABOUT_Z)]
    np.testing.assert_allclose(u[:2], about, rtol=1e-10)


def test_a_portal_frame_bends_as_the_slope_deflection_method_says() -> None:
    # Fixed feet, equal members, the axial stiffness out of the way: sway = 5 H L^3 / (84 E I).
    mesh = lines([[0, 0], [0, LENGTH], [LENGTH, LENGTH], [LENGTH, 0]], [[0, 1], [1, 2], [2, 3]])
    space = fem.Space(mesh, components=3)
    load = np.zeros((4, 3))
    load[1, 0] = FORCE
    K = fem.elements.euler_bernoulli(space, **{**PLANE, "area": AREA * 1e7})
    u = fem.solve(K, load, fem.fix(space, [0, 3]))
    np.testing.assert_allclose(u[1, 0], 5 * FORCE * LENGTH**3 / (84 * YOUNG * ABOUT_Y), rtol=1e-5)


def grid(d: int) -> fem.Mesh:
    """Six points joined in many directions."""
    points = np.random.default_rng(1).normal(size=(6, 3))[:, :d]
    return lines(points, [(i, j) for i in range(6) for j in range(i + 1, 6) if (i + j) % 3])


FRAMES = {
    "euler_bernoulli, plane": (2, fem.elements.euler_bernoulli, PLANE),
    "timoshenko, plane": (2, fem.elements.timoshenko, SHEARED_PLANE),
    "euler_bernoulli, space": (3, fem.elements.euler_bernoulli, SPACE),
    "timoshenko, space": (3, fem.elements.timoshenko, SHEARED_SPACE),
}


def operator_of(name: str, moved: bool = False) -> Any:
    d, rule, properties = FRAMES[name]
    space = fem.Space(grid(d), components=3 if d == 2 else 6)
    return rule(space.at(space.mesh.points) if moved else space, **properties)


@pytest.mark.parametrize("name", FRAMES)
def test_rigid_motions_need_no_force_and_no_other_motion_does(name: str) -> None:
    operator = operator_of(name)
    points = operator.space.mesh.points
    d = points.shape[1]
    motions = []
    for k in range(d):
        motions.append(np.zeros(operator.space.shape))
        motions[-1][:, k] = 1
    for axis in np.eye(3)[3 - (1 if d == 2 else 3) :]:
        moved = np.cross(axis, np.pad(points, [(0, 0), (0, 3 - d)]))[:, :d]
        spun = np.tile(axis[2:] if d == 2 else axis, (len(points), 1))
        motions.append(np.hstack([moved, spun]))
    dense = np.asarray(sp.to_dense(operator.matrix()))
    for motion in motions:
        assert np.abs(dense @ motion.ravel()).max() < 1e-11 * np.abs(dense).max()
    values = np.linalg.eigvalsh(dense)
    assert values[len(motions)] > 1e-10 * values[-1]


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", FRAMES)
def test_the_action_is_the_symmetric_matrix(name: str, moved: bool) -> None:
    operator = operator_of(name, moved)
    u = np.random.default_rng(3).normal(size=operator.space.shape)
    dense, product = (np.asarray(x) for x in dense_and_product(operator, u))
    np.testing.assert_allclose(product.ravel(), dense @ u.ravel(), atol=1e-13 * np.abs(dense).sum(1).max())
    np.testing.assert_allclose(dense, dense.T, atol=1e-14 * np.abs(dense).max())


def test_derivatives_of_a_frame_in_space_in_si_units() -> None:
    _, rule, properties = FRAMES["timoshenko, space"]
    mesh = grid(3)
    space = fem.Space(mesh, components=6)
    load = np.zeros(space.shape)
    load[3:] = FORCE * np.random.default_rng(2).normal(size=load[3:].shape)
    held = fem.fix(space, [0, 1])
    primals = {k: np.broadcast_to(v, (mesh.cell_count, *np.shape(v))).astype(float) for k, v in properties.items()}
    primals["points"] = np.array(mesh.points)
    primals["up"] = np.random.default_rng(5).normal(size=(mesh.cell_count, 3))

    def compliance(primals: Any) -> Any:
        rest = {k: v for k, v in primals.items() if k != "points"}
        u = fem.solve(rule(space.at(primals["points"]), **rest), load, held)
        return (u * load).sum()

    value, gradients, tangent = compiled(compliance, primals)
    rng = np.random.default_rng(6)
    for key, primal in primals.items():
        direction = np.abs(primal).mean() * rng.uniform(-1, 1, primal.shape)

        def f(x: Any, key: str = key) -> Any:
            return value({**primals, key: x})

        step = 2e-3 if key in ("points", "up") else 1e-2
        expected = difference(f, primal, direction, step)
        gradient = np.asarray(gradients[key])
        scale = np.abs(gradient).max() * np.abs(direction).max()
        np.testing.assert_allclose((gradient * direction).sum(), expected, rtol=2e-7, atol=1e-9 * scale)
        np.testing.assert_allclose(tangent(key, direction), expected, rtol=2e-7, atol=1e-9 * scale)


@pytest.mark.parametrize("name", ["area", "inertia"])
def test_impossible_sections_are_named(name: str) -> None:
    space = fem.Space(straight(3, ([0, 0], [1, 0])), components=3)
    value = np.array([1.0, -0.5, 1.0]) * PLANE[name]
    with pytest.raises(fem.errors.MaterialError, match=rf"got: .*{value[1]:.6g} in cell 1"):
        fem.elements.euler_bernoulli(space, **{**PLANE, name: value})


def test_a_frame_needs_rotations() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=2"):
        fem.elements.euler_bernoulli(fem.Space(straight(1, ([0, 0], [1, 0])), components=2), **PLANE)
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=3"):
        fem.elements.timoshenko(fem.Space(straight(1, ([0, 0, 0], [1, 0, 0])), components=3), **SHEARED_SPACE)


def test_a_frame_is_made_of_lines() -> None:
    with pytest.raises(fem.errors.MeshError, match=r"got: .*cells of quad4"):
        fem.elements.euler_bernoulli(fem.Space(fem.rectangle((1, 1)), components=3), **PLANE)
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*1D"):
        fem.elements.euler_bernoulli(fem.Space(fem.interval(2), components=3), **PLANE)


def test_beams_in_space_need_torsion_and_two_second_moments() -> None:
    space = fem.Space(straight(1, ([0, 0, 0], [1, 0, 0])), components=6)
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*torsion=None"):
        fem.elements.euler_bernoulli(space, young=YOUNG, area=AREA, inertia=(1.0, 1.0), shear=SHEAR)
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*torsion=None"):
        fem.elements.timoshenko(space, **{**SHEARED_SPACE, "torsion": None})
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*inertia of shape \(\)"):
        fem.elements.euler_bernoulli(space, **{**SPACE, "inertia": 1.0})


def test_a_direction_along_the_beam_determines_no_axes() -> None:
    space = fem.Space(straight(2, ([0, 0, 0], [1, 0, 0])), components=6)
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*up = \[2.0, 0.0, 0.0\] along beam 0"):
        fem.elements.euler_bernoulli(space, **SPACE, up=(2.0, 0, 0))
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*up of shape \(2,\)"):
        fem.elements.euler_bernoulli(space, **SPACE, up=(2.0, 0))
