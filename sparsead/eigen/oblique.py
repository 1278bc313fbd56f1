"""Solve the bordered systems of right and left eigenvectors, all with the one factorization of the shift.

For a triple (lambda, v, y) whose vectors have one entry that is 1, that of v at place j, and a right-hand side (g, f),
the systems of `sparsead.rules.two_sided` are ::

    x_j = g,          (A - lambda M) x - mu M v = f                       B (mu, x)
    -(M v) . w = g,   (A - lambda M)^T w + nu e_j = f                     B^T (nu, w)

The first times y, the second times v, give mu and nu; what is left is singular along v, or y, alone::

    mu = - y f / (y M v)        (A - lambda M) x = f + mu M v,       x += (g - x_j) v
    nu = v f                    (A - lambda M)^T w = f - nu e_j,     w -= (g + (M v) w) / (y M v) y

With all computed triples at hand the solution splits into what their vectors span and a rest, of which y_i M x = 0::

    x = sum_i v_i (y_i f) / ((lambda_i - lambda) y_i M v_i) + rest,    i unlike the own
    T rest = S (f - sum_i M v_i (y_i f) / (y_i M v_i)),                T = I - (lambda - sigma) S M

The eigenvalues of T on the rest are ``1 - (lambda - sigma) / (lambda_i - sigma)`` of pairs that were not computed: they
lie within a circle around 1 that does not hold 0, so that GMRES converges, fast for all but the pairs next to those
left out. For left vectors everything is transposed, and y and v change places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, gmres

from sparsead.eigen.triples import leading
from sparsead.errors import ConvergenceError
from sparsead.factors.store import factor_cache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.general import GeneralPencil, Trans

_SPANNED = 1e-14  # of f: what rounding leaves of a right-hand side that the vectors span
_TOLERANCE = 1e-14  # wanted; rounding may end the iteration before
_GOOD_ENOUGH = 1e-8
_CYCLE = 50  # iterations
_CYCLES = 6
_PROGRESS = 0.5  # in a cycle, or it was the last


class Side:
    """Bordered systems of right vectors, with trans "N", or of left ones, with "T".

    Parameters
    ----------
    pencil : GeneralPencil
        A, M and the factorized shift.
    values : array, shape (k,)
        Eigenvalues.
    own, other : array, shape (k, n)
        Vectors of this side and of the other, one entry of each 1.
    trans : {"N", "T"}
        Which side.
    """

    def __init__(
        self, pencil: GeneralPencil, values: NDArray[Any], own: NDArray[Any], other: NDArray[Any], trans: Trans
    ) -> None:
        self._values, self._own, self._other = values, own, other
        self._massed = pencil.times_mass(own, trans)
        self._products = np.einsum("kn,kn->k", other, self._massed)
        self._at = np.arange(len(own)), leading(own)
        back: Trans = "T" if trans == "N" else "N"
        self._forward = _Deflated(pencil, values, own, other, trans)
        self._backward = _Deflated(pencil, values, other, own, back)

    def solve(self, g: NDArray[Any], f: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return mu, shape (k,), and x, shape (k, n), for one right-hand side of each pair."""
        mu = -np.einsum("kn,kn->k", self._other, f) / self._products
        x = self._forward.solve(f + mu[:, None] * self._massed, f)
        return mu, x + (g - x[self._at])[:, None] * self._own

    def solve_transposed(self, g: NDArray[Any], f: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return nu, shape (k,), and w, shape (k, n), for one right-hand side of each pair."""
        nu = np.einsum("kn,kn->k", self._own, f)
        rest = f.copy()
        rest[self._at] -= nu
        w = self._backward.solve(rest, f)
        excess = (g + np.einsum("kn,kn->k", self._massed, w)) / self._products
        return nu, w - excess[:, None] * self._other


class _Deflated:
    """``(A - lambda M) x = r`` where r has nothing along the own pair, and x is given none; or all of it transposed."""

    def __init__(
        self, pencil: GeneralPencil, values: NDArray[Any], own: NDArray[Any], other: NDArray[Any], trans: Trans
    ) -> None:
        self._pencil, self._values, self._trans = pencil, values, trans
        self._own, self._other = own, other
        self._massed = pencil.times_mass(own, trans)
        self._products = np.einsum("kn,kn->k", other, self._massed)
        gaps = values[None, :] - values[:, None]
        apart = ~np.eye(len(values), dtype=bool)
        self._over_gaps = np.where(apart, 1 / np.where(apart, gaps, 1.0), 0.0)

    def solve(self, r: NDArray[Any], f: NDArray[Any]) -> NDArray[Any]:
        """Return x, shape (k, n); a rest of r that is rounding beside f costs nothing."""
        along = (r @ self._other.T) / self._products
        x = (along * self._over_gaps) @ self._own
        rest = r - along @ self._massed
        norms = np.linalg.norm
        active = np.flatnonzero(norms(rest, axis=1) > _SPANNED * norms(f, axis=1))
        if len(active):
            b = self._off(self._pencil.solve(rest[active], self._trans))
            for row, right in zip(active, b, strict=True):
                x[row] += self._complement(self._values[row], right)
        return x

    def _complement(self, value: complex, b: NDArray[Any]) -> NDArray[Any]:
        pencil, trans = self._pencil, self._trans

        def times(x: NDArray[Any]) -> NDArray[Any]:
            factor_cache.tally("iterations")
            row = x.reshape(1, -1)
            moved = pencil.solve(pencil.times_mass(row, trans), trans)
            return self._off(row - (value - pencil.sigma) * moved)[0]

        operator = LinearOperator((pencil.n, pencil.n), matvec=times, dtype=np.complex128)
        x, rest, size = np.zeros_like(b), b, float(np.linalg.norm(b)) or 1.0
        reached = 1.0
        for _ in range(_CYCLES):
            more, _ = gmres(operator, rest, rtol=0.0, atol=_TOLERANCE * size, restart=_CYCLE, maxiter=1)
            following = b - times(x + more)
            before, after = reached, float(np.linalg.norm(following)) / size
            if after < before:
                x, rest, reached = x + more, following, after
            if reached <= _TOLERANCE or not after < _PROGRESS * before:
                break
        if not reached <= _GOOD_ENOUGH:
            raise ConvergenceError(
                "the derivative of an eigenvector did not converge",
                expected=f"a residual below {_GOOD_ENOUGH:g}",
                got=f"{reached:.1e} for lambda = {value:.9g}",
                fix="pass a larger k: the last eigenvalue is too near to the next one, which was left out",
                residuals=(reached,),
            )
        return np.asarray(self._off(x[None])[0])

    def _off(self, x: NDArray[Any]) -> NDArray[Any]:
        """Take off what the computed vectors span."""
        massed = self._pencil.times_mass(x, self._trans)
        return x - ((massed @ self._other.T) / self._products) @ self._own
