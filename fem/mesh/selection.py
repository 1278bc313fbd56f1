"""Selections of points, cells and facets by predicate or by name; an empty selection is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError
from fem.mesh.facets import Facets, facet_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.mesh.blocks import CellBlock

    Where = str | Callable[[NDArray[np.float64]], ArrayLike]
    """The name of a set, or a predicate on coordinates, (p, d) to booleans (p,)."""
    FacetSelection = Where | Facets
    PointSelection = Where | Facets | ArrayLike


def satisfied(points: NDArray[np.float64], predicate: Callable[[Any], Any]) -> NDArray[np.bool_]:
    """Return where a predicate holds.

    Parameters
    ----------
    points : float array, shape (p, d)
        Points.
    predicate : callable
        Maps `points` to booleans of shape (p,).

    Raises
    ------
    MeshError
        If it returns anything else.
    """
    mask = np.asarray(predicate(points))
    if mask.dtype != bool or mask.shape != (len(points),):
        raise MeshError(
            "a predicate must say yes or no for each point",
            expected=f"booleans of shape ({len(points)},) from points of shape {points.shape}",
            got=f"{mask.dtype} of shape {mask.shape}",
            fix="write for example lambda x: x[:, 0] == 0",
        )
    return mask


def nonempty(what: str, count: int, points: NDArray[np.float64], where: object) -> None:
    """Refuse an empty selection.

    Raises
    ------
    MeshError
        If `count` is 0; the message tells the extent of the mesh.
    """
    if count:
        return
    low, high = points.min(axis=0), points.max(axis=0)
    extent = ", ".join(f"{a:.12g} to {b:.12g}" for a, b in zip(low, high, strict=True))
    raise MeshError(
        f"no {what} selected",
        expected=f"a selection that holds at least one of the {what}s",
        got=f"0 {what}s for {where!r} in a mesh that extends over {extent}",
        fix="compare with a tolerance, np.isclose(x[:, 0], 3), or correct the name or the coordinate",
    )


def named(what: str, name: str, sets: Mapping[str, Any], others: Sequence[str] = ()) -> Any:
    """Return the set with a name.

    Raises
    ------
    MeshError
        If there is none; the message lists those that there are.
    """
    if name not in sets:
        names = [*sets, *others]
        raise MeshError(
            f"no {what} set with this name",
            expected=f"one of {', '.join(map(repr, names))}" if names else "a mesh with named sets",
            got=f"{name!r}",
            fix="pass one of these names, or a predicate: lambda x: x[:, 0] == 0",
            name=name,
        )
    return sets[name]


def facets_within(blocks: Sequence[CellBlock], facets: Facets, mask: NDArray[np.bool_]) -> Facets:
    """Return the facets all of whose nodes are marked.

    Parameters
    ----------
    blocks : sequence of CellBlock
        Blocks of the mesh.
    facets : Facets
        Candidates.
    mask : bool array, shape (p,)
        Marked points.
    """
    cells: list[list[Any]] = [[np.zeros(0, np.int32)] for _ in blocks]
    sides: list[list[Any]] = [[np.zeros(0, np.int32)] for _ in blocks]
    for group in facet_groups(blocks, facets):
        inside = mask[group.nodes].all(axis=1)
        cells[group.block].append(group.cells[inside])
        sides[group.block].append(group.sides[inside])
    return Facets(tuple(map(np.concatenate, cells)), tuple(map(np.concatenate, sides)))
