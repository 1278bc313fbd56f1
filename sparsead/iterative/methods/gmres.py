"""Generalized minimal residuals, restarted.

Derivation
----------
Arnoldi's recurrence makes an orthonormal basis V of the space of the residual
and its images under A M, with ``A M V = V_+ H``, H of Hessenberg's form. The
correction ``M V y`` that leaves the least residual has y from the small least
squares problem ``|H y - |r| e_1|``, which rotations keep triangular as it
grows, and whose residual they give without computing x [1]_. The
preconditioner stands right of A, so that this residual is that of the system
itself. After `restart` steps the basis is given up and the next begins from
the true residual.

Each image is orthogonalized twice: once by projection on the whole basis
leaves an error that the second removes to rounding [2]_.

References
----------
.. [1] Y. Saad, M. H. Schultz, "GMRES: a generalized minimal residual algorithm
   for solving nonsymmetric linear systems", SIAM J. Sci. Stat. Comput. 7, 1986,
   doi:10.1137/0907058.
.. [2] L. Giraud, J. Langou, M. Rozloznik, J. van den Eshof, "Rounding error
   analysis of the classical Gram-Schmidt orthogonalization process", Numer.
   Math. 101, 2005, doi:10.1007/s00211-005-0615-4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy.linalg import solve_triangular

from sparsead.iterative.krylov.blocks import norms, times
from sparsead.iterative.krylov.krylov import Krylov
from sparsead.iterative.method import Method, method
from sparsead.iterative.preconditioners.preconditioner import check_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.krylov.operators import Operators
    from sparsead.iterative.krylov.watch import Watch
    from sparsead.iterative.preconditioners.preconditioner import Preconditioner


@dataclass(frozen=True)
class GeneralizedMinimalResiduals(Krylov):
    """One basis between restarts, right-hand sides in step."""

    restart: int

    name: ClassVar[str] = "gmres"

    def __post_init__(self) -> None:
        check_count("restart", self.restart)

    def correction(self, of: Operators, residual: NDArray[Any], watch: Watch) -> NDArray[Any]:
        """Return the correction of one basis; see `Krylov.correction`."""
        (k, n), length = residual.shape, norms(residual)
        basis = np.empty((k, self.restart + 1, n), residual.dtype)
        basis[:, 0] = times(1 / length, residual)
        small = _LeastSquares(length, self.restart, residual.dtype)
        step, rows = 0, watch.live
        while watch.goes_on() and step < self.restart:
            image = of.product(of.precondition(basis[:, step]))
            sizes = norms(image)
            column, image = _orthogonalized(basis[:, : step + 1], image)
            rest = norms(image)
            rest = np.where(rest > _LOST * sizes, rest, 0)  # the space holds the solution: there is no next vector
            basis[:, step + 1] = times(np.where(rest > 0, 1 / np.where(rest > 0, rest, 1), 0), image)
            residuals = small.add(column, rest)
            watch.see(residuals[np.isin(rows, watch.live)])
            step += 1
        return of.precondition(np.einsum("kj,kjn->kn", small.solution(), basis[:, :step]))


_LOST = 1e-14  # of an image: what orthogonalization leaves of it is rounding


def _orthogonalized(basis: NDArray[Any], image: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return coefficients of the image in the basis, shape (k, j), and what remains of it, shape (k, n)."""
    total: Any = 0
    for _ in range(2):
        part = np.conj(basis @ np.conj(image)[:, :, None])[:, :, 0]
        image = image - (part[:, None, :] @ basis)[:, 0]
        total = total + part
    return total, image


class _LeastSquares:
    """``min |H y - |r| e_1|`` for each right-hand side, triangular by rotations as columns come."""

    def __init__(self, length: NDArray[np.float64], size: int, dtype: np.dtype[Any]) -> None:
        self._triangle = np.zeros((len(length), size, size), dtype)
        self._right = np.zeros((len(length), size + 1), dtype)
        self._right[:, 0] = length
        self._rotations: list[tuple[NDArray[Any], NDArray[Any]]] = []

    def add(self, column: NDArray[Any], below: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add a column of H and the entry below it; return the norms of the residuals, shape (k,)."""
        j = len(self._rotations)
        column = column.copy()
        for i, (c, s) in enumerate(self._rotations):
            upper, lower = column[:, i].copy(), column[:, i + 1].copy()
            column[:, i], column[:, i + 1] = c * upper + s * lower, c * lower - np.conj(s) * upper
        last = column[:, j]
        size = np.hypot(np.abs(last), below)
        safe = np.where(size > 0, size, 1)
        phase = np.where(last == 0, 1, last / np.where(last == 0, 1, np.abs(last)))
        c, s = np.where(size > 0, np.abs(last) / safe, 1), phase * below / safe
        self._rotations.append((c, s))
        column[:, j] = np.where(size > 0, phase * size, 1)
        self._triangle[:, : j + 1, j] = column
        self._right[:, j + 1] = -np.conj(s) * self._right[:, j]
        self._right[:, j] = c * self._right[:, j]
        return np.abs(self._right[:, j + 1])

    def solution(self) -> NDArray[Any]:
        """Return y, shape (k, j)."""
        j = len(self._rotations)
        pairs = zip(self._triangle[:, :j, :j], self._right[:, :j], strict=True)
        return np.stack([solve_triangular(triangle, right, check_finite=False) for triangle, right in pairs])


def gmres(
    preconditioner: Preconditioner | None = None,
    *,
    restart: int = 50,
    rtol: float = 1e-8,
    adjoint_rtol: float | None = None,
    max_iterations: int | None = None,
    warm_start: bool = False,
) -> Method:
    """Return the method of generalized minimal residuals: for any matrix.

    Parameters
    ----------
    preconditioner : Preconditioner, optional
        Any that is linear. By default `jacobi`.
    restart : int
        Vectors of the basis, which are kept: ``8 restart n`` bytes for each right-hand side. A few more may save
        many iterations.
    rtol, adjoint_rtol, max_iterations, warm_start
        As in `cg`.

    Returns
    -------
    Method
        For ``method=`` of `solve` and `fem.solve`.

    Raises
    ------
    BackendError
        If an option is impossible.
    ConvergenceError
        In the solve, if the tolerance is not reached, or a basis no longer makes the residual smaller.

    References
    ----------
    Saad, Y., and Schultz, M. H., "GMRES: a generalized minimal residual algorithm for solving nonsymmetric linear
    systems", SIAM J. Sci. Stat. Comput. 7, 1986, doi:10.1137/0907058.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> A = sp.coo([0, 0, 1], [0, 1, 1], np.array([2.0, 1.0, 4.0]), (2, 2))
    >>> sp.solve(A, np.array([4.0, 8.0]), method=sparsead.iterative.gmres()).round(9)
    array([1., 2.])
    """
    krylov = GeneralizedMinimalResiduals(restart)
    return method(krylov, preconditioner, rtol, adjoint_rtol, max_iterations, warm_start)
