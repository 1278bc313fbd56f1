"""Structured meshes: volumes, gradings, numbering, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import ElementError, MeshError  # noqa: E402
from fem.mesh.check import jacobian_determinants  # noqa: E402
from fem.quadrature import rule  # noqa: E402

BUILDERS: dict[int, Any] = {1: fem.interval, 2: fem.rectangle, 3: fem.box}
CASES = [
    *((1, name, 4) for name in ("line2", "line3")),
    *((2, name, (3, 2)) for name in ("tri3", "tri6", "quad4", "quad8", "quad9")),
    *((3, name, (3, 2, 2)) for name in ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")),
]
PER_GRID_CELL = {"tri3": 2, "tri6": 2, "tet4": 6, "tet10": 6, "wedge6": 2}


def measure(mesh: fem.Mesh) -> float:
    total = 0.0
    for block in mesh.blocks:
        quadrature = rule(block.element.cell, 4)
        total += float((jacobian_determinants(mesh.points, block, quadrature.points) @ quadrature.weights).sum())
    return total


@pytest.mark.parametrize("grading", [None, 3.0, lambda t: t**2], ids=["even", "geometric", "callable"])
@pytest.mark.parametrize(("dimension", "name", "cells"), CASES)
def test_volume_and_soundness(dimension: int, name: str, cells: Any, grading: Any) -> None:
    size = (2.0, 0.5, 3.0)[:dimension]
    mesh = BUILDERS[dimension](cells, size if dimension > 1 else size[0], element=name, grading=grading)
    assert mesh.check() is mesh
    assert measure(mesh) == pytest.approx(np.prod(size), rel=1e-14)
    assert mesh.cell_count == np.prod(cells) * PER_GRID_CELL.get(name, 1)
    assert mesh.blocks[0].element.name == name
    np.testing.assert_array_equal(mesh.points.min(axis=0), 0.0)
    np.testing.assert_allclose(mesh.points.max(axis=0), size, rtol=1e-15)


@pytest.mark.parametrize(("dimension", "name", "cells"), CASES)
def test_boundary_is_the_surface(dimension: int, name: str, cells: Any) -> None:
    mesh = BUILDERS[dimension](cells, element=name)
    groups = mesh.facet_groups(mesh.boundary)
    for group in groups:
        # A boundary facet lies in one of the planes that bound the unit cube.
        corners = mesh.points[group.nodes]
        assert ((corners == 0).all(axis=1) | (corners == 1).all(axis=1)).any(axis=1).all()
    surface = [fem.Mesh(mesh.points, (fem.CellBlock(group.element, group.nodes),)) for group in groups]
    if dimension > 1:
        assert sum(map(measure, surface)) == pytest.approx(2 * dimension, rel=1e-14)
    else:
        assert len(mesh.boundary) == 2


def test_numbering_is_x_slowest() -> None:
    mesh = fem.box((1, 2, 3))
    np.testing.assert_array_equal(mesh.points[:4], [[0, 0, z] for z in np.linspace(0, 1, 4)])
    assert mesh.blocks[0].nodes[0].tolist() == [0, 12, 16, 4, 1, 13, 17, 5]
    assert mesh.blocks[0].nodes.dtype == np.int32


def test_geometric_grading_has_the_ratio() -> None:
    lengths = np.diff(fem.interval(5, 10.0, grading=4.0).points[:, 0])
    assert lengths[-1] / lengths[0] == pytest.approx(4.0)
    np.testing.assert_allclose(lengths[1:] / lengths[:-1], 4.0 ** (1 / 4))


def test_gradings_per_axis() -> None:
    mesh = fem.rectangle((2, 2), grading=(None, 3.0))
    np.testing.assert_allclose(np.unique(mesh.points[:, 0]), [0, 0.5, 1])
    np.testing.assert_allclose(np.unique(mesh.points[:, 1]), [0, 0.25, 1])


def test_coordinates_of_the_grid_can_be_given() -> None:
    mesh = fem.rectangle(([0.0, 0.1, 1.0], 2), size=(7.0, 4.0), origin=(5.0, -2.0))
    np.testing.assert_allclose(np.unique(mesh.points[:, 0]), [0.0, 0.1, 1.0])
    np.testing.assert_allclose(np.unique(mesh.points[:, 1]), [-2.0, 0.0, 2.0])
    np.testing.assert_allclose(fem.interval([1.0, 2.0, 4.0]).points[:, 0], [1, 2, 4])


def test_one_number_holds_for_all_axes() -> None:
    np.testing.assert_array_equal(fem.box(2, 3.0).points, fem.box((2, 2, 2), size=(3.0, 3.0, 3.0)).points)


def test_neighbouring_tetrahedra_share_their_facets() -> None:
    mesh = fem.box((3, 2, 2), element="tet4")
    # Two triangles on each outer face of the grid.
    assert len(mesh.boundary) == 2 * 2 * (3 * 2 + 3 * 2 + 2 * 2)


@pytest.mark.parametrize(
    ("arguments", "got"),
    [
        (((0, 2),), "cells = 0 along x"),
        (((2, 2.5),), "cells = 2.5 along y"),
        ((([0.0, 1.0, 1.0], 2),), "1, then 1 along x"),
        (((2, 2), (1.0, -1.0)), "0, then -0.5 along y"),
        (((2, 2, 2),), r"cells with 3: \(2, 2, 2\)"),
        (((2, 2), (1.0, 2.0, 3.0)), r"size with 3: \(1.0, 2.0, 3.0\)"),
    ],
)
def test_axis_without_cells_or_extent(arguments: Any, got: str) -> None:
    with pytest.raises(MeshError, match=f"got:      {got}"):
        fem.rectangle(*arguments)


def test_negative_grading() -> None:
    with pytest.raises(MeshError, match=r"got:      grading = -1.0 along x"):
        fem.interval(3, grading=-1.0)


@pytest.mark.parametrize("name", ["hex8", "line2"])
def test_element_of_another_dimension(name: str) -> None:
    with pytest.raises(ElementError, match=f"got:      element='{name}'"):
        fem.rectangle((2, 2), element=name)


def test_element_that_does_not_exist() -> None:
    with pytest.raises(ElementError, match="got:      element='hex9'"):
        fem.box((2, 2, 2), element="hex9")
