"""Quality on moved points: that of the mesh where sides are straight, curved cells besides, derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
shape = require("fem.shape")
errors = require("fem.errors")

RNG = np.random.default_rng(8)
FLAT = {
    "tri3": fem.rectangle((3, 2), element="tri3"),
    "quad4": fem.rectangle((3, 2)),
    "tet4": fem.box((2, 1, 1), element="tet4"),
    "hex8": fem.box((2, 1, 1)),
    "wedge6": fem.Mesh(
        [[x, y, z] for z in (0, 1) for x, y in ((0, 0), (1, 0), (0.5, 0.8))],
        (fem.CellBlock("wedge6", [range(6)]),),
    ),
}
CURVED = {
    "tri6": FLAT["tri3"].with_order(2),
    "quad8": FLAT["quad4"].with_order(2),
    "quad9": FLAT["quad4"].with_order(2, complete=True),
    "tet10": FLAT["tet4"].with_order(2),
    "hex20": FLAT["hex8"].with_order(2),
    "hex27": FLAT["hex8"].with_order(2, complete=True),
}


def shaken(mesh: Any, amount: float) -> Any:
    return mesh.points + amount * RNG.uniform(-1, 1, mesh.points.shape)


@pytest.mark.parametrize("name", FLAT)
def test_with_straight_sides_it_is_the_quality_of_the_mesh(name: str) -> None:
    for amount in (0.0, 0.03, 0.3):
        points = shaken(FLAT[name], amount)
        known = fem.mesh.quality(FLAT[name].with_points(points))
        found = shape.quality(FLAT[name], points)
        if name in ("hex8", "wedge6") and amount == 0.3:  # det J may be less inside than at the corners
            assert (found <= known + 1e-14).all()
        else:
            np.testing.assert_allclose(found, known, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", CURVED)
def test_nodes_between_corners_do_not_change_straight_cells(name: str) -> None:
    np.testing.assert_allclose(
        shape.quality(CURVED[name], CURVED[name].points), fem.mesh.quality(CURVED[name]), rtol=0, atol=1e-13
    )


@pytest.mark.parametrize("name", CURVED)
def test_a_curved_cell_that_folds_between_its_corners_is_seen(name: str) -> None:
    mesh = CURVED[name]
    block = mesh.blocks[0]
    node = int(block.nodes[0, block.element.corners])  # in the middle of an edge, drawn along it beyond a corner
    corners = mesh.points[block.nodes[0, :2]]
    moved = mesh.points.copy()
    moved[node] = corners[0] + 1.1 * (corners[1] - corners[0])
    found = np.asarray(shape.quality(mesh, moved))
    hurt = (block.nodes == node).any(axis=1)
    assert (found[hurt] < 0).all()
    assert (found[~hurt] > 0.3).all()
    np.testing.assert_allclose(fem.mesh.quality(mesh.with_points(moved)), fem.mesh.quality(mesh), atol=1e-14)
    with pytest.raises(errors.MeshError, match=r"got: +det J = -"):
        mesh.with_points(moved).check()


def test_a_fold_between_corners_and_quadrature_points_is_seen() -> None:
    """dy/deta = 1/2 - 3 d / 2 at the node that is raised by d, and 1/2 - 1.27 d at the nearest of nine points."""
    mesh = fem.rectangle((1, 1), element="quad9")
    for raised, sign in ((0.3, 1), (0.36, -1)):
        moved = mesh.points.copy()
        moved[mesh.points_on(lambda x: (x[:, 0] == 0.5) & (x[:, 1] == 0)), 1] = raised
        assert np.sign(shape.quality(mesh, moved)[0]) == sign


def test_a_fold_that_no_node_sees_is_seen() -> None:
    """With the middles of all horizontal edges moved inwards by d, dz/dzeta = 1/2 - 2 d inside and 1/2 - d at them."""
    mesh = fem.box((1, 1, 1), element="hex20")
    x = mesh.points
    middles = np.flatnonzero(((x[:, :2] == 0.5).sum(axis=1) == 1) & (x[:, 2] != 0.5))
    for inwards, sign in ((0.2, 1), (0.3, -1)):
        moved = x.copy()
        moved[middles, 2] += np.where(x[middles, 2] == 0, inwards, -inwards)
        assert np.sign(shape.quality(mesh, moved)[0]) == sign


@pytest.mark.parametrize("name", [*FLAT, *CURVED])
def test_a_cell_is_inverted_where_its_determinant_says_so(name: str) -> None:
    """The sign at all nodes and quadrature points; moving, turning and enlarging change nothing."""
    mesh = (FLAT | CURVED)[name]
    for amount in (0.05, 0.4):
        points = shaken(mesh, amount)
        found = np.asarray(shape.quality(mesh, points))
        block = mesh.blocks[0]
        places = np.concatenate([block.element.nodes, fem.quadrature.rule(block.element.cell, 2).points])
        jacobian = np.einsum("sar,eak->eskr", block.element.gradients(places), points[block.nodes])
        negative = (np.linalg.det(jacobian) < 0).any(axis=1)
        assert ((found < 0) >= negative).all()
        turn = np.linalg.qr(RNG.normal(size=(mesh.dimension, mesh.dimension)))[0]
        turn[0] *= np.sign(np.linalg.det(turn))
        np.testing.assert_allclose(shape.quality(mesh, 7 * points @ turn.T + 2), found, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["tri3", "quad8", "hex8", "tet10"])
def test_derivatives_are_those_of_differences(name: str) -> None:
    mesh = (FLAT | CURVED)[name]
    points, d_points = shaken(mesh, 0.03), RNG.uniform(-1, 1, mesh.points.shape)
    of = jax.jit(lambda points: shape.quality(mesh, points))
    _, slope = jax.jvp(of, (points,), (d_points,))
    wide, narrow = ((of(points + h * d_points) - of(points - h * d_points)) / (2 * h) for h in (1e-5, 5e-6))
    np.testing.assert_allclose(slope, (4 * narrow - wide) / 3, rtol=0, atol=1e-8)
    weights = RNG.normal(size=mesh.cell_count)
    (points_bar,) = jax.vjp(of, points)[1](weights)
    np.testing.assert_allclose(np.vdot(points_bar, d_points), weights @ slope, rtol=1e-10)


def test_cells_of_all_blocks_are_numbered_through_and_surfaces_cannot_be_inverted() -> None:
    blocks = (fem.CellBlock("line2", [[0, 1]]), fem.CellBlock("quad4", [[0, 1, 2, 3]]))
    mesh = fem.Mesh([[0, 0, 0], [1, 0, 1], [1, 1, 1], [0, 1, 0]], blocks)
    np.testing.assert_allclose(shape.quality(mesh, mesh.points), [1, 1], atol=1e-14)
    np.testing.assert_allclose(shape.quality(mesh, -mesh.points), [1, 1], atol=1e-14)


def test_points_of_another_mesh_are_refused() -> None:
    with pytest.raises(errors.MeshError, match=r"got: +shape \(3, 2\)"):
        shape.quality(FLAT["quad4"], np.zeros((3, 2)))
