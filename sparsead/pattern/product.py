"""Which products of stored entries make up A B: computed once for two patterns, in chunks that stay in the cache."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from sparsead.pattern.kept import kept_with_partner
from sparsead.pattern.pattern import Pattern, index_dtype

# Terms of a chunk. Measured on a product of 11 million terms: chunks that stay in the cache take half the time of one
# of all terms. A chunk of the cotangent of A reaches as far into A as the columns of A that it needs lie apart: hence
# no fewer terms than half of A has entries, so that this costs less than the terms do.
_CHUNK = 1 << 17


Indices = NDArray[np.integer]

ROLES = ("left", "right", "out")
"""The matrices of a product, in the order of `Product.sizes`."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """The terms of a few columns of A B: ``out[out_at] += left[left_at] right[entry of its run]``.

    Attributes
    ----------
    left, right, out : slice
        The stored entries of A, B and A B that the chunk knows; of B and A B no other chunk knows them.
    runs : int array, shape (r + 1,)
        First term of each of the r stored entries of B: one term for each entry of a column of A.
    left_at, out_at : int array, shape (t,)
        Stored entries of A and of A B that each term reads or adds to, counted from the start of their slice.
    """

    left: slice
    right: slice
    out: slice
    runs: Indices
    left_at: Indices
    out_at: Indices


@dataclass(frozen=True, eq=False)
class Product:
    """The stored entries of A B and the terms that they are sums of; compared by identity.

    Attributes
    ----------
    pattern : Pattern
        Of A B: an entry is stored where a term adds to it, whatever the values.
    chunks : tuple of Chunk
        Terms, 8 bytes each.
    sizes : tuple of int
        Stored entries of A, B and A B.
    """

    pattern: Pattern
    chunks: tuple[Chunk, ...]
    sizes: tuple[int, int, int]

    @property
    def terms(self) -> int:
        """Number of terms."""
        return sum(len(chunk.left_at) for chunk in self.chunks)

    def places(self) -> tuple[Indices, Indices, Indices]:
        """Return the stored entries of A, B and A B of all terms, each shape (t,)."""
        left = [chunk.left_at + chunk.left.start for chunk in self.chunks]
        right = [np.repeat(np.arange(c.right.start, c.right.stop), np.diff(c.runs)) for c in self.chunks]
        out = [chunk.out_at + chunk.out.start for chunk in self.chunks]
        none = [np.empty(0, np.int32)]
        dtype = index_dtype(max(self.sizes))
        at_left, at_right, at_out = (np.concatenate(none + each).astype(dtype) for each in (left, right, out))
        return at_left, at_right, at_out


@kept_with_partner
def count_terms(left: Pattern, right: Pattern) -> int:
    """Return how many products of stored entries A B is made of."""
    return int(left.counts[right.indices].sum(dtype=np.int64))


@kept_with_partner
def product(left: Pattern, right: Pattern) -> Product:
    """Return the stored entries of A B and their terms."""
    chunks: list[Chunk] = []
    counts: list[Indices] = [np.zeros(1, np.int64)]
    rows: list[Indices] = [np.empty(0, np.int32)]
    stored = 0
    for first, last in _column_cuts(left, right):
        runs, left_at, by_column = _terms(left, right, first, last)
        out_at, in_columns, of_entries = _entries(left.indices[left_at], by_column, left.shape[0])
        counts.append(in_columns)
        rows.append(of_entries)
        of_right = slice(int(right.indptr[first]), int(right.indptr[last]))
        of_left = slice(int(left_at.min()), int(left_at.max()) + 1) if len(left_at) else slice(0, 0)
        of_out = slice(stored, stored + len(of_entries))
        dtype = index_dtype(max(len(left_at), of_left.stop - of_left.start))
        places = (array.astype(dtype) for array in (runs, left_at - of_left.start, out_at))
        chunks.append(Chunk(of_left, of_right, of_out, *places))
        stored = of_out.stop
    shape = (left.shape[0], right.shape[1])
    pattern = Pattern(shape, np.cumsum(np.concatenate(counts)), np.concatenate(rows))
    return Product(pattern, tuple(chunks), (left.size, right.size, stored))


def _column_cuts(left: Pattern, right: Pattern) -> Iterator[tuple[int, int]]:
    """Cut the columns of B into groups of about a chunk of terms."""
    before = np.concatenate(([0], np.cumsum(left.counts[right.indices], dtype=np.int64)))[right.indptr]
    size = max(_CHUNK, left.size // 2)
    cuts = np.searchsorted(before, np.arange(0, before[-1], size), side="right") - 1
    yield from itertools.pairwise(np.unique([0, *cuts[1:], right.shape[1]]).tolist())


def _terms(left: Pattern, right: Pattern, first: int, last: int) -> tuple[Indices, Indices, Indices]:
    """The runs of some columns of B, the stored entry of A of each term, and where the terms of each column start."""
    start, stop = right.indptr[first], right.indptr[last]
    columns_of_left = right.indices[start:stop]
    lengths = left.counts[columns_of_left].astype(np.int64)
    runs = np.concatenate(([0], np.cumsum(lengths)))
    left_at = np.arange(runs[-1]) + np.repeat(left.indptr[columns_of_left] - runs[:-1], lengths)
    return runs, left_at, runs[right.indptr[first : last + 1] - start]


def _entries(rows: Indices, by_column: Indices, m: int) -> tuple[Indices, Indices, Indices]:
    """The entry that each term adds to, how many entries each column has, and their rows.

    Terms come column by column, and there by the entries of B, so that those of an entry of A B stand apart. To
    compressed rows and back to compressed columns is the counting sort that brings them together.
    """
    numbered = csc_array((np.arange(len(rows)), rows, by_column), shape=(m, len(by_column) - 1))
    in_order = numbered.tocsr().tocsc()
    is_new = np.ones(len(rows), bool)
    is_new[1:] = in_order.indices[1:] != in_order.indices[:-1]
    is_new[by_column[:-1][np.diff(by_column) > 0]] = True
    count = np.concatenate(([0], np.cumsum(is_new)))
    out_at = np.empty(len(rows), np.int64)
    out_at[in_order.data] = count[1:] - 1
    return out_at, np.diff(count[by_column]), in_order.indices[is_new]
