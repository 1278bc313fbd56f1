"""Incomplete Cholesky, from SuperLU's incomplete LU without pivoting.

Derivation
----------
Elimination of a Hermitian matrix along its diagonal gives U = D L^H. SuperLU
drops entries of L and of U by themselves, so that this holds up to what is
dropped; L and the diagonal D of U alone make a Hermitian preconditioner::

    P A P^T ~ L D L^H,   M = P^T L^-H D^-1 L^-1 P

It is positive definite where D is. Dropping may make pivots of a positive
definite matrix negative; then that of A + sigma diag(A) is taken, with the
least of growing sigma for which it is positive [1]_.

References
----------
.. [1] T. A. Manteuffel, "An incomplete factorization technique for positive
   definite linear systems", Math. Comp. 34, 1980,
   doi:10.1090/S0025-5718-1980-0559197-0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from sparsead.errors import BackendError, SingularMatrixError
from sparsead.iterative.failures import negative_preconditioner
from sparsead.iterative.preconditioners.ilu import check_dropping, factors
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.system import System

_SHIFTS = (0.0, 1e-3, 1e-2, 1e-1, 1.0)  # of the diagonal; with the last it is nearly dominant
_ALONG_THE_DIAGONAL: dict[str, Any] = {"diag_pivot_thresh": 0.0, "options": {"SymmetricMode": True}}
_BYTES_OF_INDEX = 4


@dataclass(frozen=True, repr=False)
class Ichol(Preconditioner):
    """Incomplete Cholesky by threshold."""

    drop: float = 1e-3

    def __post_init__(self) -> None:
        check_dropping(self.drop, 1)

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return the incomplete factors.

        Raises
        ------
        BackendError
            If the matrix is not Hermitian.
        NotPositiveDefiniteError
            If pivots stay negative however the diagonal is shifted.
        """
        if not system.structure.hermitian:
            raise BackendError(
                "ichol is for Hermitian matrices",
                expected="a matrix declared positive_definite=True, hermitian=True or, if real, symmetric=True",
                got=f"a {system.structure.describe()} matrix",
                fix="declare what holds, or take ilu()",
                fault="structure",
            )
        least = 0.0
        for shift in _SHIFTS:
            found, least = _positive_factors(system.with_diagonal(1 + shift) if shift else system, self.drop)
            if found is not None:
                return found
        raise negative_preconditioner(least, 0)


def _positive_factors(system: System, drop: float) -> tuple[HermitianFactors | None, float]:
    """The factors, None where a pivot is not positive; and the least pivot over the largest."""
    try:
        lu = factors(system, drop, 1, permc_spec="MMD_AT_PLUS_A", drop_rule="basic", **_ALONG_THE_DIAGONAL)
    except SingularMatrixError:
        return None, 0.0
    pivots = np.real(lu.U.diagonal())
    if not np.array_equal(lu.perm_r, lu.perm_c) or not pivots.min() > 0:
        return None, float(pivots.min() / np.abs(pivots).max())
    return HermitianFactors(lu.L, pivots, lu.perm_c), float(pivots.min() / pivots.max())


class HermitianFactors(Prepared):
    """``P A P^T``, nearly ``L D L^H``."""

    def __init__(self, lower: csc_array, pivots: NDArray[np.float64], order: NDArray[np.integer]) -> None:
        # Eliminated again, a triangle stays what it is, and SuperLU's substitution is ten times as fast as SciPy's own.
        self._lower = splu(csc_array(lower), permc_spec="NATURAL", **_ALONG_THE_DIAGONAL)
        self._pivots, self._order = pivots, order
        self.nbytes = int(self._lower.nnz) * (lower.dtype.itemsize + _BYTES_OF_INDEX) + pivots.nbytes

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return M r for each row of r, shape (k, n); nobody transposes what is Hermitian."""
        y = np.empty_like(r)
        y[:, self._order] = r
        z = self._lower.solve(self._lower.solve(y.T) / self._pivots[:, None], "H").T
        return np.ascontiguousarray(z[:, self._order])


def ichol(drop: float = 1e-3) -> Preconditioner:
    """Return an incomplete Cholesky factorization as a preconditioner: for Hermitian positive definite matrices.

    Made from SuperLU's incomplete factors, since no library with wheels has one of its own.

    Parameters
    ----------
    drop : float
        Entries below this fraction of the largest of their column are dropped; the fewer are, the more memory is
        taken, up to that of the whole factorization.

    Returns
    -------
    Preconditioner
        For ``preconditioner=`` of `cg` or `minres`.

    Raises
    ------
    BackendError
        If `drop` is impossible; in the solve, if the matrix is not Hermitian.
    NotPositiveDefiniteError
        In the solve, if pivots are negative however the diagonal is shifted.

    References
    ----------
    Manteuffel, T. A., "An incomplete factorization technique for positive definite linear systems", Math. Comp. 34,
    1980, doi:10.1090/S0025-5718-1980-0559197-0.

    Examples
    --------
    >>> import sparsead
    >>> sparsead.iterative.cg(sparsead.iterative.ichol())
    cg(preconditioner=ichol(), rtol=1e-08)
    """
    return Ichol(drop)
