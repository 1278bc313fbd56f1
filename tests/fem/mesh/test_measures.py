"""Volumes, areas and lengths of cells, exact on curved ones too."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import require

fem = require("fem")
measures = require("fem.mesh.measures")


@pytest.mark.parametrize("element", ["hex8", "tet4", "wedge6"])
def test_cells_fill_the_box(element: str) -> None:
    mesh = fem.box((2, 3, 1), size=(1.0, 2.0, 3.0), element=element)
    assert np.isclose(mesh.measures.sum(), 6.0, rtol=1e-14)
    assert np.all(mesh.measures > 0)


@pytest.mark.parametrize(("order", "complete"), [(1, False), (2, False), (2, True)])
def test_inner_points_may_move_without_changing_the_sum(order: int, complete: bool) -> None:
    mesh = fem.box((2, 2, 2), size=(1.0, 2.0, 3.0))
    mesh = mesh if order == 1 else mesh.with_order(order, complete=complete)
    inner = np.setdiff1d(np.arange(len(mesh.points)), mesh.facet_points(mesh.boundary))
    points = np.array(mesh.points)
    points[inner] += 0.05 * np.random.default_rng(0).standard_normal((len(inner), 3))
    assert np.isclose(mesh.with_points(points).measures.sum(), 6.0, rtol=1e-14)


def test_a_quarter_of_a_ring_by_quadratic_cells_has_the_area_of_its_parabolas() -> None:
    """One quad8 over a polar sector: the integral of det J, against the shoelace sum of fine polylines."""
    mesh = fem.rectangle((1, 1), element="quad8")
    r, angle = 1 + mesh.points[:, 0], mesh.points[:, 1] * np.pi / 2
    curved = mesh.with_points(np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1))
    element, nodes = curved.blocks[0].element, curved.points[curved.blocks[0].nodes[0]]
    s = np.linspace(-1, 1, 20_001)
    one = np.ones_like(s)
    path = np.concatenate([np.stack(side, 1) for side in ((s, -one), (one, s), (-s, one), (-one, -s))])
    x, y = (element.shape(path) @ nodes).T
    shoelace = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
    assert np.isclose(curved.measures[0], shoelace, rtol=1e-8)  # the polyline misses 1e-9 of the area


def test_surfaces_and_lines_in_space() -> None:
    points = [[0, 0, 0], [3, 0, 4], [3, 1, 4], [0, 1, 0]]
    mesh = fem.Mesh(points, (fem.CellBlock("quad4", [[0, 1, 2, 3]]), fem.CellBlock("line2", [[0, 1]])))
    np.testing.assert_allclose(mesh.measures, [5.0, 5.0], rtol=1e-14)


def test_an_inverted_cell_is_negative() -> None:
    mesh = fem.Mesh([[0, 0], [1, 0], [0, 1]], (fem.CellBlock("tri3", [[0, 2, 1]]),))
    np.testing.assert_allclose(mesh.measures, [-0.5], rtol=1e-15)


def test_shares_of_the_nodes_are_the_integrals_of_their_functions() -> None:
    mesh = fem.rectangle((1, 1), size=(2.0, 3.0))
    np.testing.assert_allclose(measures.shares(mesh.points, mesh.blocks[0]), np.full((1, 4), 1.5), rtol=1e-15)
