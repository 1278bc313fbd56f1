"""Patterns made of patterns, against dense matrices that hold the number of each stored entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.pattern import combine
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.slots import Slots
from sparsead.pattern.triplets import from_triplets


def some(shape: tuple[int, int], seed: int, dtype: Any = None) -> Pattern:
    rng = np.random.default_rng(seed)
    return from_triplets(*(rng.integers(0, extent, 12) for extent in shape), shape, dtype=dtype)[0]


def numbered(pattern: Pattern) -> Any:
    """Return the matrix of 1 + s at the place of stored entry s."""
    full = np.zeros(pattern.shape)
    full[pattern.indices, pattern.cols] = 1 + np.arange(pattern.size)
    return full


def moved(pattern: Pattern, slots: Slots) -> Any:
    """Return the new matrix with the numbers that its entries had."""
    full = np.zeros(pattern.shape)
    full[pattern.indices, pattern.cols] = 1 + slots.slot
    return full


def test_union_stores_what_either_stores() -> None:
    left, right = some((5, 4), 0), some((5, 4), 1)
    pattern, slots = combine.union(left, right)
    full = np.zeros((5, 4))
    np.add.at(
        full,
        (pattern.indices[slots.slot], pattern.cols[slots.slot]),
        np.r_[np.ones(left.size), np.full(right.size, 10.0)],
    )
    assert (full == (numbered(left) > 0) + 10.0 * (numbered(right) > 0)).all()
    assert pattern.size == np.count_nonzero(full)


def test_union_is_remembered_by_the_left_pattern() -> None:
    left = some((5, 4), 0)
    assert combine.union(left, some((5, 4), 1))[1] is combine.union(some((5, 4), 0), some((5, 4), 1))[1]


def test_left_pattern_remembers_its_last_partners_only() -> None:
    left, first = some((5, 4), 0), some((5, 4), 1)
    slots = combine.union(left, first)[1]
    for seed in range(2, 30):
        combine.union(left, some((5, 4), seed))
    assert combine.union(left, first)[1] is not slots


@pytest.mark.parametrize(
    ("rows", "cols"),
    [([4, 0, 2], [1, 3]), ([0, 0, 3], [2, 2]), ([], [1]), (range(6), range(5)), ([5], [])],
    ids=["reordered", "repeated", "no rows", "all", "no columns"],
)
def test_selection_holds_the_entries_chosen(rows: Any, cols: Any) -> None:
    rows, cols = np.array(rows, int), np.array(cols, int)
    whole = some((6, 5), 2)
    assert (moved(*combine.select(whole, (Slots(rows, 6), Slots(cols, 5)))) == numbered(whole)[rows][:, cols]).all()


def test_blocks_hold_the_entries_of_each() -> None:
    a, b, c = some((3, 4), 3), some((2, 4), 4), some((2, 5), 5)
    numbers = [numbered(a), numbered(b), numbered(c)]
    numbers[1][numbers[1] > 0] += a.size
    numbers[2][numbers[2] > 0] += a.size + b.size
    expected = np.block([[numbers[0], np.zeros((3, 5))], [numbers[1], numbers[2]]])
    assert (moved(*combine.block([[a, None], [b, c]])) == expected).all()


def test_transposed_holds_the_same_entries() -> None:
    whole = some((6, 5), 6)
    assert (moved(*combine.transposed(whole)) == numbered(whole).T).all()


@pytest.mark.parametrize("shape", [(6, 5), (5, 6), (4, 4)])
def test_diagonal_leads_to_its_positions(shape: tuple[int, int]) -> None:
    whole = some(shape, 7)
    chosen, positions = combine.diagonal(whole)
    found = np.zeros(min(shape))
    found[positions.slot] = 1 + chosen.slot
    assert (found == np.diag(numbered(whole))).all()


def test_dense_place_is_row_by_row() -> None:
    whole = some((6, 5), 8)
    full = np.zeros(30)
    full[combine.dense(whole).slot] = 1 + np.arange(whole.size)
    assert (full.reshape(6, 5) == numbered(whole)).all()


def test_rows_and_columns_are_those_of_the_entries() -> None:
    whole = some((6, 5), 9)
    rows, cols = combine.rows_and_columns(whole)
    assert (rows.slot == whole.indices).all() and (cols.slot == whole.cols).all()
    assert (rows.size, cols.size) == (6, 5)


def test_dense_place_of_a_large_matrix_does_not_overflow() -> None:
    wide, _ = from_triplets([65_535], [65_535], (65_536, 65_536))
    assert combine.dense(wide).slot.tolist() == [2**32 - 1]
