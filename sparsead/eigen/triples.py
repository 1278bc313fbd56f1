"""Eigenvalues of a general pencil with their right and left vectors, certified.

A simple eigenvalue has ``y M v`` unlike zero, and its condition number [1]_ ::

    d lambda = y (dA - lambda dM) v / (y M v)         condition = |y| |M v| / |y M v|

is what perturbations are multiplied with. Of a defective one it is infinite; rounding splits such an eigenvalue into
some that are 1e-8 apart, with condition numbers of 1e8.

References
----------
.. [1] J. H. Wilkinson, "The Algebraic Eigenvalue Problem", Oxford University Press, 1965, chapter 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.arnoldi import nearest
from sparsead.eigen.general import at_the_shift
from sparsead.eigen.options import REPEATED
from sparsead.errors import ConvergenceError, DefectiveError, NoDerivativeError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.general import GeneralPencil, Trans

_MORE = 2  # pairs computed beside those wanted: whether k cuts a cluster, and the partner of a complex one
_DEFECTIVE = 1e7  # condition number: rounding splits a defective eigenvalue into ones of 1e8
_SMALL = 1e-9  # residual, of the terms that it is made of
_AT_THE_SHIFT = 1e-13  # of the shift
# Entries this close to the largest count as equal to it: the choice of the one that is 1 must not hang on rounding.
_LARGE = 0.99


def triples(pencil: GeneralPencil) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the k eigenvalues nearest to the shift, right and left vectors.

    Returns
    -------
    values : array, shape (k,)
        Nearest to the shift first; of those as near the one of larger imaginary part. Unit: [A] / [M].
    vectors, left : array, shape (k, n)
        ``A v = lambda M v`` and ``y A = lambda y M``; the first of the largest entries of each is 1.

    Raises
    ------
    ConvergenceError
        If Arnoldi's iteration does not converge, or a residual is not small.
    DefectiveError
        If an eigenvalue is defective, or nearly.
    NoDerivativeError
        If a derivative follows and an eigenvalue is repeated.
    """
    pencil.check()
    k = pencil.options.k
    theta, vectors, left = nearest(pencil, min(k + _MORE, pencil.n))
    if len(theta) < k:
        raise _too_many(k, len(theta))
    values = pencil.sigma + 1 / theta
    left = _biorthogonal(pencil, values, vectors, left)
    _check_defective(pencil, values[:k], vectors, left)
    noise = pencil.noise(vectors, left)
    order = _nearest_first(pencil, values, noise)
    values, vectors, left, noise = values[order], vectors[order], left[order], noise[order]
    _check_distance(pencil, values, noise)
    if pencil.options.order:
        _check_simple(values, noise, k)
    values, vectors, left = values[:k], scaled(vectors[:k]), scaled(left[:k])
    _check_residuals(pencil, values, vectors, "N")
    _check_residuals(pencil, values, left, "T")
    return values, vectors, left


def scaled(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return vectors, shape (k, n), divided by the first of their largest entries, which becomes exactly 1."""
    at = leading(vectors), np.arange(len(vectors))
    vectors = vectors / vectors[at[::-1]][:, None]
    vectors[at[::-1]] = 1.0
    return vectors


def leading(vectors: NDArray[Any]) -> NDArray[np.integer]:
    """Return where the first of the largest entries of each vector stands, shape (k,)."""
    size = np.abs(vectors)
    return np.asarray((size >= _LARGE * size.max(1, keepdims=True)).argmax(1))


def _together(values: NDArray[Any], noise: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pairs of eigenvalues count as one, shape (k, k); False on the diagonal."""
    size = np.abs(values)
    around = np.maximum(REPEATED * np.maximum(size[:, None], size), np.maximum(noise[:, None], noise))
    near: NDArray[np.bool_] = np.abs(values[:, None] - values) <= around
    return near & ~np.eye(len(values), dtype=bool)


def _biorthogonal(
    pencil: GeneralPencil, values: NDArray[Any], vectors: NDArray[Any], left: NDArray[Any]
) -> NDArray[Any]:
    """Left vectors, of which those of a repeated eigenvalue are combined to go with one right vector each."""
    together = _together(values, np.zeros(len(values)))
    left, seen = left.copy(), np.zeros(len(values), bool)
    for first in np.flatnonzero(together.any(1)):
        members = np.flatnonzero(together[first] | (np.arange(len(values)) == first))
        if seen[members].any():
            continue
        seen[members] = True
        gram = left[members] @ pencil.times_mass(vectors[members], "N").T
        left[members] = np.linalg.pinv(gram, rcond=1e-15) @ left[members]
    return left


def _check_defective(pencil: GeneralPencil, values: NDArray[Any], vectors: NDArray[Any], left: NDArray[Any]) -> None:
    """Raise `DefectiveError` for the worst eigenvalue whose condition number leaves less than half the digits."""
    k = len(values)
    massed = pencil.times_mass(vectors[:k], "N")
    product = np.abs(np.einsum("kn,kn->k", left[:k], massed))
    with np.errstate(divide="ignore", invalid="ignore"):
        condition = np.linalg.norm(left[:k], axis=1) * np.linalg.norm(massed, axis=1) / product
    worst = int(np.nan_to_num(condition, nan=np.inf, posinf=np.inf).argmax())
    if not condition[worst] <= _DEFECTIVE:
        raise DefectiveError(
            "an eigenvalue is defective, or nearly",
            expected=f"a condition number |w| |M v| / |w^H M v| of at most {_DEFECTIVE:g}",
            got=f"{condition[worst]:.1e} for lambda = {values[worst]:.9g}",
            fix="move a parameter a little; or ask for eigenvalues alone, of a matrix that is scaled: "
            "scipy.linalg.eigvals",
            eigenvalue=complex(values[worst]),
            condition=float(condition[worst]),
        )


def _nearest_first(pencil: GeneralPencil, values: NDArray[Any], noise: NDArray[Any]) -> NDArray[np.integer]:
    """Return the order of distances from the shift; of those as near, the larger imaginary part first."""
    distances = np.abs(values - pencil.sigma)
    around = np.maximum(REPEATED * np.abs(values), noise)
    order = np.argsort(distances, kind="stable")
    farther = np.diff(distances[order]) > np.maximum(around[order[1:]], around[order[:-1]])
    group = np.concatenate([[0], np.cumsum(farther)])
    return np.asarray(order[np.lexsort((values[order].real, -values[order].imag, group))])


def _check_distance(pencil: GeneralPencil, values: NDArray[Any], noise: NDArray[Any]) -> None:
    distance = abs(values[0] - pencil.sigma)
    if not distance > max(_AT_THE_SHIFT * abs(pencil.sigma), noise[0]):
        raise at_the_shift(pencil.sigma, f"lambda = {values[0]:.9g}, {distance:.1e} from it")


def _check_simple(values: NDArray[Any], noise: NDArray[Any], k: int) -> None:
    found = np.argwhere(_together(values, noise)[:k])
    if len(found):
        i, j = found[0]
        raise NoDerivativeError(
            "no derivative of a repeated eigenvalue",
            expected=f"eigenvalues apart by more than {REPEATED:g} of their size",
            got=f"eigenvalues {values[i]:.12g} and {values[j]:.12g}, apart by {abs(values[i] - values[j]):.1e}",
            fix="of symmetric matrices eigsh has derivatives of what treats all members alike",
            eigenvalues=(complex(values[i]), complex(values[j])),
        )


def _check_residuals(pencil: GeneralPencil, values: NDArray[Any], own: NDArray[Any], trans: Trans) -> None:
    """Raise unless ``A v - lambda M v``, or its like of left vectors, is small beside its terms in the largest row."""
    massed = pencil.times_mass(own, trans)
    residual = np.abs(pencil.times_matrix(own, trans) - values[:, None] * massed).max(1)
    matrix = abs(pencil.matrix) if trans == "N" else abs(pencil.matrix).T
    terms = (matrix @ np.abs(own).T).T.max(1) + np.abs(values) * np.abs(massed).max(1)
    gaps = residual / np.where(terms > 0, terms, 1.0)
    worst = int(gaps.argmax())
    if not gaps[worst] <= _SMALL:
        raise ConvergenceError(
            "an eigenpair is not accurate",
            expected=f"A v = lambda M v, and y A = lambda y M, to {_SMALL:g} of the terms",
            got=f"{gaps[worst]:.1e} for lambda = {values[worst]:.9g}, pair {worst}",
            fix="move sigma away from eigenvalues, and check the units of A and M",
            residuals=tuple(map(float, gaps)),
        )


def _too_many(k: int, rank: int) -> ShapeError:
    return ShapeError(
        "k is too large",
        expected=f"1 <= k <= {rank}: no more eigenvalues are finite",
        got=f"k={k}",
        fix=f"pass k={rank} at most",
    )
