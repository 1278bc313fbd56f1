"""Blocks: cells of one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import ElementError, MeshError
from fem.reference import ELEMENTS, ReferenceElement

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CellBlock:
    """Cells of one element.

    Attributes
    ----------
    element : ReferenceElement
        Element of these cells; a name such as ``"hex8"`` is accepted too.
    nodes : int32 array, shape (e, a)
        Nodes of each cell, read-only.

    Raises
    ------
    ElementError
        If there is no such element.
    MeshError
        If `nodes` is no integer array of shape (e, a).

    Examples
    --------
    >>> import fem
    >>> fem.CellBlock("tri3", [[0, 1, 2], [1, 3, 2]])
    CellBlock('tri3', 2 cells)
    """

    element: ReferenceElement
    nodes: NDArray[np.int32]

    def __post_init__(self) -> None:
        element = find_element(self.element)
        nodes = np.asarray(self.nodes)
        if nodes.ndim != 2 or nodes.shape[1] != element.count or nodes.dtype.kind not in "iu":
            raise MeshError(
                f"nodes of {element.name} cells have the wrong form",
                expected=f"whole numbers, shape (cells, {element.count})",
                got=f"{nodes.dtype} array of shape {nodes.shape}",
                fix="pass one row of node numbers for each cell, in the order of VTK",
            )
        object.__setattr__(self, "element", element)
        object.__setattr__(self, "nodes", frozen_array(nodes, np.int32))

    def __len__(self) -> int:
        return len(self.nodes)

    def __repr__(self) -> str:
        return f"CellBlock({self.element.name!r}, {len(self)} cells)"


def frozen_array(values: Any, dtype: Any) -> NDArray[Any]:
    """Return a read-only array in row-major order; a copy unless `values` is one already."""
    array = np.asarray(values, dtype=dtype)
    if array.flags.writeable or array.base is not None or not array.flags.c_contiguous:
        array = np.array(array, order="C")
        array.setflags(write=False)
    return array


def find_element(element: ReferenceElement | str) -> ReferenceElement:
    """Return an element by its name.

    Raises
    ------
    ElementError
        If there is no such element.
    """
    if isinstance(element, ReferenceElement):
        return element
    if element not in ELEMENTS:
        raise ElementError(
            "no such element",
            expected=f"one of {', '.join(ELEMENTS)}",
            got=f"element={element!r}",
            fix="pass one of these names",
        )
    return ELEMENTS[element]
