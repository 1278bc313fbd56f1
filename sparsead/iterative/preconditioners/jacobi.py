"""Jacobi: the inverse of the diagonal, or of blocks on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import SingularMatrixError
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared, check_count, impossible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.system import System


_ZERO = 1e-12  # of the largest entry of a row


@dataclass(frozen=True, repr=False)
class Jacobi(Preconditioner):
    """The inverse of blocks on the diagonal."""

    block: int = 1

    def __post_init__(self) -> None:
        check_count("block", self.block)

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return the inverse blocks; positive definite ones where the matrix is Hermitian, if it is definite or not."""
        n, size = system.pattern.shape[0], self.block
        if n % size:
            raise impossible(
                "block", size, expected=f"a divisor of n = {n}", fix="pass the number of dofs that each node has"
            )
        blocks = system.diagonal.reshape(n, 1, 1) if size == 1 else _blocks(system, size)
        if system.structure.hermitian and not system.structure.positive_definite:
            blocks = _positive(blocks, system)
        return InverseBlocks(blocks)


class InverseBlocks(Prepared):
    """Inverse blocks on the diagonal, shape (n / block, block, block)."""

    def __init__(self, blocks: NDArray[Any]) -> None:
        size = blocks.shape[1]
        singular = np.flatnonzero((blocks[:, 0, 0] if size == 1 else np.linalg.det(blocks)) == 0)
        if singular.size:
            first = int(singular[0]) * size
            raise SingularMatrixError(
                "jacobi meets a block that has no inverse",
                expected="blocks on the diagonal that can be inverted",
                got=f"zero on the diagonal at dof {first}" if size == 1 else f"dofs {first} to {first + size - 1}",
                fix="another preconditioner, such as ilu(), or the direct solver",
                dof=first,
            )
        self._inverse = 1 / blocks if size == 1 else np.linalg.inv(blocks)
        self.nbytes = self._inverse.nbytes

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return the inverse blocks times r, shape (k, n)."""
        size = self._inverse.shape[1]
        if size == 1:
            return r * self._inverse[:, 0, 0]
        parts = r.reshape(len(r), -1, size)
        return np.einsum("eji,kej->kei" if transposed else "eij,kej->kei", self._inverse, parts).reshape(r.shape)


def _blocks(system: System, size: int) -> NDArray[Any]:
    """The blocks on the diagonal; entries that are not stored are zero."""
    pattern = system.pattern
    inside = np.flatnonzero(pattern.indices // size == pattern.cols // size)
    rows, cols = pattern.indices[inside], pattern.cols[inside]
    blocks = np.zeros((pattern.shape[0] // size, size, size), system.values.dtype)
    blocks[rows // size, rows % size, cols % size] = system.values[inside]
    return blocks


def _positive(blocks: NDArray[Any], system: System) -> NDArray[Any]:
    """The blocks with the magnitudes of their eigenvalues; the largest entry of the rows where these are zero."""
    values, vectors = np.linalg.eigh(blocks)
    sizes = np.zeros(system.pattern.shape[0])
    np.maximum.at(sizes, system.pattern.indices, np.abs(system.values))
    largest = sizes.reshape(values.shape).max(axis=1, keepdims=True)
    magnitudes = np.where(np.abs(values) > _ZERO * largest, np.abs(values), largest)
    return np.einsum("eik,ek,ejk->eij", vectors, magnitudes, vectors.conj())


def jacobi(block: int = 1) -> Preconditioner:
    """Return the inverse of the diagonal, or of square blocks on it, as a preconditioner.

    Parameters
    ----------
    block : int
        Unknowns of a block: those of a node, which stand together.

    Returns
    -------
    Preconditioner
        For ``preconditioner=`` of a method. Costs next to nothing; iterations grow with the number of cells along
        the longest path. Of a Hermitian matrix that is not declared positive definite the magnitudes are taken, so
        that it is positive definite itself.

    Raises
    ------
    BackendError
        If `block` is no whole number of one or more; in the solve, if it does not divide n.
    SingularMatrixError
        In the solve, if a block has no inverse.

    References
    ----------
    Saad, Y., "Iterative Methods for Sparse Linear Systems", 2nd ed., SIAM, 2003, section 10.2,
    doi:10.1137/1.9780898718003.

    Examples
    --------
    >>> import sparsead
    >>> sparsead.iterative.jacobi(block=3)
    jacobi(block=3)
    """
    return Jacobi(block)
