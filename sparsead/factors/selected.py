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
from sparsead.errors import BackendError, SingularMatrixError
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
    except BackendError as error:
        if error.fault != "untold":
            raise
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
    few = pattern.shape[0] <= _FEW_UNKNOWNS
    if not (entry.group.library.shows or few):
        entry = factor_cache.entry(pattern, values, replace(options, backend=_showing(entry)))
    if entry.group.library.shows:
        try:
            return _from_factors(entry, between)
        except SingularMatrixError:  # to whoever takes an inverse of each block, with no exchange of rows between them
            if not few:
                raise
    return _by_solves(entry, between)


def _from_factors(entry: Entry, between: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The chain, looked at before anybody sees it; the inverse itself is kept with the entry."""
    if entry.inverse is not None and not between:
        return entry.inverse
    expected = _diagonal_terms(entry, between[0], _from_factors(entry, between[1:])) if between else None
    while True:
        factorization, shift = entry.scaled()
        shown = factorization.shown()
        assert shown is not None, "a library that shows its factors does"
        plan = entry.group.plan(shown)
        # the factors are those of A times a power of two, which each D has to be too
        scaled = [shifted(d, shift) for d in between]
        found = shifted(chain_on(shown, plan, scaled) if between else inverse_on(shown, plan), shift)
        miss = _miss(_diagonal_terms(entry, entry.values, found), expected)
        if miss <= np.sqrt(np.finfo(found.dtype).eps):  # half of the digits
            break
        what = "A A^-1 D A^-1" if between else "A A^-1"
        entry.distrust(factorization, f"diagonal of {what} wrong by {miss:.1e}")
    if not between:
        found.flags.writeable = False
        entry.inverse = found
    return found


def _diagonal_terms(entry: Entry, left: NDArray[Any], right: NDArray[Any]) -> csc_array:
    """The terms of the diagonal of a product, of which the second factor is known, transposed, on the pattern."""
    pattern = entry.group.pattern
    with np.errstate(all="ignore"):
        return csc_array((left * right, pattern.indices, pattern.indptr), shape=pattern.shape)


def _miss(terms: csc_array, expected: csc_array | None) -> float:
    """How far the diagonal of ``A A^-1`` is from one, that of ``A (A^-1 D1 ...)`` from that of ``D1 ...``.

    Beside the terms that it is the sum of; of a chain beside the largest of all rows, since a D that reaches few rows
    leaves others nothing but rounding. No chain of numbers that are not finite misses anything.
    """
    with np.errstate(all="ignore"):
        if expected is None:
            miss = np.abs(terms.sum(axis=1) - 1) / abs(terms).sum(axis=1)
        elif not np.isfinite(expected.data).all():
            return 0.0
        else:
            sizes = abs(terms).sum(axis=1) + abs(expected).sum(axis=1)
            miss = np.abs(terms.sum(axis=1) - expected.sum(axis=1)) / sizes.max(initial=np.finfo(sizes.dtype).tiny)
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
    for name in ("cholmod", "umfpack", "superlu"):
        library = BACKENDS[name]
        able = library.single_precision or entry.values.dtype.char not in "fF"
        if library.missing() is None and library.shows and able:
            if library.supports(group.structure, is_complex=is_complex):
                return name
    return "superlu"
