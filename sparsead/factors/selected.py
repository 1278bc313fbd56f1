"""Entries of the inverse on the pattern: from factors that are shown, else by solves or from another library's.

A library that shows its factors gives the entries for some twice the arithmetic of the factorization
(`sparsead.supernodes`). For the others a small matrix is solved with the identity, n right-hand sides in
blocks; a large one is factorized once more, by a library that shows its factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csc_array

from sparsead.backends.registry import BACKENDS
from sparsead.errors import BackendError
from sparsead.factors.entry import Entry
from sparsead.factors.range import shifted
from sparsead.factors.store import factor_cache
from sparsead.supernodes.chains import chain_on
from sparsead.supernodes.inverse import inverse_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern

_FEW_UNKNOWNS = 1_000  # measured: up to here solves with the identity are quicker than to factorize once more
_BLOCK = 64  # right-hand sides at a time
_ACCURATE = 1e-8  # residual of the diagonal of A A^-1, over the sizes of its terms


def log_det(pattern: Pattern, values: NDArray[Any], options: SolveOptions) -> tuple[complex, float]:
    """Return ``det A / |det A|`` and ``log |det A|``.

    Parameters
    ----------
    pattern : Pattern
        Stored entries, shape (n, n).
    values : array, shape (s,)
        Stored values in the type of the factors, contiguous.
    options : SolveOptions
        Structure and backend.

    Returns
    -------
    tuple of number
        Of the factorization that solves use, where its library tells; else of one more, which shows its factors.
    """
    entry = factor_cache.entry(pattern, values, options)
    try:
        return entry.factorization().phase(), entry.log_abs_det()
    except BackendError:
        entry = factor_cache.entry(pattern, values, replace(options, backend=_showing(entry)))
        return entry.factorization().phase(), entry.log_abs_det()


def inverse_chain(
    pattern: Pattern, values: NDArray[Any], between: Sequence[NDArray[Any]], options: SolveOptions
) -> NDArray[Any]:
    """Return ``(A^-1 D1 A^-1 ... Dm A^-1)[col s, row s]`` for each stored entry s; of A^-1 for m = 0.

    Parameters
    ----------
    pattern : Pattern
        Stored entries of A and of each D, shape (n, n).
    values : array, shape (s,)
        Stored values of A in the type of the factors, contiguous. Unit: [A].
    between : sequence of array, shape (s,)
        Values of D1 to Dm, of that type. Unit: [A].
    options : SolveOptions
        Structure and backend.

    Returns
    -------
    array, shape (s,)
        Transposed, on the pattern. Unit: [1/A].

    Raises
    ------
    SingularMatrixError
        If no factorization gives an inverse whose product with A is one.
    """
    entry = factor_cache.entry(pattern, values, options)
    if not entry.group.library.shows:
        if pattern.shape[0] <= _FEW_UNKNOWNS:
            return _by_solves(entry, between)
        entry = factor_cache.entry(pattern, values, replace(options, backend=_showing(entry)))
    if not between:
        return _inverse(entry)
    factorization, shift = entry.scaled()
    shown = factorization.shown()
    assert shown is not None, "a library that shows its factors does"
    # the factors are those of A times a power of two, which each D has to be too
    return shifted(chain_on(shown, pattern, [shifted(d, shift) for d in between]), shift)


def _inverse(entry: Entry) -> NDArray[Any]:
    """The inverse on the pattern, kept with the entry; looked at before anybody sees it."""
    while entry.inverse is None:
        factorization, shift = entry.scaled()
        shown = factorization.shown()
        assert shown is not None, "a library that shows its factors does"
        found = shifted(inverse_on(shown, entry.group.pattern), shift)
        miss = _miss(entry, found)
        if miss <= _ACCURATE:
            found.flags.writeable = False
            entry.inverse = found
        else:
            entry.distrust(factorization, f"diagonal of A A^-1 wrong by {miss:.1e}")
    return entry.inverse


def _miss(entry: Entry, found: NDArray[Any]) -> float:
    """How far the diagonal of ``A A^-1`` is from one, beside the terms that it is the sum of."""
    pattern = entry.group.pattern
    with np.errstate(all="ignore"):
        terms = entry.values * found
        of_rows = csc_array((terms, pattern.indices, pattern.indptr), shape=pattern.shape)
        miss = np.abs(of_rows.sum(axis=1) - 1) / abs(of_rows).sum(axis=1)
    return float(np.nan_to_num(miss, nan=np.inf).max(initial=0.0))


def _by_solves(entry: Entry, between: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The chain from (m + 1) n right-hand sides: its columns, block by block, of which the pattern is kept."""
    pattern = entry.group.pattern
    n = pattern.shape[0]
    by_rows, stored = pattern.transposition
    factors = [csc_array((d, pattern.indices, pattern.indptr), shape=pattern.shape) for d in reversed(between)]
    found = np.empty(pattern.size, entry.values.dtype)
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        columns = entry.solve(np.eye(stop - start, n, start, dtype=found.dtype), "N")
        for factor in factors:
            columns = entry.solve(np.ascontiguousarray((factor @ columns.T).T), "N")
        of_rows = slice(int(by_rows.indptr[start]), int(by_rows.indptr[stop]))
        row = np.repeat(np.arange(stop - start), by_rows.counts[start:stop])
        found[stored[of_rows]] = columns[row, by_rows.indices[of_rows]]
    return found


def _showing(entry: Entry) -> str:
    """Name of the best library that shows its factors and takes this structure."""
    group = entry.group
    is_complex = entry.values.dtype.kind == "c"
    for name in ("cholmod", "superlu"):
        library = BACKENDS[name]
        able = library.single_precision or entry.values.dtype.char not in "fF"
        if library.missing() is None and library.shows and able:
            if library.supports(group.structure, is_complex=is_complex):
                return name
    return "superlu"
