"""Quality of cells: 1 for regular ones, less for others, not above 0 for folded ones."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.mesh import quality  # noqa: E402

REGULAR = {
    "tri3": [[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]],
    "quad4": [[0, 0], [1, 0], [1, 1], [0, 1]],
    "tet4": [[1, 1, 1], [-1, 1, -1], [1, -1, -1], [-1, -1, 1]],
    "hex8": [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    "wedge6": [[x, y, z] for z in (0, 1) for x, y in ((0, 0), (1, 0), (0.5, np.sqrt(3) / 2))],
}


@pytest.mark.parametrize("name", REGULAR)
def test_regular_cells_have_quality_one(name: str) -> None:
    points = np.array(REGULAR[name], dtype=float)
    mesh = fem.Mesh(points, (fem.CellBlock(name, [range(len(points))]),))
    mesh.check()
    for moved in (points, 1e-6 * points + 3.0):
        np.testing.assert_allclose(quality(mesh.with_points(moved)), 1.0, rtol=1e-8)


@pytest.mark.parametrize("name", REGULAR)
def test_each_corner_counts(name: str) -> None:
    points = np.array(REGULAR[name], dtype=float)
    mesh = fem.Mesh(points, (fem.CellBlock(name, [range(len(points))]),))
    for corner in range(len(points)):
        folded = points.copy()
        folded[corner] = 3 * points.mean(axis=0) - 2 * points[corner]
        assert quality(mesh.with_points(folded))[0] < 0
        pulled = points.copy()
        pulled[corner] += 0.3 * (points.mean(axis=0) - points[corner])
        assert 0 < quality(mesh.with_points(pulled))[0] < 0.99


def test_blocks_are_joined_and_lines_are_regular() -> None:
    points = [[0, 0], [1, 0], [1, 1], [0, 1], [2, 0]]
    blocks = (
        fem.CellBlock("quad4", [[0, 1, 2, 3]]),
        fem.CellBlock("tri3", [[1, 4, 2]]),
        fem.CellBlock("line2", [[0, 1]]),
    )
    np.testing.assert_allclose(quality(fem.Mesh(points, blocks)), [1, np.sqrt(2 / 3), 1], rtol=1e-14)


def test_surface_in_space() -> None:
    mesh = fem.Mesh([[0, 0, 0], [1, 0, 1], [1, 1, 1], [0, 1, 0]], (fem.CellBlock("quad4", [[0, 1, 2, 3]]),))
    np.testing.assert_allclose(quality(mesh), 1.0)
