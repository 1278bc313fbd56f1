"""Coordinates along one axis of a structured mesh: even, graded, or given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Axis = int | Sequence[float] | Any
Grading = float | Callable[[Any], Any] | None


def axis_values(name: str, values: Any, dimension: int) -> list[Any]:
    """Return one value for each axis; a single one holds for all.

    Raises
    ------
    MeshError
        If there are more or fewer values than axes.
    """
    if values is None or callable(values) or isinstance(values, (int, float, np.number)):
        return [values] * dimension
    if len(values) != dimension:
        raise MeshError(
            f"{name} does not have one value for each axis",
            expected=f"{dimension} values",
            got=f"{name} with {len(values)}: {values!r}",
            fix="pass one for each axis",
        )
    return list(values)


def axis_coordinates(axis: int, cells: Axis, size: float, origin: float, grading: Grading) -> NDArray[np.float64]:
    """Return the coordinates of the grid along one axis.

    Parameters
    ----------
    axis : int
        Which axis, for messages.
    cells : int or float array, shape (p,)
        Number of cells, or the coordinates themselves.
    size, origin : float
        Extent and first coordinate.
    grading : float, callable or None
        Length of the last cell over that of the first, or a map of [0, 1] to itself.

    Raises
    ------
    MeshError
        If there is no cell, or the coordinates do not increase.
    """
    if np.ndim(cells):
        coordinates = np.asarray(cells, dtype=np.float64)
    elif not isinstance(cells, (int, np.integer)) or cells < 1:
        raise _no_grid(axis, "at least one cell", f"cells = {cells!r}")
    else:
        even = np.linspace(0.0, 1.0, int(cells) + 1)
        coordinates = origin + size * (grading(even) if callable(grading) else _geometric(axis, even, grading))
    if coordinates.ndim != 1 or len(coordinates) < 2:
        raise _no_grid(axis, "coordinates of shape (cells + 1,)", f"shape {coordinates.shape}")
    falls = np.flatnonzero(~(np.diff(coordinates) > 0))
    if len(falls):
        k = falls[0]
        raise _no_grid(axis, "coordinates that increase", f"{coordinates[k]:.12g}, then {coordinates[k + 1]:.12g}")
    return coordinates


def _geometric(axis: int, even: NDArray[np.float64], ratio: Any) -> NDArray[np.float64]:
    """Return 0 to 1 with lengths in geometric progression, the last `ratio` times the first."""
    if ratio is None or ratio == 1 or len(even) == 2:
        return even
    if not ratio > 0:
        raise _no_grid(axis, "grading > 0", f"grading = {ratio!r}")
    cells = len(even) - 1
    lengths = float(ratio) ** (np.arange(cells) / (cells - 1))
    graded = np.concatenate([[0.0], np.cumsum(lengths)]) / lengths.sum()
    graded[-1] = 1.0
    return graded


def _no_grid(axis: int, expected: str, got: str) -> MeshError:
    return MeshError(
        "not the coordinates of a grid",
        expected=expected,
        got=f"{got} along {'xyz'[axis]}",
        fix="pass a number of cells and a positive size, or increasing coordinates",
    )
