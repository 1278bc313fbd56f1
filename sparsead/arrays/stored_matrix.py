"""StoredMatrix: a pattern and its values; transposes are views."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from sparsead.arrays.binding import Binding
from sparsead.checks import check_length
from sparsead.pattern import combine
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import GENERAL, Structure, Triangle
from sparsead.pattern.validate import check_declared


class StoredMatrix:
    """What a `SparseArray` is without its arithmetic, which is made of this: values on a pattern, facts, and views.

    Parameters
    ----------
    values, pattern, structure, transposed, conjugated
        As of `SparseArray`.

    Raises
    ------
    ShapeError, StructureError
        As of `SparseArray`.

    Examples
    --------
    >>> import sparsead.numpy as sp
    >>> sp.eye(2, 3).T.shape
    (3, 2)
    """

    binding: ClassVar[Binding]
    __slots__ = ("_conjugated", "_pattern", "_structure", "_transposed", "values")

    def __init__(
        self,
        values: Any,
        pattern: Pattern,
        structure: Structure = GENERAL,
        *,
        transposed: bool = False,
        conjugated: bool = False,
    ) -> None:
        values = self.binding.asarray("values", values)
        check_length("values", np.shape(values), pattern.size, "one value for each stored entry")
        check_declared(pattern, structure)
        self._fill(values, pattern, structure, transposed, conjugated)

    def _fill(self, values: Any, pattern: Pattern, structure: Structure, transposed: bool, conjugated: bool) -> Self:
        self.values = values
        self._pattern = pattern
        self._structure = structure
        self._transposed = transposed
        self._conjugated = conjugated
        return self

    def _view(self, *, transposed: bool, conjugated: bool) -> Self:
        """The same values and pattern seen as another view; nothing is checked again."""
        return type(self).__new__(type(self))._fill(self.values, self._pattern, self._structure, transposed, conjugated)

    def _with_values(self, values: Any) -> Self:
        """Other values on the same pattern, structure and view; nothing is checked again."""
        return (
            type(self)
            .__new__(type(self))
            ._fill(values, self._pattern, self._structure, self._transposed, self._conjugated)
        )

    # ------------------------------------------------------------------ facts
    @property
    def shape(self) -> tuple[int, int]:
        """``(m, n)``."""
        m, n = self._pattern.shape
        return (n, m) if self._transposed else (m, n)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.binding.dtype(self.values)

    @property
    def ndim(self) -> int:
        """Two."""
        return 2

    @property
    def stored(self) -> int:
        """Number of stored entries."""
        return self._pattern.size

    @property
    def pattern(self) -> Pattern:
        """Stored entries of this matrix (of a transposed view: the transposed pattern)."""
        return self._pattern.transposition[0] if self._transposed else self._pattern

    @property
    def structure(self) -> Structure:
        """Declared facts about this matrix."""
        if self._transposed and self._structure.triangular:
            other: Triangle = "upper" if self._structure.triangular == "lower" else "lower"
            return Structure(triangular=other)
        return self._structure

    def __repr__(self) -> str:
        m, n = self.shape
        view = {(True, False): ", view .T", (True, True): ", view .H", (False, True): ", view .conj()"}
        mark = view.get((self._transposed, self._conjugated), "")
        return f"SparseArray({m}x{n}, {self.stored} stored, {self.dtype}, {self.structure.describe()}{mark})"

    # ------------------------------------------------------------------ views
    @property
    def T(self) -> Self:
        """Transpose: a view that shares the factorization."""
        return self._view(transposed=not self._transposed, conjugated=self._conjugated)

    @property
    def H(self) -> Self:
        """Conjugate transpose: a view that shares the factorization."""
        return self._view(transposed=not self._transposed, conjugated=not self._conjugated)

    def conj(self) -> Self:
        """Complex conjugate: a view that shares the factorization."""
        return self._view(transposed=self._transposed, conjugated=not self._conjugated)

    def plain(self) -> Self:
        """Return the same matrix with its own values and pattern, no view of another.

        Returns
        -------
        SparseArray
            This matrix if it is no view.
        """
        if not (self._transposed or self._conjugated):
            return self
        values = self.binding.xp.conj(self.values) if self._conjugated else self.values
        pattern = self._pattern
        if self._transposed:
            pattern, slots = combine.transposed(pattern)
            values = self.binding.gather(values[None], slots=slots)[0]
        return type(self)(values, pattern, self.structure)

    def declare(
        self,
        *,
        symmetric: bool = False,
        hermitian: bool = False,
        positive_definite: bool = False,
        triangular: Triangle | None = None,
    ) -> Self:
        """Return the same matrix with these declared facts instead of the former ones.

        Parameters
        ----------
        symmetric, hermitian, positive_definite, triangular
            As of `triplets`.

        Returns
        -------
        SparseArray, shape (m, n)
            The same values.

        Raises
        ------
        StructureError
            If the pattern cannot have that structure.

        Examples
        --------
        >>> import sparsead.numpy as sp
        >>> sp.eye(2).declare(symmetric=True)
        SparseArray(2x2, 2 stored, float64, symmetric)
        """
        matrix = self.plain()
        structure = Structure(symmetric, hermitian, positive_definite, triangular)
        return type(self)(matrix.values, matrix._pattern, structure)
