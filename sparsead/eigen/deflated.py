"""Solve the bordered systems of eigenpairs, all with the one factorization of the shift.

For a pair (lambda, v) and a right-hand side (g, f) the system of `sparsead.rules.bordered` is::

    (K - lambda M) x - mu M v = f
                     - v M x  = g

With all computed pairs (lambda_j, v_j) at hand x splits into what they span and a rest, M-orthogonal to them::

    mu  = - v . f                                    the first row times v
    c_i = - g,   c_j = v_j . f / (lambda_j - lambda)
    x   = sum_j c_j v_j + w
    (K - lambda M) w = f - sum_j (v_j . f) M v_j

Members of a repeated eigenvalue get ``c_j = 0``: a choice of gauge, which derivatives that exist do not see.
The system of w is singular along v only, and w has nothing of it. Times ``S = (K - sigma M)^-1``::

    T w = S (...),   T = I - (lambda - sigma) S M

T is symmetric in the inner product of M, and on the complement of the pairs its eigenvalues are
``1 - (lambda - sigma) / (lambda_j - sigma)`` of pairs j that were not computed: since those are farther from the shift,
all lie between 0 and 2, for definite and indefinite shifts alike. So conjugate gradients in the inner product of M
converge, fast for all but the pairs next to those left out. All right-hand sides go in step: one solve with many
columns for each iteration, whichever lambda they belong to. To solve each bordered system directly [1]_ [2]_ would take
one factorization a pair.

References
----------
.. [1] R. B. Nelson, "Simplified calculation of eigenvector derivatives", AIAA Journal 14, 1976, doi:10.2514/3.7211.
.. [2] I. W. Lee, G. H. Jung, "An efficient algebraic method for the computation of natural frequency and mode shape
   sensitivities", Computers & Structures 62, 1997, doi:10.1016/S0045-7949(96)00206-4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import ConvergenceError
from sparsead.factors.store import factor_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.pencil import Pencil

_SPANNED = 1e-14  # of f: what rounding leaves of a right-hand side that the pairs span
_TOLERANCE = 1e-14  # wanted; rounding may end the iteration before
_GOOD_ENOUGH = 1e-8
_PATIENCE = 8  # iterations without progress
_LONGEST = 300


class Pairs:
    """Computed pairs of a pencil: what bordered systems are solved with.

    Parameters
    ----------
    pencil : Pencil
        K, M and the factorized shift.
    values : array, shape (k,)
        Eigenvalues, ascending.
    vectors : array, shape (k, n)
        Their vectors, M-orthonormal.
    together : bool array, shape (k, k)
        Which pairs count as one repeated eigenvalue.
    """

    def __init__(self, pencil: Pencil, values: NDArray[Any], vectors: NDArray[Any], together: NDArray[Any]) -> None:
        self._pencil, self._values, self._vectors = pencil, values, vectors
        self._massed = pencil.times_mass(vectors)
        gaps = values[None, :] - values[:, None]
        apart = ~together & ~np.eye(len(values), dtype=bool)
        self._over_gaps = np.where(apart, 1 / np.where(apart, gaps, 1.0), 0.0)

    def solve(self, g: NDArray[Any], f: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return mu, shape (k,), and x, shape (k, n), for one right-hand side of each pair."""
        along = f @ self._vectors.T
        coefficients = along * self._over_gaps
        np.fill_diagonal(coefficients, -g)
        rest = f - along @ self._massed
        return -np.diagonal(along), coefficients @ self._vectors + self._complement(rest, f)

    def _complement(self, rest: NDArray[Any], f: NDArray[Any]) -> NDArray[Any]:
        """Return w; rows without a rest beyond rounding cost nothing."""
        norms = np.linalg.norm
        active = np.flatnonzero(norms(rest, axis=1) > _SPANNED * norms(f, axis=1))
        w = np.zeros_like(rest)
        if len(active):
            values, rest = self._values[active], rest[active]
            w[active] = self._conjugate_gradients(values, self._off(self._pencil.deflated_rest(rest)))
            if not self._pencil.masses.all():  # what has no mass the iteration does not see
                w[active] += self._off(self._pencil.deflated_rest(rest) - self._pencil.deflated(values, w[active]))
        return w

    def _conjugate_gradients(self, values: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """Solve T w = b, one eigenvalue for each row."""
        w, r, p = np.zeros_like(b), b.copy(), b.copy()
        rho = self._inner(r, r)
        first, best, waited = rho.copy(), rho.copy(), np.zeros(len(b), int)
        going = np.flatnonzero(rho > 0)
        for _ in range(_LONGEST):
            if not len(going):
                break
            factor_cache.tally("iterations")
            step = p[going]
            image = self._off(self._pencil.deflated(values[going], step))
            alpha = rho[going] / self._inner(step, image)
            w[going] += alpha[:, None] * step
            r[going] -= alpha[:, None] * image
            after = self._inner(r[going], r[going])
            p[going] = r[going] + (after / rho[going])[:, None] * step
            waited[going] = np.where(after < 0.5 * best[going], 0, waited[going] + 1)
            best[going], rho[going] = np.minimum(best[going], after), after
            done = (rho <= _TOLERANCE**2 * first) | (waited >= _PATIENCE)
            going = going[~done[going]]
        reached = np.sqrt(best / np.where(first > 0, first, 1.0))
        if (reached > _GOOD_ENOUGH).any():
            raise _slow(reached)
        return w

    def _off(self, x: NDArray[Any]) -> NDArray[Any]:
        """Take off what the pairs span."""
        return x - (x @ self._massed.T) @ self._vectors

    def _inner(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return np.einsum("kn,kn->k", x, self._pencil.times_mass(y))


def _slow(reached: NDArray[Any]) -> ConvergenceError:
    worst = int(reached.argmax())
    return ConvergenceError(
        "the derivative of an eigenvector did not converge",
        expected=f"a residual below {_GOOD_ENOUGH:g}",
        got=f"{reached[worst]:.1e} of right-hand side {worst}",
        fix="pass a larger k: the last eigenvalue is too near to the next one, which was left out",
        residuals=tuple(map(float, reached)),
    )
