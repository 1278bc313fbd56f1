"""Minimal residuals for Hermitian matrices, definite or not.

Derivation
----------
Lanczos' recurrence makes M-orthonormal vectors q_j = v_j / gamma_j with
``A Z = V T``, T real and tridiagonal, ``z_j = M q_j`` [1]_. Rotations take T to
a triangle as it grows, so that x moves along one direction w each time, by
which the residual becomes least in the norm of M [2]_::

    delta = z^H A z
    v' = A z - (delta / gamma) v - (gamma / gamma_before) v_before
    gamma' = sqrt(v'^H M v')
    rotation (c', s') takes (delta, gamma') of the new column to (alpha, 0)
    w' = (z - a_1 w - a_2 w_before) / alpha
    x += c' eta w',   eta' = -s' eta

The stopping test is in the 2-norm, in which the residual itself is needed.
With u the last column of the rotations, in the basis of Lanczos,
``u' = -s' u + c' q'`` and r = eta u, hence::

    r' = s'^2 r - (c' eta / alpha) v'

References
----------
.. [1] C. C. Paige, M. A. Saunders, "Solution of sparse indefinite systems of
   linear equations", SIAM J. Numer. Anal. 12, 1975, doi:10.1137/0712047.
.. [2] H. Elman, D. Silvester, A. Wathen, "Finite elements and fast iterative
   solvers", 2nd ed., Oxford, 2014, algorithm 4.1,
   doi:10.1093/acprof:oso/9780199678792.001.0001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sparsead.iterative.failures import negative_preconditioner
from sparsead.iterative.krylov.blocks import dots, norms, times
from sparsead.iterative.krylov.krylov import Krylov
from sparsead.iterative.krylov.watch import kept
from sparsead.iterative.method import Method, method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.krylov.operators import Operators
    from sparsead.iterative.krylov.watch import Watch
    from sparsead.iterative.preconditioners.preconditioner import Preconditioner


_NOTHING = 1e-14  # of the largest entry of the tridiagonal matrix: rounding


@dataclass(frozen=True)
class MinimalResiduals(Krylov):
    """Minimal residuals, right-hand sides in step."""

    name: ClassVar[str] = "minres"
    hermitian: ClassVar[bool] = True

    def correction(self, of: Operators, residual: NDArray[Any], watch: Watch) -> NDArray[Any]:
        """Return the correction; see `Krylov.correction`.

        Raises
        ------
        NotPositiveDefiniteError
            If the preconditioner is not positive definite.
        """
        x, rows = np.zeros_like(residual), np.arange(len(residual))
        r = v = residual
        z = of.precondition(v)
        gamma = eta = _length(v, z, watch)
        v_before, w, w_before = np.zeros((3, *v.shape), v.dtype)
        gamma_before, c, s = np.ones(len(v)), np.ones(len(v)), np.zeros(len(v))
        c_before, largest, s_before = c, 0 * c, 0 * s
        while watch.goes_on():
            z = times(1 / gamma, z)
            product = of.product(z)
            delta = np.real(dots(z, product))
            v_next = product - times(delta / gamma, v) - times(gamma / gamma_before, v_before)
            z_next = of.precondition(v_next)
            gamma_next = _length(v_next, z_next, watch)
            alpha_0 = c * delta - c_before * s * gamma
            alpha = np.hypot(alpha_0, gamma_next)
            largest = np.maximum(largest, np.abs(delta) + gamma_next)
            if (alpha <= _NOTHING * largest).any():
                watch.fault = "a direction that the matrix maps to zero"
                break
            w, w_before = z - times(s_before * gamma, w_before) - times(s * delta + c_before * c * gamma, w), w
            w = times(1 / alpha, w)
            c, c_before, s, s_before = alpha_0 / alpha, c, gamma_next / alpha, s
            x[rows] += times(c * eta, w)
            r = times(s**2, r) - times(c * eta / alpha, v_next)
            eta, gamma, gamma_before, v, v_before, z = -s * eta, gamma_next, gamma, v_next, v, z_next
            goes_on = watch.see(norms(r))
            if not gamma[goes_on].all():
                watch.fault = "the space is exhausted"
                break
            rows, r, v, v_before, z, w, w_before = kept(goes_on, rows, r, v, v_before, z, w, w_before)
            eta, gamma, gamma_before, c, c_before, s, s_before, largest = kept(
                goes_on, eta, gamma, gamma_before, c, c_before, s, s_before, largest
            )
        return x


def _length(v: NDArray[Any], z: NDArray[Any], watch: Watch) -> NDArray[np.float64]:
    """Return the root of v^H M v of each row, zero for rounding; raise where that is negative."""
    squares = np.real(dots(v, z))
    negative = np.flatnonzero(~(squares >= -_NOTHING * norms(v) * norms(z)))
    if negative.size:
        row = int(negative[0])
        raise negative_preconditioner(float(squares[row] / np.real(np.vdot(v[row], v[row]))), watch.iteration + 1)
    return np.sqrt(np.maximum(squares, 0))


def minres(
    preconditioner: Preconditioner | None = None,
    *,
    rtol: float = 1e-8,
    adjoint_rtol: float | None = None,
    max_iterations: int | None = None,
    warm_start: bool = False,
) -> Method:
    """Return the method of minimal residuals: for Hermitian matrices that need not be definite.

    Parameters
    ----------
    preconditioner : Preconditioner, optional
        Hermitian and positive definite, also where the matrix is not. By default `jacobi`.
    rtol, adjoint_rtol, max_iterations, warm_start
        As in `cg`.

    Returns
    -------
    Method
        For ``method=`` of `solve` and `fem.solve`.

    Raises
    ------
    BackendError, ConvergenceError, StructureError
        As for `cg`.
    NotPositiveDefiniteError
        In the solve, if the preconditioner is not positive definite.

    References
    ----------
    Paige, C. C., and Saunders, M. A., "Solution of sparse indefinite systems of linear equations", SIAM J. Numer.
    Anal. 12, 1975, doi:10.1137/0712047.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> A = sp.diags([np.array([2.0, -4.0])], symmetric=True)
    >>> sp.solve(A, np.array([2.0, 8.0]), method=sparsead.iterative.minres())
    array([ 1., -2.])
    """
    return method(MinimalResiduals(), preconditioner, rtol, adjoint_rtol, max_iterations, warm_start)
