"""Meshes: selections, sets, facets, order, mixed cells, and what check() finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import ElementError, MeshError  # noqa: E402
from fem.mesh.groups import occurrences, unique_groups  # noqa: E402


def mixed() -> fem.Mesh:
    """Return a unit square and the two triangles that continue it to x = 2."""
    points = [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]
    blocks = (fem.CellBlock("quad4", [[0, 1, 4, 3]]), fem.CellBlock("tri3", [[1, 2, 5], [1, 5, 4]]))
    return fem.Mesh(points, blocks)


def solids() -> fem.Mesh:
    """Return a cube, a wedge on its right side, and a tetrahedron on the wedge's lower triangle."""
    cube = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]
    points = [*cube, [2, 0, 0], [2, 0, 1], [1.2, 0.2, -1]]
    blocks = (
        fem.CellBlock("hex8", [list(range(8))]),
        fem.CellBlock("wedge6", [[1, 8, 2, 5, 9, 6]]),
        fem.CellBlock("tet4", [[1, 2, 8, 10]]),
    )
    return fem.Mesh(points, blocks)


def test_points_on_predicate() -> None:
    mesh = fem.box((2, 1, 1), size=(3.0, 1.0, 1.0))
    chosen = mesh.points_on(lambda x: x[:, 0] == 3)
    assert chosen.dtype == np.int32
    np.testing.assert_array_equal(mesh.points[chosen][:, 0], 3.0)
    assert len(chosen) == 4


def test_cells_on_predicate_counts_through_blocks() -> None:
    mesh = mixed()
    assert mesh.offsets == (0, 1, 3)
    np.testing.assert_array_equal(mesh.cells_on(lambda x: x[:, 0] > 1), [1, 2])


def test_facets_on_predicate_are_boundary_facets() -> None:
    mesh = fem.box((3, 2, 2), size=(3.0, 1.0, 1.0))
    facets = mesh.facets_on(lambda x: x[:, 0] == 3)
    (group,) = mesh.facet_groups(facets)
    assert (len(facets), group.element.name, group.nodes.shape) == (4, "quad4", (4, 4))
    np.testing.assert_array_equal(mesh.points[group.nodes][..., 0], 3.0)
    np.testing.assert_array_equal(mesh.facet_points(facets), mesh.points_on(lambda x: x[:, 0] == 3))
    with pytest.raises(MeshError, match="got:      0 facets"):
        mesh.facets_on(lambda x: x[:, 0] == 2)


def test_boundary_of_mixed_cells() -> None:
    mesh = mixed()
    edges = {frozenset(row.tolist()) for group in mesh.facet_groups(mesh.boundary) for row in group.nodes}
    assert edges == {frozenset(edge) for edge in ((0, 1), (0, 3), (3, 4), (1, 2), (2, 5), (4, 5))}


def test_boundary_of_mixed_solids() -> None:
    mesh = solids().check()
    # The cube loses one side, the wedge two (shared with the cube and the tetrahedron), the tetrahedron one.
    assert [len(cells) for cells in mesh.boundary.cells] == [5, 3, 3]
    assert {group.element.name for group in mesh.facet_groups(mesh.boundary)} == {"quad4", "tri3"}


def test_facets_are_compared_across_orders() -> None:
    points = np.concatenate([fem.rectangle((2, 1)).points, [[0.25, 0], [0.5, 0.5], [0.25, 1], [0, 0.5]]])
    blocks = (fem.CellBlock("quad8", [[0, 2, 3, 1, 6, 7, 8, 9]]), fem.CellBlock("quad4", [[2, 4, 5, 3]]))
    assert len(fem.Mesh(points, blocks).boundary) == 6


def test_boundary_ignores_bars_among_solids() -> None:
    mesh = mixed()
    stiffened = fem.Mesh(mesh.points, (*mesh.blocks, fem.CellBlock("line2", [[0, 1], [1, 2]])))
    assert len(stiffened.boundary) == len(mesh.boundary)
    assert [len(cells) for cells in stiffened.boundary.cells] == [3, 3, 0]


def test_named_sets() -> None:
    mesh = mixed().with_sets(
        points={"left": lambda x: x[:, 0] == 0, "corner": [5]},
        cells={"tail": lambda x: x[:, 0] > 1},
        facets={"right": lambda x: x[:, 0] == 2},
    )
    np.testing.assert_array_equal(mesh.points_on("left"), [0, 3])
    np.testing.assert_array_equal(mesh.points_on("corner"), [5])
    np.testing.assert_array_equal(mesh.cells_on("tail"), [1, 2])
    assert len(mesh.facets_on("right")) == 1
    # A set of facets or cells also names its points.
    np.testing.assert_array_equal(mesh.points_on("right"), [2, 5])
    np.testing.assert_array_equal(mesh.points_on("tail"), [1, 2, 4, 5])


@pytest.mark.parametrize("kind", ["points_on", "cells_on", "facets_on"])
def test_unknown_name_lists_the_known(kind: str) -> None:
    everywhere: Any = {"points": {"all": [0]}, "cells": {"all": [0]}, "facets": {"all": lambda x: x[:, 0] == 0}}
    with pytest.raises(MeshError, match=r"expected: one of 'all'[^\n]*\n  got:      'bolt'"):
        getattr(mixed().with_sets(**everywhere), kind)("bolt")


@pytest.mark.parametrize("kind", ["point", "cell", "facet"])
def test_empty_selection_tells_the_extent(kind: str) -> None:
    with pytest.raises(MeshError, match=rf"got:      0 {kind}s for .* extends over 0 to 2, 0 to 1"):
        getattr(mixed(), f"{kind}s_on")(lambda x: x[:, 0] == 3)


def test_empty_named_set() -> None:
    mesh = mixed().with_sets(points={"bolt": []})
    with pytest.raises(MeshError, match="got:      0 points for 'bolt'"):
        mesh.points_on("bolt")
    with pytest.raises(MeshError, match=r"got:      point_sets\['bolt'\] has 0 members"):
        mesh.check()


def test_predicate_that_does_not_answer() -> None:
    with pytest.raises(MeshError, match=r"got:      float64 of shape \(6,\)"):
        mixed().points_on(lambda x: x[:, 0])
    with pytest.raises(MeshError, match=r"got:      bool of shape \(6, 2\)"):
        mixed().points_on(lambda x: x == 0)


def test_inverted_cell_is_named() -> None:
    mesh = fem.rectangle((3, 1))
    nodes = mesh.blocks[0].nodes.copy()
    nodes[1] = nodes[1][::-1]
    with pytest.raises(MeshError, match=r"got:      det J = -0\.08\d* in cell 1 of block 0") as caught:
        fem.Mesh(mesh.points, (fem.CellBlock("quad4", nodes),)).check()
    assert (caught.value.cell, caught.value.block) == (1, 0)  # type: ignore[attr-defined]


def test_folded_cell_is_found_at_its_corner() -> None:
    # The centre of this dart is sound; at node 2 the determinant is negative.
    mesh = fem.Mesh([[0, 0], [1, 0], [0.3, 0.3], [0, 1]], (fem.CellBlock("quad4", [[0, 1, 2, 3]]),))
    with pytest.raises(MeshError, match=r"an inverted or flat cell[\s\S]*got:      det J = -"):
        mesh.check()


def test_flat_cell_is_found_at_any_size() -> None:
    for scale in (1e-6, 1.0, 1e6):
        points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0.0]]) * scale
        with pytest.raises(MeshError, match="in cell 0 of block 0"):
            fem.Mesh(points, (fem.CellBlock("tet4", [[0, 1, 2, 3]]),)).check()
        points[3, 2] = 0.01 * scale
        fem.Mesh(points, (fem.CellBlock("tet4", [[0, 1, 2, 3]]),)).check()


def test_cell_of_no_length_in_space() -> None:
    with pytest.raises(MeshError, match="det J = 0 in cell 0"):
        fem.Mesh([[0, 0, 0], [1, 0, 0]], (fem.CellBlock("line2", [[1, 1], [0, 1]]),)).check()


def test_orphan_node_is_named() -> None:
    mesh = mixed()
    lonely = fem.Mesh(np.concatenate([mesh.points, [[9.0, 9.0], [8.0, 9.0]]]), mesh.blocks)
    with pytest.raises(MeshError, match=r"got:      point 6 at \[9.0, 9.0\] \(and 1 more\)") as caught:
        lonely.check()
    assert caught.value.node == 6  # type: ignore[attr-defined]


def test_coincident_points_are_named() -> None:
    first = fem.rectangle((1, 1))
    points = np.concatenate([first.points, first.points + np.array([1.0, 0.0])])
    mesh = fem.Mesh(points, (fem.CellBlock("quad4", [[0, 2, 3, 1], [4, 6, 7, 5]]),))
    with pytest.raises(MeshError, match=r"got:      points 2 and 4 at \[1.0, 0.0\] \(and 1 more\)"):
        mesh.check()


def test_repeated_cell_is_named() -> None:
    mesh = mixed()
    twice = fem.CellBlock("tri3", [[1, 2, 5], [1, 5, 4], [5, 1, 2]])
    with pytest.raises(MeshError, match="got:      cells 0 and 2 of block 1"):
        fem.Mesh(mesh.points, (mesh.blocks[0], twice)).check()


def test_facet_of_three_cells_is_named() -> None:
    points = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0.1, 0.1, 2], [0.3, 0.3, -1]]
    cells = [[0, 1, 2, 3], [0, 1, 2, 4], [0, 2, 1, 5]]
    with pytest.raises(MeshError, match=r"got:      the facet with nodes \[0, 2, 1\], of cell 0 of block 0"):
        fem.Mesh(points, (fem.CellBlock("tet4", cells),)).check()


@pytest.mark.parametrize(
    ("points", "nodes", "got"),
    [
        ([[0, 0], [1, 0], [0, np.nan]], [[0, 1, 2]], r"points\[2\] = \[0.0, nan\]"),
        ([[0, 0], [1, 0], [0, 1]], [[0, 1, 3]], "node 3 in cell 0 of block 0"),
        ([[0, 0], [1, 0], [0, 1]], [[0, -1, 2]], "node -1 in cell 0 of block 0"),
        ([[0], [1], [0]], [[0, 1, 2]], r"points of shape \(3, 1\)"),
        ([0, 1, 2], [[0, 1, 2]], r"shape \(3,\)"),
        ([[0, 0], [1, 0], [0, 1]], [[0, 1]], r"int64 array of shape \(1, 2\)"),
        ([[0, 0], [1, 0], [0, 1]], [[0.0, 1.0, 2.0]], r"float64 array of shape \(1, 3\)"),
    ],
)
def test_wrong_arrays(points: Any, nodes: Any, got: str) -> None:
    with pytest.raises(MeshError, match=f"got:      {got}"):
        fem.Mesh(points, (fem.CellBlock("tri3", nodes),))


def test_member_of_a_set_that_is_not_there() -> None:
    with pytest.raises(MeshError, match=r"got:      point_sets\['a'\]\[1\] = 6"):
        mixed().with_sets(points={"a": [0, 6]})
    with pytest.raises(MeshError, match=r"got:      cell_sets\['a'\] is float64 of shape \(1,\)"):
        mixed().with_sets(cells={"a": [0.5]})


def test_with_points_keeps_cells_and_sets() -> None:
    mesh = mixed().with_sets(points={"left": [0, 3]})
    moved = mesh.with_points(mesh.points * 2)
    assert moved.blocks is mesh.blocks
    np.testing.assert_array_equal(moved.points_on("left"), [0, 3])
    with pytest.raises(MeshError, match=r"got:      shape \(2, 2\)"):
        mesh.with_points(np.zeros((2, 2)))


def test_meshes_are_immutable() -> None:
    points = np.array([[0.0, 0], [1, 0], [0, 1]])
    mesh = fem.Mesh(points, (fem.CellBlock("tri3", [[0, 1, 2]]),))
    points[0, 0] = 7.0
    assert mesh.points[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        mesh.points[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        mesh.blocks[0].nodes[0, 0] = 1


@pytest.mark.parametrize(
    ("first", "second", "complete"),
    [("quad4", "quad8", False), ("quad4", "quad9", True), ("tri3", "tri6", False), ("quad8", "quad9", True)],
)
def test_with_order_in_the_plane(first: str, second: str, complete: bool) -> None:
    mesh = fem.rectangle((3, 2), element=first)
    raised = mesh.with_order(2, complete=complete).check()
    direct = fem.rectangle((3, 2), element=second)
    np.testing.assert_array_equal(raised.blocks[0].nodes, direct.blocks[0].nodes)
    np.testing.assert_allclose(raised.points, direct.points, rtol=0, atol=1e-15)
    lowered = raised.with_order(1)
    np.testing.assert_array_equal(lowered.points, mesh.with_order(1).points)
    np.testing.assert_array_equal(lowered.blocks[0].nodes, mesh.with_order(1).blocks[0].nodes)


def test_with_order_of_mixed_cells() -> None:
    mesh = mixed().with_order(2).check()
    assert [block.element.name for block in mesh.blocks] == ["quad8", "tri6"]
    # Six corners and eight edges: the edge between square and triangle has one node.
    assert len(mesh.points) == 14
    assert mesh.with_order(2).points is mesh.points


def test_curved_cells_stay_curved() -> None:
    straight = fem.rectangle((1, 1), element="quad8")
    points = straight.points.copy()
    bottom = int(np.flatnonzero((points == [0.5, 0.0]).all(axis=1))[0])
    points[bottom] = [0.5, -0.2]
    raised = straight.with_points(points).with_order(2, complete=True)
    assert [0.5, -0.2] in raised.points.tolist()
    # The centre of the quad8: corners -1/4 each, midsides 1/2 each.
    np.testing.assert_allclose(raised.points[raised.blocks[0].nodes[0, 8]], [0.5, 0.4])


def test_point_sets_grow_along_the_boundary_only() -> None:
    mesh = fem.rectangle((2, 2), element="tri3")
    edges = mesh.with_sets(points={"frame": lambda x: ((x == 0) | (x == 1)).any(axis=1)})
    raised = edges.with_order(2)
    frame = raised.points[raised.points_on("frame")]
    assert ((frame == 0) | (frame == 1)).any(axis=1).all()
    assert len(frame) == 16
    assert len(raised.with_order(1).points_on("frame")) == 8


def test_point_sets_inside_grow_through_cells() -> None:
    mesh = fem.rectangle((2, 2)).with_sets(points={"all": lambda x: x[:, 0] > -1})
    raised = mesh.with_order(2, complete=True)
    assert len(raised.points_on("all")) == len(raised.points)


def test_orders_that_do_not_exist() -> None:
    with pytest.raises(ElementError, match="got:      degree=3 for cells of hex8"):
        fem.box((1, 1, 1)).with_order(3)
    with pytest.raises(ElementError, match="got:      degree=2 for cells of wedge6"):
        solids().with_order(2)


def test_equal_groups_are_found_whatever_their_order() -> None:
    groups = np.array([[3, 1], [2, 5], [1, 3], [4, 0], [5, 2], [1, 3]])
    first, number, count = unique_groups(groups)
    assert (first.tolist(), number.tolist(), count.tolist()) == ([0, 1, 3], [0, 1, 0, 2, 1, 0], [3, 2, 1])
    assert occurrences(groups).tolist() == [3, 2, 3, 1, 2, 3]


def test_groups_with_colliding_keys_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def weak(nodes: Any, seed: int) -> Any:
        return (nodes.sum(axis=1) if seed == 1 else (nodes**2).sum(axis=1)).astype(np.uint64)

    monkeypatch.setattr("fem.mesh.groups._keys", weak)
    # All of these have the sum 6, the key of the stand-in.
    groups = np.array([[3, 3], [2, 4], [1, 5], [4, 2], [3, 3], [5, 1], [0, 6]])
    assert unique_groups(groups)[1].tolist() == [0, 1, 2, 1, 0, 2, 3]
    assert occurrences(groups).tolist() == [2, 2, 2, 2, 2, 2, 1]


@pytest.mark.parametrize("name", ["line3", "tri6", "quad8", "quad9", "tet10", "hex20", "hex27", "wedge6"])
def test_oriented_turns_cells_and_keeps_their_facets(name: str) -> None:
    build: Any = {"l": fem.interval, "t": fem.rectangle, "q": fem.rectangle}.get(name[0], fem.box)
    mesh = (fem.box if name == "tet10" else build)(2, element=name)
    mesh = mesh.with_sets(facets={"right": lambda x: x[:, 0] == 1})
    mirrored = mesh.with_points(mesh.points * [-1, *[1] * (mesh.dimension - 1)])
    with pytest.raises(MeshError, match="an inverted or flat cell"):
        mirrored.check()
    sound = mirrored.oriented().check()
    np.testing.assert_array_equal(sound.points_on("right"), mesh.points_on("right"))
    for group in sound.facet_groups(sound.facets_on("right")):
        np.testing.assert_array_equal(sound.points[group.nodes][..., 0], -1.0)
    assert mesh.oriented().blocks[0] is mesh.blocks[0]


def test_oriented_turns_only_what_is_wrong() -> None:
    mesh = mixed()
    nodes = mesh.blocks[1].nodes.copy()
    nodes[1] = nodes[1][[1, 0, 2]]
    turned = fem.Mesh(mesh.points, (mesh.blocks[0], fem.CellBlock("tri3", nodes))).oriented().check()
    np.testing.assert_array_equal(turned.blocks[1].nodes[0], mesh.blocks[1].nodes[0])
