"""Vectors that a matrix nearly maps to zero: what the coarse levels of multigrid must hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import eigh

from sparsead.checks import numbers
from sparsead.errors import NonFiniteError, ShapeError, SingularMatrixError
from sparsead.factors.values import all_finite

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.iterative.system import System

_NO_RESISTANCE = 1e-13  # of the diagonal's; rounding leaves less of a motion that is free
_SAME = 1e-10  # of the largest singular value: vectors that others combine to


class NearNull(ABC):
    """Vectors near the null space; hashable, so that what it is part of is a value."""

    @abstractmethod
    def vectors(self) -> NDArray[Any]:
        """Return the vectors as columns, shape (n, m); zero at dofs that are held."""


class Vectors(NearNull):
    """Vectors that were given; compared by content."""

    def __init__(self, columns: ArrayLike) -> None:
        array = numbers("near_null", columns)
        if array.ndim != 2 or not array.size:
            raise ShapeError(
                "near_null is not columns of vectors",
                expected="shape (n, m): one column for each motion that meets little resistance",
                got=f"shape {array.shape}",
                fix="pass near_null[:, None] for a single vector",
            )
        if not all_finite(array):
            row, column = (int(i[0]) for i in np.nonzero(~np.isfinite(array)))
            raise NonFiniteError(
                "near_null is not finite",
                expected="finite vectors",
                got=f"near_null[{row}, {column}] = {array[row, column]}",
                fix="look at what computes it",
                row=row,
                column=column,
            )
        self._array = array.copy()
        self._array.flags.writeable = False
        self._hash = hash((array.shape, array.dtype.char, self._array.tobytes()))

    def vectors(self) -> NDArray[Any]:
        """Return the columns."""
        return self._array

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Vectors)
            and self._hash == other._hash
            and self._array.dtype == other._array.dtype
            and np.array_equal(self._array, other._array)
        )

    def __repr__(self) -> str:
        n, m = self._array.shape
        return f"<{m} vectors of {n}>"


def check_resistance(system: System, columns: NDArray[Any]) -> None:
    """Raise `SingularMatrixError` if some combination of the vectors meets no resistance at all.

    A matrix that is singular may still have solutions, for loads in balance, and iterations find one of them.

    Parameters
    ----------
    system : System
        A Hermitian matrix.
    columns : array, shape (n, m)
        Vectors.
    """
    diagonal = system.diagonal.real
    roots = np.sqrt(np.where(diagonal > 0, diagonal, 1))[:, None]
    basis, sizes, _ = np.linalg.svd(columns * roots, full_matrices=False)
    basis = basis[:, sizes > _SAME * sizes.max()] / roots
    if not basis.size or not sizes.max() > 0:
        return
    images = system.products.product(np.ascontiguousarray(basis.T)).T
    energies, combinations = eigh(basis.conj().T @ images)
    if energies[0] <= _NO_RESISTANCE:
        dof = int(np.argmax(np.abs(basis @ combinations[:, 0])))
        raise SingularMatrixError(
            "matrix is singular",
            expected="some resistance against every vector of near_null",
            got=f"{energies[0]:.1e} of that of the diagonal for a combination of them; dof {dof} moves most",
            fix="prescribe enough dofs to remove free motions, with zeros in near_null there",
            dof=dof,
        )
