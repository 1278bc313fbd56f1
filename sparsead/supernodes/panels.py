"""Dense panels of the blocks of a factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import blas, lapack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.supernodes.tree import Tree


@dataclass(frozen=True)
class Eliminated:
    """What the elimination of a block did to its front ``[[F11, F12], [F21, F22]]``.

    Parameters
    ----------
    inverse : array, shape (J, J)
        F11^-1.
    left : array, shape (B, J)
        F21 F11^-1.
    right : array, shape (J, B)
        F11^-1 F12.
    """

    inverse: NDArray[Any]
    left: NDArray[Any]
    right: NDArray[Any]


class Panels:
    """Panels of shown factors, block by block.

    Parameters
    ----------
    shown : Shown
        Factors.
    tree : Tree
        Their blocks.
    """

    def __init__(self, shown: Shown, tree: Tree) -> None:
        self._shown, self._tree = shown, tree
        self._place = np.empty(shown.lower.shape[0], np.int64)
        self._trtri, self._potri = lapack.get_lapack_funcs(("trtri", "potri"), (shown.lower.data,))
        self._trsm = blas.get_blas_funcs("trsm", (shown.lower.data,))

    @property
    def hermitian(self) -> bool:
        """Whether the matrix is, so that ``right`` is the conjugate transpose of ``left``."""
        return self._shown.upper is None

    def eliminated(self, block: int) -> Eliminated:
        """Return the blocks of the front of one block of columns."""
        width = self._tree.width(block)
        lower = self._panel(self._shown.lower, block)
        if self._shown.upper is None:
            left = self._trsm(1.0, lower[:width], lower[width:], side=1, lower=1)
            inverse, _ = self._potri(lower[:width], lower=1)
            return Eliminated(_mirrored(inverse), left, left.conj().T)
        upper = self._panel(self._shown.upper, block).T
        into, _ = self._trtri(lower[:width], lower=1, unitdiag=1)
        out, _ = self._trtri(upper[:, :width], lower=0)
        return Eliminated(out @ into, lower[width:] @ into, out @ upper[:, width:])

    def coupling(self, block: int) -> NDArray[Any]:
        """Return F12, shape (J, B)."""
        width = self._tree.width(block)
        lower = self._panel(self._shown.lower, block)
        if self._shown.upper is None:
            return lower[:width] @ lower[width:].conj().T
        return lower[:width] @ self._panel(self._shown.upper, block)[width:].T

    def _panel(self, matrix: Any, block: int) -> NDArray[Any]:
        """The columns of a csc array (rows of a csr array) of a block, dense on its front, shape (J + B, J)."""
        start, stop = int(self._tree.starts[block]), int(self._tree.starts[block + 1])
        below = self._tree.below[block]
        width, height = stop - start, stop - start + len(below)
        self._place[start:stop] = np.arange(width)
        self._place[below] = np.arange(width, height)
        pointers = matrix.indptr[start : stop + 1]
        stored = slice(int(pointers[0]), int(pointers[-1]))
        positions = self._place[matrix.indices[stored]]
        positions += np.repeat(np.arange(0, width * height, height), np.diff(pointers))
        panel = np.zeros(width * height, matrix.data.dtype)
        panel[positions] = matrix.data[stored]
        return panel.reshape(width, height).T


def _mirrored(lower: NDArray[Any]) -> NDArray[Any]:
    """Return the Hermitian matrix of a lower triangle, above which are zeros."""
    whole = lower + lower.conj().T
    np.fill_diagonal(whole, np.diagonal(lower))
    return whole
