"""Bars: two-bar truss in closed form, rigid modes, statics, derivatives in SI units, faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")


import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from tests.fem.elements.structures import dense_and_product, lines  # noqa: E402

YOUNG = 2.1e11


def tower() -> fem.Mesh:
    """Eight points of a skew tower in space, all joined."""
    points = np.array([[x, y, z] for z in (0.0, 2.0) for x, y in ((0, 0), (1.5, 0), (1.4, 1.1), (0.1, 1))])
    points[4:] += [0.3, -0.2, 0.1]
    return lines(points, [(i, j) for i in range(8) for j in range(i + 1, 8)])


def test_two_bars_carry_a_load_as_statics_says() -> None:
    height, half, force, area = 3.0, 4.0, 2.0e4, 2.0e-4
    mesh = lines([[-half, height], [half, height], [0, 0]], [[0, 2], [1, 2]])
    space = fem.Space(mesh, components=2)
    load = np.array([[0, 0], [0, 0], [0, -force]])
    u = fem.solve(fem.elements.bar(space, young=YOUNG, area=area), load, fem.fix(space, [0, 1]))
    length = np.hypot(height, half)
    sine = height / length
    np.testing.assert_allclose(u[2], [0, -force * length / (2 * YOUNG * area * sine**2)], rtol=1e-12, atol=1e-18)
    forces = fem.elements.bar_forces(space, u, young=YOUNG, area=area)
    np.testing.assert_allclose(forces, force / (2 * sine), rtol=1e-12)


def test_end_forces_are_in_equilibrium_with_the_load() -> None:
    mesh = tower()
    space = fem.Space(mesh, components=3)
    area = np.random.default_rng(0).uniform(1e-4, 3e-4, mesh.cell_count)

    @jax.jit
    def tensions(area: Any, load: Any) -> Any:
        u = fem.solve(fem.elements.bar(space, young=YOUNG, area=area), load, fem.fix(space, np.arange(4)))
        return fem.elements.bar_forces(space, u, young=YOUNG, area=area)

    load = np.zeros(space.shape)
    load[4:] = np.random.default_rng(1).normal(size=(4, 3)) * 1e4
    forces = np.asarray(tensions(area, load))
    nodes = mesh.blocks[0].nodes
    along = mesh.points[nodes[:, 1]] - mesh.points[nodes[:, 0]]
    tension = forces[:, None] * along / np.linalg.norm(along, axis=1)[:, None]
    carried = np.zeros(space.shape)
    np.add.at(carried, nodes[:, 1], tension)
    np.add.at(carried, nodes[:, 0], -tension)
    np.testing.assert_allclose(carried[4:], load[4:], atol=1e-9 * np.abs(load).max())


def test_a_braced_tower_has_six_rigid_modes() -> None:
    space = fem.Space(tower(), components=3)
    dense = np.asarray(sp.to_dense(fem.elements.bar(space, young=YOUNG, area=1e-4).matrix()))
    values = np.linalg.eigvalsh(dense)
    assert np.abs(values[:6]).max() < 1e-12 * values[-1] < values[6]
    np.testing.assert_allclose(dense, dense.T, atol=1e-14 * np.abs(dense).max())


def test_heated_bars_that_may_expand_carry_nothing() -> None:
    space = fem.Space(tower(), components=3)
    stretched = 1.2e-5 * 40 * space.points
    forces = fem.elements.bar_forces(space, stretched, young=YOUNG, area=1e-4, free_strain=1.2e-5 * 40)
    assert np.abs(forces).max() < 1e-12 * YOUNG * 1e-4


@pytest.mark.parametrize("moved", [False, True])
def test_the_action_is_the_matrix(moved: bool) -> None:
    space = fem.Space(tower(), components=3)
    space = space.at(space.mesh.points * 1.1) if moved else space
    operator = fem.elements.bar(space, young=YOUNG, area=np.linspace(1, 2, space.mesh.cell_count))
    u = np.random.default_rng(3).normal(size=space.shape)
    dense, product = (np.asarray(x) for x in dense_and_product(operator, u))
    np.testing.assert_allclose(product.ravel(), dense @ u.ravel(), atol=1e-13 * np.abs(dense).sum(1).max())


def test_a_negative_area_is_named() -> None:
    space = fem.Space(tower(), components=3)
    area = np.full(space.mesh.cell_count, 1e-4)
    area[5] = -2e-4
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*area = -0.0002 in cell 5"):
        fem.elements.bar(space, young=YOUNG, area=area)


def test_a_negative_area_is_named_inside_a_compiled_program() -> None:
    space = fem.Space(tower(), components=3)
    area = np.full(space.mesh.cell_count, 1e-4)
    area[5] = -2e-4
    values = jax.jit(lambda area: fem.elements.bar(space, young=YOUNG, area=area).values())
    with pytest.raises(Exception, match=r"area = -0.0002 in cell 5"):
        jax.block_until_ready(values(area))


def test_bars_of_other_cells_are_refused() -> None:
    with pytest.raises(fem.errors.MeshError, match=r"got: .*cells of quad4"):
        fem.elements.bar(fem.Space(fem.rectangle((2, 2)), components=2), young=YOUNG, area=1.0)
    with pytest.raises(fem.errors.MeshError, match=r"got: .*cells of line3"):
        fem.elements.bar(fem.Space(fem.interval(2, element="line3")), young=YOUNG, area=1.0)


def test_bars_need_displacements() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=2"):
        fem.elements.bar(fem.Space(tower(), components=2), young=YOUNG, area=1.0)


def test_areas_for_other_bars_are_refused() -> None:
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*area of shape \(3,\)"):
        fem.elements.bar(fem.Space(tower(), components=3), young=YOUNG, area=np.ones(3))


def test_several_load_cases_have_their_forces() -> None:
    space = fem.Space(lines([[0, 0], [2, 0], [0, 1]], [[0, 1], [1, 2]]), components=2)
    u = 1e-3 * np.random.default_rng(0).normal(size=(3, *space.shape))
    forces = fem.elements.bar_forces(space, u, young=2e11, area=1e-4)
    assert forces.shape == (3, 2)
    for case, own in zip(u, forces, strict=True):
        np.testing.assert_allclose(own, fem.elements.bar_forces(space, case, young=2e11, area=1e-4), rtol=1e-12)
