"""What can be wrong with the arrays that a mesh is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fem.mesh.blocks import CellBlock


def check_points(points: NDArray[np.float64]) -> None:
    """Refuse coordinates of the wrong form, or not finite.

    Raises
    ------
    MeshError
        With the first such point.
    """
    if points.ndim != 2 or not 1 <= points.shape[1] <= 3:
        raise MeshError(
            "points have the wrong shape",
            expected="shape (points, d) with d = 1, 2 or 3",
            got=f"shape {points.shape}",
            fix="pass one row of coordinates for each point",
        )
    bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(bad):
        raise MeshError(
            "a coordinate is not finite",
            expected="finite coordinates",
            got=f"points[{bad[0]}] = {points[bad[0]].tolist()}",
            fix="correct that point",
            node=int(bad[0]),
        )


def check_nodes(points: NDArray[np.float64], blocks: Sequence[CellBlock]) -> None:
    """Refuse cells with nodes that are not there, or cells of a higher dimension than space.

    Raises
    ------
    MeshError
        With the first such cell.
    """
    for number, block in enumerate(blocks):
        if block.element.dimension > points.shape[1]:
            raise MeshError(
                "cells of a higher dimension than space",
                expected=f"points of shape (p, {block.element.dimension}) for {block.element.name}",
                got=f"points of shape {points.shape}",
                fix="pass points with all their coordinates",
            )
        bad = np.argwhere((block.nodes < 0) | (block.nodes >= len(points)))
        if len(bad):
            cell, local = (int(n) for n in bad[0])
            raise MeshError(
                "a cell has a node that is not there",
                expected=f"0 <= node < {len(points)}",
                got=f"node {block.nodes[cell, local]} in cell {cell} of block {number} ({block.element.name})",
                fix="number nodes from 0, and keep the points that cells use",
                cell=cell,
                block=number,
            )


def check_set(kind: str, name: str, numbers: Any, size: int) -> NDArray[np.int32]:
    """Return a named set as int32 numbers.

    Raises
    ------
    MeshError
        If a member is not in [0, size).
    """
    members = np.asarray(numbers)
    if members.ndim != 1 or (members.size and members.dtype.kind not in "iu"):
        raise MeshError(
            f"a set in {kind} has the wrong form",
            expected="whole numbers, shape (members,)",
            got=f"{kind}[{name!r}] is {members.dtype} of shape {members.shape}",
            fix="pass the numbers, as np.flatnonzero returns them",
        )
    bad = np.flatnonzero((members < 0) | (members >= size))
    if len(bad):
        raise MeshError(
            f"a member of a set in {kind} is not there",
            expected=f"0 <= number < {size}",
            got=f"{kind}[{name!r}][{bad[0]}] = {members[bad[0]]}",
            fix="correct that number",
        )
    return members.astype(np.int32)
