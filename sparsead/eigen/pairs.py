"""The eigenpairs nearest to the shift, certified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.eigen.certify import check_distance, check_residuals
from sparsead.eigen.clusters import blur, check_cut, check_second
from sparsead.eigen.lanczos import is_small, nearest
from sparsead.errors import ConvergenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.pencil import Pencil

_MORE = 8  # pairs computed beside those wanted when some were missed, or the next is as near


def pairs(pencil: Pencil) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the k pairs nearest to the shift, or largest: eigenvalues, shape (k,), ascending, and vectors, (k, n).

    One more is computed, which tells whether k cuts a cluster and where eigenvalues can be counted. Where it lies on
    the other side of the shift and as near, it tells nothing of that cluster: then more are, until one is farther.

    Raises
    ------
    ConvergenceError
        If Lanczos does not converge, or the residual of a pair is not small, or pairs were missed.
    NoDerivativeError
        If a derivative follows that does not exist.
    """
    pencil.check()
    options = pencil.options
    more = 1
    while True:
        values, vectors = nearest(pencil, min(options.k + more, pencil.n))
        noise = pencil.noise(vectors)
        check_distance(values, noise, pencil.sigma)
        nearness = _nearest_first(pencil, values, noise)
        counted = options.count and not is_small(pencil, options.k + more)
        lacking = _lacking(pencil, values, noise) if counted else 0
        if lacking > 0 and more > 1:
            raise _missed(pencil, lacking)
        kept = np.sort(nearness[: options.k])
        if options.order and not lacking > 0:
            check_cut(values, noise, kept)
        all_found = len(values) < options.k + more
        if lacking <= 0 and (all_found or not options.order or _next_is_farther(pencil, values, noise, nearness)):
            break
        more = max(_MORE, 2 * more)
    values, vectors = values[kept], vectors[kept]
    if options.order > 1:
        check_second(values, noise[kept])
    check_residuals(pencil, values, vectors)
    return values, vectors


def _nearest_first(pencil: Pencil, values: NDArray[Any], noise: NDArray[Any]) -> NDArray[np.integer]:
    """Return the order of distances from the shift; of two as near, one on each side, the lower is first."""
    distances, around = pencil.distances(values), blur(values, noise)
    order = np.argsort(distances, kind="stable")
    farther = np.diff(distances[order]) > np.maximum(around[order[1:]], around[order[:-1]])
    group = np.concatenate([[0], np.cumsum(farther)])
    return np.asarray(order[np.lexsort((distances[order], values[order] > pencil.sigma, group))])


def _next_is_farther(pencil: Pencil, values: NDArray[Any], noise: NDArray[Any], nearness: NDArray[np.integer]) -> bool:
    """Return whether the farthest pair is farther than the last of those asked for."""
    ends = nearness[[pencil.options.k - 1, -1]]
    inner, outer = pencil.distances(values)[ends]
    return bool(outer - inner > blur(values, noise)[ends].max())


def _missed(pencil: Pencil, lacking: int) -> ConvergenceError:
    return ConvergenceError(
        "eigenvalues were missed",
        expected=f"as many as the inertia counts around sigma={pencil.sigma!r}",
        got=f"{lacking} less, of the {pencil.options.k} asked for",
        fix="pass a larger k: a repeated eigenvalue hides its copies",
    )


def _lacking(pencil: Pencil, values: NDArray[Any], noise: NDArray[Any]) -> int:
    """Return how many eigenvalues were missed.

    They are counted up to the last gap before the pairs that nobody asked for: within a cluster rounding would decide.
    """
    order = np.argsort(pencil.distances(values), kind="stable")
    values, around = values[order], blur(values, noise)[order]
    distances = pencil.distances(values)
    for found in range(min(pencil.options.k, len(values) - 1), 0, -1):
        inner, outer = distances[found - 1 : found + 1]
        if outer - inner > around[found - 1 : found + 1].max():
            counted = pencil.within(float(values[found - 1]), float(values[found]))
            return 0 if counted is None else counted - found
    return 0
