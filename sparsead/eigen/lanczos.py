"""Eigenpairs nearest to the shift, by ARPACK's Lanczos on S M; M-orthonormal, in ascending order, signs fixed.

The pairs of ``K v = lambda M v`` are those of ``S M v = nu v`` with ``S = (K - sigma M)^-1`` and
``lambda = sigma + 1 / nu``: the nearest to the shift have the largest nu and come first [1]_. Where M is singular its
null space has ``nu = 0``, no finite eigenvalue, and is never met: the start lies in the range of S M.

References
----------
.. [1] T. Ericsson, A. Ruhe, "The spectral transformation Lanczos method for the numerical solution of large sparse
   generalized symmetric eigenvalue problems", Math. Comp. 35, 1980, doi:10.1090/S0025-5718-1980-0583502-2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator
from scipy.sparse.linalg import eigsh as arpack

from sparsead.errors import ConvergenceError, NotPositiveDefiniteError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.pencil import Pencil

_FEW_UNKNOWNS = 48  # below, the full matrices are quicker than a start of ARPACK
_NO_MASS = 1e-12  # of the largest eigenvalue of M: what rounding makes of its null space
_FAR = 1e-4  # of the largest nu: below, rounding has taken so many digits
_KNOWN = 1e-13  # of the largest nu: smaller ones may be zeros
_CANCELLED = 1e-11  # of the terms of v M v: nothing is left but rounding
_ORTHOGONAL = 1e-11  # V M V^T - 1: ARPACK leaves 1e-14
# Entries this close to the largest count as equal to it: the choice of the sign must not hang on rounding.
_LARGE = 0.99


def nearest(pencil: Pencil, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the pairs nearest to the shift.

    Parameters
    ----------
    pencil : Pencil
        K, M and the shift.
    count : int
        How many, at most n.

    Returns
    -------
    values : array, shape (count,)
        Eigenvalues, ascending; fewer if M allows no more. Unit: [K] / [M].
    vectors : array, shape (count, n)
        Eigenvectors, one a row: ``v M v = 1``; the first of the largest entries is positive. Unit: [M]^-1/2.

    Raises
    ------
    ConvergenceError
        If ARPACK does not converge.
    NotPositiveDefiniteError
        If a vector has no positive mass.
    """
    values, vectors = _by_full_matrices(pencil, count) if is_small(pencil, count) else _by_lanczos(pencil, count)
    if len(values) < min(count, pencil.options.k):
        raise _too_many(pencil, len(values))
    values, vectors = _orthonormal(pencil, values, vectors)
    order = np.argsort(values, kind="stable")
    return values[order], _signed(vectors[order])


def is_small(pencil: Pencil, count: int) -> bool:
    """Return whether all pairs are computed, from full matrices, so that none can be missed."""
    return int(np.count_nonzero(pencil.masses)) <= max(_FEW_UNKNOWNS, 2 * count)


def _by_lanczos(pencil: Pencil, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    def product(matrix: Any) -> LinearOperator:
        return LinearOperator(matrix.shape, matvec=lambda x: matrix @ x, dtype=np.float64)

    stiffness, mass = product(pencil.stiffness), product(pencil.mass)
    try:
        values, vectors = arpack(stiffness, count, mass, maxiter=pencil.options.maxiter, **pencil.lanczos())
    except ArpackNoConvergence as error:
        raise _not_converged(pencil, count, error) from error
    except ArpackError as error:
        raise ConvergenceError(
            "Lanczos iteration failed",
            expected=f"{count} eigenvalues {pencil.wanted}",
            got=str(error),
            fix="pass another sigma, and check the values of K and M",
        ) from error
    if _uses_up_mass(pencil, vectors.T):
        return _by_full_matrices(pencil, count)
    return _far_apart(pencil, values, vectors.T)


def _by_full_matrices(pencil: Pencil, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """With ``M = R R^T``: ``R^T S R y = nu y`` and ``v = S R y``; rows without mass are rows of zeros in M."""
    there = np.flatnonzero(pencil.masses)
    masses, axes = np.linalg.eigh(pencil.mass[there][:, there].toarray())
    if masses[0] < -_NO_MASS * masses[-1]:
        raise _negative_mass(f"an eigenvalue {masses[0]:.6g} of M, beside the largest {masses[-1]:.6g}")
    positive = masses > _NO_MASS * masses[-1]
    pencil.check_rank(int(np.count_nonzero(positive)))
    if pencil.options.sigma == np.inf:
        values, vectors = eigh(pencil.stiffness.toarray(), pencil.mass.toarray())
        return values[-count:], vectors.T[-count:]
    root = np.zeros((np.count_nonzero(positive), pencil.n))
    root[:, there] = (axes[:, positive] * np.sqrt(masses[positive])).T
    moved = pencil.solve(root)
    small = moved @ root.T
    nu, y = eigh((small + small.T) / 2)
    order, size = np.argsort(-np.abs(nu), kind="stable"), np.abs(nu)
    known = order[: max(count, np.count_nonzero(size > _KNOWN * size.max()))]
    values, vectors = _far_apart(pencil, pencil.sigma + 1 / nu[known], y[:, known].T @ moved)
    chosen = np.argsort(pencil.distances(values), kind="stable")[:count]
    return values[chosen], vectors[chosen]


def _far_apart(pencil: Pencil, values: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Compute once more those pairs that lie much farther from the shift than others.

    S M has their small nu to the rounding of the largest, and mixes into their vectors what is nearest to the shift, as
    rigid motions. That is taken off, and K itself, on what is left of their span, has them to its own rounding.
    """
    if pencil.sigma == np.inf:
        return values, vectors
    distances = np.abs(values - pencil.sigma)
    far = distances * _FAR > distances.min()
    if far.any():
        near = vectors[~far] / np.sqrt(_squares(pencil, vectors[~far]))[:, None]
        span = vectors[far] / np.sqrt(_squares(pencil, vectors[far]))[:, None]
        span = span - (span @ pencil.times_mass(near).T) @ near
        small, gram = (span @ times(span).T for times in (pencil.times_stiffness, pencil.times_mass))
        values[far], y = eigh((small + small.T) / 2, (gram + gram.T) / 2)
        vectors[far] = y.T @ span
    return values, vectors


def _uses_up_mass(pencil: Pencil, vectors: NDArray[Any]) -> bool:
    """Return whether some of the vectors are made of rounding: the range of M has no more, and M is of low rank."""
    size = np.abs(vectors)
    mass = np.einsum("kn,kn->k", vectors, pencil.times_mass(vectors))
    return bool((np.abs(mass) <= _CANCELLED * np.einsum("kn,nk->k", size, abs(pencil.mass) @ size.T)).any())


def _squares(pencil: Pencil, vectors: NDArray[Any]) -> NDArray[Any]:
    """Return v M v of each.

    Raises
    ------
    NotPositiveDefiniteError
        If one is not positive.
    """
    squares = np.einsum("kn,kn->k", vectors, pencil.times_mass(vectors))
    if not squares.min() > 0:
        raise _negative_mass(f"v M v = {squares.min():.6g} of a computed vector")
    return np.asarray(squares)


def _orthonormal(pencil: Pencil, values: NDArray[Any], vectors: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Scale to unit mass, and take the last digits off what is not orthogonal: V (3 - V M V^T) / 2.

    Near a shift that is almost an eigenvalue, as those of rigid motions, vectors may have a part of each other that is
    more than rounding: then they are told apart by what S M makes of them, once more.
    """
    vectors = vectors / np.sqrt(_squares(pencil, vectors))[:, None]
    massed = pencil.times_mass(vectors)
    gram = vectors @ massed.T
    if np.abs(gram - np.eye(len(gram))).max() < _ORTHOGONAL or pencil.sigma == np.inf:
        return values, vectors + 0.5 * (np.eye(len(vectors)) - gram) @ vectors
    small = pencil.solve(massed) @ massed.T
    nu, y = eigh((small + small.T) / 2, gram)
    return pencil.sigma + 1 / nu, y.T @ vectors


def _signed(vectors: NDArray[Any]) -> NDArray[Any]:
    size = np.abs(vectors)
    first = (size >= _LARGE * size.max(1, keepdims=True)).argmax(1)
    return vectors * np.sign(vectors[np.arange(len(vectors)), first])[:, None]


def _too_many(pencil: Pencil, rank: int) -> ShapeError:
    return ShapeError(
        "k is too large",
        expected=f"1 <= k <= {rank}: M has no larger rank, so no more eigenvalues are finite",
        got=f"k={pencil.options.k}",
        fix=f"pass k={rank} at most, or give every dof a mass",
    )


def _negative_mass(got: str) -> NotPositiveDefiniteError:
    return NotPositiveDefiniteError(
        "mass is not positive",
        expected="x^T M x >= 0 for all x",
        got=got,
        fix="check densities and the order of the arguments: eigsh(K, k, M)",
    )


def _not_converged(pencil: Pencil, count: int, error: ArpackNoConvergence) -> ConvergenceError:
    found, largest = np.sort(error.eigenvalues), pencil.sigma == np.inf
    told = ", ".join(f"{value:.6g}" for value in found[:5]) + (", ..." if len(found) > 5 else "")
    return ConvergenceError(
        "Lanczos iteration did not converge",
        expected=f"{pencil.options.k} eigenvalues and {count - pencil.options.k} more, {pencil.wanted}",
        got=f"{len(found)} after maxiter={pencil.options.maxiter} restarts" + (f": {told}" if told else ""),
        fix="pass a larger maxiter; where many are next to zero and none is larger, as of the load factors of a "
        "structure in tension, there is nothing to find"
        if largest
        else "pass a larger maxiter, or a sigma nearer to the eigenvalues that you want",
        iteration=pencil.options.maxiter,
        eigenvalues=tuple(float(value) for value in found),
    )
