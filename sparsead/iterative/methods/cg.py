"""Conjugate gradients.

Derivation
----------
For Hermitian positive definite A, the x that minimises the energy
``x^H A x / 2 - Re b^H x`` over ever larger spaces spanned by A-conjugate
directions p [1]_, with a preconditioner M, which applies to residuals [2]_::

    z = M r
    alpha = r^H z / p^H A p            the least energy along p
    x += alpha p,   r -= alpha A p
    beta = (r - r_before)^H z / (r_before^H z_before)
    p = z + beta p

The beta of Polak and Ribiere equals that of Fletcher and Reeves,
``r^H z / r_before^H z_before``, where M is Hermitian and always the same; where
it is nearly so, it keeps the directions conjugate [3]_. It costs one inner product.

``p^H A p`` is the curvature of the energy along p. A curvature that is not
positive proves that A is not positive definite.

References
----------
.. [1] M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving
   linear systems", J. Res. Natl. Bur. Stand. 49, 1952, doi:10.6028/jres.049.044.
.. [2] Y. Saad, "Iterative methods for sparse linear systems", 2nd ed., SIAM,
   2003, section 9.2, doi:10.1137/1.9780898718003.
.. [3] Y. Notay, "Flexible conjugate gradients", SIAM J. Sci. Comput. 22, 2000,
   doi:10.1137/S1064827599362314.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sparsead.iterative.failures import negative_curvature, negative_preconditioner
from sparsead.iterative.krylov.blocks import dots, norms, times
from sparsead.iterative.krylov.krylov import Krylov
from sparsead.iterative.krylov.watch import kept
from sparsead.iterative.method import Method, method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.iterative.krylov.operators import Operators
    from sparsead.iterative.krylov.watch import Watch
    from sparsead.iterative.preconditioners.preconditioner import Preconditioner


@dataclass(frozen=True)
class ConjugateGradients(Krylov):
    """Conjugate gradients with a flexible beta, right-hand sides in step."""

    name: ClassVar[str] = "cg"
    hermitian: ClassVar[bool] = True
    definite: ClassVar[bool] = True

    def correction(self, of: Operators, residual: NDArray[Any], watch: Watch) -> NDArray[Any]:
        """Return the correction; see `Krylov.correction`.

        Raises
        ------
        NotPositiveDefiniteError
            If a direction has no positive curvature: matrix or preconditioner are not positive definite.
        """
        x, rows = np.zeros_like(residual), np.arange(len(residual))
        r = residual
        z = of.precondition(r)
        p, energy = z, _energy(r, z, watch)
        while watch.goes_on():
            q = of.product(p)
            alpha = energy / _curvature(p, q, watch)
            if watch.lost(alpha):
                break
            x[rows] += times(alpha, p)
            before, r = r, r - times(alpha, q)
            goes_on = watch.see(norms(r))
            rows, r, before, p, energy = kept(goes_on, rows, r, before, p, energy)
            if not watch.goes_on():
                break
            z = of.precondition(r)
            beta = (dots(r, z) - dots(before, z)) / energy
            energy = _energy(r, z, watch)
            p = z + times(beta, p)
        return x


def _curvature(p: NDArray[Any], q: NDArray[Any], watch: Watch) -> NDArray[np.float64]:
    """Return p^H A p of each row; raise where one is not positive."""
    curvature = np.real(dots(p, q))
    wrong = np.flatnonzero(curvature <= 0)
    if wrong.size:
        row = int(wrong[0])
        relative = curvature[row] / np.real(np.vdot(p[row], p[row]))
        raise negative_curvature(float(relative), int(np.argmax(np.abs(p[row]))), watch.iteration + 1)
    return curvature


def _energy(r: NDArray[Any], z: NDArray[Any], watch: Watch) -> NDArray[np.float64]:
    """Return r^H M r of each row; raise where one is not positive."""
    energy = np.real(dots(r, z))
    wrong = np.flatnonzero(energy <= 0)
    if wrong.size:
        row = int(wrong[0])
        relative = energy[row] / np.real(np.vdot(r[row], r[row]))
        raise negative_preconditioner(float(relative), watch.iteration + 1)
    return energy


def cg(
    preconditioner: Preconditioner | None = None,
    *,
    rtol: float = 1e-8,
    adjoint_rtol: float | None = None,
    max_iterations: int | None = None,
    warm_start: bool = False,
) -> Method:
    """Return conjugate gradients as a method: for Hermitian positive definite matrices.

    Right-hand sides iterate in step, one product with the matrix for all of them; each stops when its own residual
    is small enough. Solutions depend on the others that go with them as little as on rounding.

    Parameters
    ----------
    preconditioner : Preconditioner, optional
        What nearly solves; Hermitian and positive definite. By default `jacobi`.
    rtol : float
        A solution has ``|b - A x| <= rtol |b|`` in the 2-norm, measured at the end, each right-hand side by itself.
    adjoint_rtol : float, optional
        The same for solves that carry a derivative back; by default `rtol`.
    max_iterations : int, optional
        By default ten times the unknowns, 10,000 at most.
    warm_start : bool
        Begin with a multiple of an earlier solution of a matrix of the same pattern. Solutions, within the
        tolerance, then depend on what was solved before.

    Returns
    -------
    Method
        For ``method=`` of `solve` and `fem.solve`; a value: equal ones share their set-ups in the factor store.

    Raises
    ------
    BackendError
        If an option is impossible; in the solve, if the matrix is not declared Hermitian.
    ConvergenceError
        In the solve, if the tolerance is not reached; has the residuals.
    NotPositiveDefiniteError
        In the solve, if a direction of no positive curvature is met.
    StructureError
        In the solve, if the preconditioner is not Hermitian.

    References
    ----------
    Saad, Y., "Iterative Methods for Sparse Linear Systems", 2nd ed., SIAM, 2003, doi:10.1137/1.9780898718003.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> K = sp.diags([np.array([2.0, 4.0])], positive_definite=True)
    >>> sp.solve(K, np.array([2.0, 8.0]), method=sparsead.iterative.cg(rtol=1e-10))
    array([1., 2.])
    """
    return method(ConjugateGradients(), preconditioner, rtol, adjoint_rtol, max_iterations, warm_start)
