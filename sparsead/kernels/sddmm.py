"""Kernel ``sddmm``: the product u v^T, kept on the pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.pattern.pattern import Pattern

_CHUNK = 1 << 16  # stored entries at a time: the temporaries stay in the cache


def sddmm(u: NDArray[Any], v: NDArray[Any], *, pattern: Pattern, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return ``sum_k u[k, row s] v[k, col s]`` for each stored entry s.

    A row of `u` or `v` that is zero throughout adds nothing, even where the other is
    NaN: so a lane whose cotangent is zero cannot spoil the gradient.

    Parameters
    ----------
    u : array, shape (b, k, m)
        Left factors.
    v : array, shape (b, k, n)
        Right factors.
    pattern : Pattern
        Stored entries, shape (m, n).
    out : array, shape (b, s), optional
        Where to write.

    Returns
    -------
    array, shape (b, s)
        Sampled products.
    """
    out = np.empty((len(u), pattern.size), np.result_type(u, v)) if out is None else out
    with np.errstate(all="ignore"):  # overflow gives infinity without a word, as in the other kernels
        for lane in range(len(u)):
            _fill(out[lane], u[lane], v[lane], pattern)
    return out


def _fill(out: NDArray[Any], u: NDArray[Any], v: NDArray[Any], pattern: Pattern) -> None:
    """Write the sampled products of one lane, from (k, m) and (k, n), into (s,)."""
    terms = [k for k in range(len(u)) if u[k].any() and v[k].any()]
    if not terms:
        out[:] = 0
        return
    for start, stop, first, last in _column_chunks(pattern):
        rows, counts = pattern.indices[start:stop], pattern.counts[first:last]
        chunk = out[start:stop]
        for k in terms:
            product = np.take(u[k], rows)
            product *= np.repeat(v[k, first:last], counts)
            if k == terms[0]:
                chunk[:] = product
            else:
                chunk += product


def _column_chunks(pattern: Pattern) -> list[tuple[int, int, int, int]]:
    """Cut the stored entries between columns: (first entry, last entry, first column, last column)."""
    n = pattern.shape[1]
    if pattern.size <= _CHUNK:
        return [(0, pattern.size, 0, n)]
    cuts = np.searchsorted(pattern.indptr, np.arange(0, pattern.size, _CHUNK))
    columns = np.unique(np.append(cuts, n)).tolist()
    columns[0] = 0
    starts = pattern.indptr[columns].tolist()
    return list(zip(starts[:-1], starts[1:], columns[:-1], columns[1:], strict=True))
