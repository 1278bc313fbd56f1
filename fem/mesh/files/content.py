"""What a mesh file holds, whatever its format: points, cells, and named groups of both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass
class FileCells:
    """Cells of one kind, under the name that meshio has for it."""

    type: str
    data: NDArray[np.int64]
    dim: int


@dataclass
class FileContent:
    """The content of a file, under the names that ``meshio.Mesh`` has."""

    points: NDArray[np.float64]
    cells: list[FileCells]
    point_sets: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    cell_sets: dict[str, list[NDArray[np.int64]]] = field(default_factory=dict)
    point_data: dict[str, Any] = field(default_factory=dict)
    cell_data: dict[str, Any] = field(default_factory=dict)
    field_data: dict[str, Any] = field(default_factory=dict)
