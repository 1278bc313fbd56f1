"""Biconjugate gradients, stabilized.

Derivation
----------
Two-sided conjugate directions without products by the transpose: each step of
biconjugate gradients, along p against the first residual r_0, is followed by
one of steepest descent of the residual, along the rest s [1]_. With the
preconditioner right of A the residual is that of the system itself::

    beta = (r_0^H r / r_0^H r_before) (alpha / omega)
    p = r + beta (p - omega v),   v = A M p
    alpha = r_0^H r / r_0^H v
    s = r - alpha v,   t = A M s
    omega = t^H s / t^H t
    x += alpha M p + omega M s,   r = s - omega t

Short recurrences, no minimum: the residual may rise, and where one of the inner
products vanishes beside its vectors there is no next step. Then the loop comes
back, and begins again from the true residual with another r_0.

References
----------
.. [1] H. A. van der Vorst, "Bi-CGSTAB: a fast and smoothly converging variant
   of Bi-CG for the solution of nonsymmetric linear systems", SIAM J. Sci. Stat.
   Comput. 13, 1992, doi:10.1137/0913035.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sparsead.iterative.krylov.blocks import dots, norms, times
from sparsead.iterative.krylov.krylov import Krylov
from sparsead.iterative.krylov.watch import kept
from sparsead.iterative.method import Method, method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.krylov.operators import Operators
    from sparsead.iterative.krylov.watch import Watch
    from sparsead.iterative.preconditioners.preconditioner import Preconditioner

_VANISHES = 1e-15  # beside the norms of its two vectors


@dataclass(frozen=True)
class StabilizedBiconjugateGradients(Krylov):
    """Biconjugate gradients stabilized, right-hand sides in step."""

    name: ClassVar[str] = "bicgstab"

    def correction(self, of: Operators, residual: NDArray[Any], watch: Watch) -> NDArray[Any]:
        """Return the correction until it is small enough or breaks down; see `Krylov.correction`."""
        x, rows = np.zeros_like(residual), np.arange(len(residual))
        shadow = r = p = residual
        rho = dots(shadow, r)
        while watch.goes_on():
            p_hat = of.precondition(p)
            v = of.product(p_hat)
            along = dots(shadow, v)
            if _vanishes("r_0^H v", along, shadow, v, watch):
                break
            alpha = rho / along
            s = r - times(alpha, v)
            s_hat = of.precondition(s)
            t = of.product(s_hat)
            squares = np.real(dots(t, t))
            omega = np.where(squares > 0, dots(t, s) / np.where(squares > 0, squares, 1), 0)
            x[rows] += times(alpha, p_hat) + times(omega, s_hat)
            r = s - times(omega, t)
            goes_on = watch.see(norms(r))
            rows, r, p, v, s, t, shadow, rho, alpha, omega = kept(
                goes_on, rows, r, p, v, s, t, shadow, rho, alpha, omega
            )
            before, rho = rho, dots(shadow, r)
            if _vanishes("r_0^H r", rho, shadow, r, watch) or _vanishes("t^H s", omega * norms(t) ** 2, t, s, watch):
                break
            p = r + times(rho / before * (alpha / omega), p - times(omega, v))
        return x


def _vanishes(name: str, products: NDArray[Any], a: NDArray[Any], b: NDArray[Any], watch: Watch) -> bool:
    """Return whether an inner product of a row vanishes, and tell the watch."""
    relative = np.abs(products) / (norms(a) * norms(b))
    if (relative > _VANISHES).all():
        return watch.lost(products)
    share = np.nan_to_num(relative).min()
    watch.fault = f"breakdown in iteration {watch.iteration}: {name} is {share:.1e} of its norms"
    return True


def bicgstab(
    preconditioner: Preconditioner | None = None,
    *,
    rtol: float = 1e-8,
    adjoint_rtol: float | None = None,
    max_iterations: int | None = None,
    warm_start: bool = False,
) -> Method:
    """Return stabilized biconjugate gradients as a method: for any matrix, in the memory of eight vectors.

    Each iteration takes two products with the matrix and two applications of the preconditioner.

    Parameters
    ----------
    preconditioner : Preconditioner, optional
        Any that is linear. By default `jacobi`.
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
        In the solve, if the tolerance is not reached, or the method breaks down and a new start does not help.

    References
    ----------
    van der Vorst, H. A., "Bi-CGSTAB: a fast and smoothly converging variant of Bi-CG for the solution of
    nonsymmetric linear systems", SIAM J. Sci. Stat. Comput. 13, 1992, doi:10.1137/0913035.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> A = sp.coo([0, 0, 1], [0, 1, 1], np.array([2.0, 1.0, 4.0]), (2, 2))
    >>> sp.solve(A, np.array([4.0, 8.0]), method=sparsead.iterative.bicgstab()).round(9)
    array([1., 2.])
    """
    return method(StabilizedBiconjugateGradients(), preconditioner, rtol, adjoint_rtol, max_iterations, warm_start)
