"""Matrices from triplets (row, column, value), for every front-end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from sparsead.arrays.sparse_array import SparseArray
from sparsead.checks import check_length
from sparsead.pattern.slots import Slots
from sparsead.pattern.structure import Structure, Triangle
from sparsead.pattern.triplets import from_triplets
from sparsead.pattern.validate import check_declared

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sparsead.pattern.pattern import Pattern

A = TypeVar("A", bound=SparseArray[Any])


class Assembler(Generic[A]):
    """A pattern that turns triplet values into matrices: built once, called with values.

    Made by `triplets`.

    Attributes
    ----------
    pattern : Pattern
        The stored entries.
    slots : Slots
        Stored entry of each triplet.
    structure : Structure
        Declared facts.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> diagonal = sp.triplets([0, 1], [0, 1], (2, 2))
    >>> diagonal
    triplets(2x2, 2 triplets, 2 stored)
    >>> diagonal(np.array([3.0, 4.0]))
    SparseArray(2x2, 2 stored, float64, general)
    """

    def __init__(self, array_type: type[A], pattern: Pattern, slots: Slots, structure: Structure) -> None:
        check_declared(pattern, structure)
        self._array_type = array_type
        self.pattern = pattern
        self.slots = slots
        self.structure = structure

    def __call__(self, values: ArrayLike) -> A:
        """Return the matrix with these triplet values.

        Parameters
        ----------
        values : array, shape (t,)
            One value for each triplet; may be traced. Unit: [A].

        Returns
        -------
        SparseArray, shape (m, n)
            Triplets of the same place added.

        Raises
        ------
        ShapeError
            If there is not one value for each triplet.
        """
        binding = self._array_type.binding
        given = binding.asarray("values", values)
        check_length("values", np.shape(given), len(self.slots), "one value for each triplet")
        stored = given if self.slots.is_identity else binding.sum_triplets(given[None], slots=self.slots)[0]
        return self._array_type(stored, self.pattern, self.structure)

    def __repr__(self) -> str:
        m, n = self.pattern.shape
        return f"triplets({m}x{n}, {len(self.slots)} triplets, {self.pattern.size} stored)"


def triplets(
    array_type: type[A],
    /,
    rows: ArrayLike,
    cols: ArrayLike,
    shape: tuple[int, int],
    *,
    symmetric: bool = False,
    hermitian: bool = False,
    positive_definite: bool = False,
    triangular: Triangle | None = None,
) -> Assembler[A]:
    """Return a constructor for matrices with these triplet places; call it with values.

    Build it once and reuse it: the sorting of indices is done here, the summation in each call.

    Parameters
    ----------
    rows, cols : int array, shape (t,)
        Place of each triplet, any integer type, any order; triplets at the same place add.
    shape : tuple of int
        ``(m, n)``.
    symmetric, hermitian, positive_definite : bool
        Declared facts; all entries are stored, both triangles. They choose the factorization and are checked.
    triangular : {"lower", "upper"} or None
        Declared triangle.

    Returns
    -------
    Assembler
        ``assembler(values)`` with values of shape (t,) is the matrix.

    Raises
    ------
    PatternError
        If an index is not an integer or out of range, or lengths differ.
    NoDerivativeError
        If the indices are traced.
    StructureError
        If the pattern cannot have the declared structure.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> assemble = sp.triplets([0, 0, 1], [0, 0, 1], (2, 2))
    >>> sp.to_dense(assemble(np.array([1.0, 2.0, 5.0])))
    array([[3., 0.],
           [0., 5.]])
    """
    structure = Structure(symmetric, hermitian, positive_definite, triangular)
    return Assembler(array_type, *from_triplets(rows, cols, shape), structure)


def coo(
    array_type: type[A],
    /,
    rows: ArrayLike,
    cols: ArrayLike,
    values: ArrayLike,
    shape: tuple[int, int],
    *,
    symmetric: bool = False,
    hermitian: bool = False,
    positive_definite: bool = False,
    triangular: Triangle | None = None,
) -> A:
    """Return the matrix of a set of triplets (row, column, value).

    Sorts the indices at each call; in a loop use `triplets`.

    Parameters
    ----------
    rows, cols : int array, shape (t,)
        Place of each triplet, any integer type, any order; triplets at the same place add.
    values : array, shape (t,)
        Values; may be traced. Unit: [A].
    shape : tuple of int
        ``(m, n)``.
    symmetric, hermitian, positive_definite, triangular
        Declared facts, see `triplets`.

    Returns
    -------
    SparseArray
        Shape (m, n).

    Raises
    ------
    PatternError, NoDerivativeError, StructureError
        See `triplets`.
    ShapeError
        If there is not one value for each triplet.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> sp.coo([1, 0], [0, 1], np.array([5.0, 7.0]), (2, 2), symmetric=True)
    SparseArray(2x2, 2 stored, float64, symmetric)
    """
    structure = Structure(symmetric, hermitian, positive_definite, triangular)
    return Assembler(array_type, *from_triplets(rows, cols, shape), structure)(values)
