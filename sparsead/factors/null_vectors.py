"""The vectors of a declared null space: checked, orthonormal, compared by content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import qr

from sparsead.errors import NullSpaceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_INDEPENDENT = 1e-8  # least share of a vector that the others do not have


class NullSpace:
    """Vectors that a matrix maps to zero; immutable, compared by content.

    Parameters
    ----------
    basis : array, shape (n, r)
        Linearly independent columns, finite. Kept as orthonormal ones, in double precision.

    Raises
    ------
    NullSpaceError
        If they are not independent.
    """

    def __init__(self, basis: NDArray[Any]) -> None:
        basis = basis.astype(np.result_type(basis, np.float64))  # the matrix may be of more digits than the vectors
        largest = np.abs(basis).max(axis=0)
        basis = basis / np.where(largest > 0, largest, 1)  # so that no square overflows, or vanishes
        sizes = np.linalg.norm(basis, axis=0)
        self.basis, upper, order = qr(basis / np.where(sizes > 0, sizes, 1), mode="economic", pivoting=True)
        own = np.abs(np.diagonal(upper)) * (sizes[order] > 0)
        if own.size < basis.shape[1] or not own.min(initial=1.0) > _INDEPENDENT:
            raise _dependent(basis.shape, own, order)
        self.basis.flags.writeable = False
        self._hash = hash((basis.shape, self.basis[:: max(1, len(basis) // 100)].tobytes()))

    @property
    def size(self) -> int:
        """Number of vectors."""
        return int(self.basis.shape[1])

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, NullSpace) and self._hash == other._hash and np.array_equal(self.basis, other.basis)

    def __repr__(self) -> str:
        return f"NullSpace({self.basis.shape[0]} dofs, {self.size} vectors)"

    def without(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return vectors, one a row, shape (k, n), less what lies in the null space."""
        shares = rows @ self.basis.conj()
        less: NDArray[Any] = rows - shares @ self.basis.T
        return less


def _dependent(shape: tuple[int, ...], own: NDArray[Any], order: NDArray[Any]) -> NullSpaceError:
    n, size = shape
    worst = order[int(np.argmin(own))] if own.size == size else order[-1]
    share = float(own.min(initial=1.0)) if own.size == size else 0.0
    return NullSpaceError(
        "vectors of the null space depend on each other",
        expected=f"{size} independent vectors of {n} components",
        got=f"null_space[:, {worst}], of which the others have all but {share:.1e}",
        fix="drop that vector",
        share=share,
    )
