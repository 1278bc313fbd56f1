"""Patterns from triplets and from compressed columns or rows, against plain sets of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.errors import PatternError
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.triplets import from_compressed, from_triplets

INTEGERS = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)
ROWS = np.array([4, 0, 4, 2, 2, 4, 0])
COLS = np.array([2, 3, 2, 0, 3, 0, 3])
SHAPE = (6, 4)


def places(pattern: Pattern) -> list[tuple[int, int]]:
    return list(zip(pattern.cols.tolist(), pattern.indices.tolist(), strict=True))


def test_stored_entries_are_the_distinct_places_by_columns() -> None:
    pattern, _ = from_triplets(ROWS, COLS, SHAPE)
    assert places(pattern) == sorted(set(zip(COLS.tolist(), ROWS.tolist(), strict=True)))


def test_slot_leads_each_triplet_to_its_place() -> None:
    pattern, slots = from_triplets(ROWS, COLS, SHAPE)
    assert [pattern.entry(s) for s in slots.slot.tolist()] == list(zip(ROWS.tolist(), COLS.tolist(), strict=True))


def test_pattern_is_right_on_many_random_triplets() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        m, n, t = rng.integers(1, 9, 3)
        rows, cols = rng.integers(0, m, t), rng.integers(0, n, t)
        pattern, slots = from_triplets(rows, cols, (m, n))
        assert places(pattern) == sorted(set(zip(cols.tolist(), rows.tolist(), strict=True)))
        assert (pattern.indices[slots.slot] == rows).all() and (pattern.cols[slots.slot] == cols).all()


def test_empty_rows_and_columns_store_nothing() -> None:
    pattern, _ = from_triplets(ROWS, COLS, SHAPE)
    assert pattern.counts.tolist() == [2, 0, 1, 2]
    assert not {1, 3, 5} & set(pattern.indices.tolist())


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3), (2, 5)])
def test_no_triplets_store_nothing(shape: tuple[int, int]) -> None:
    pattern, slots = from_triplets([], [], shape)
    assert (pattern.size, len(slots), pattern.indptr.tolist()) == (0, 0, [0] * (shape[1] + 1))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_any_integer_type_gives_the_same_pattern(dtype: Any) -> None:
    assert from_triplets(ROWS.astype(dtype), COLS.astype(dtype), SHAPE)[0] is from_triplets(ROWS, COLS, SHAPE)[0]


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("axis", ["col", "row"])
def test_any_integer_type_of_pointers_gives_the_same_pattern(axis: str, dtype: Any) -> None:
    indices, indptr = np.array([2, 0, 2, 1]), np.array([0, 2, 2, 4])
    shape = (4, 3) if axis == "col" else (3, 4)
    narrow = from_compressed(indices.astype(dtype), indptr.astype(dtype), shape, axis=axis)
    assert narrow[0] is from_compressed(indices, indptr, shape, axis=axis)[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_narrow_integers_do_not_overflow_in_a_large_matrix(dtype: Any) -> None:
    rows = np.arange(100, dtype=dtype)
    pattern, _ = from_triplets(np.tile(rows, 3), np.repeat(rows[:3], 100), (1000, 1000))
    assert pattern.size == 300
    assert pattern.entry(299) == (99, 2)


@pytest.mark.parametrize("axis", ["col", "row"])
def test_unsorted_and_repeated_compressed_indices_land_where_they_belong(axis: str) -> None:
    indices, indptr = np.array([3, 0, 3, 1, 0]), np.array([0, 3, 3, 5])
    shape = (4, 3) if axis == "col" else (3, 4)
    pattern, slots = from_compressed(indices, indptr, shape, axis=axis)
    other = np.array([0, 0, 0, 2, 2])
    rows, cols = (indices, other) if axis == "col" else (other, indices)
    assert (pattern.indices[slots.slot] == rows).all() and (pattern.cols[slots.slot] == cols).all()
    assert pattern.size == 4


def test_sorted_compressed_columns_are_taken_as_they_are() -> None:
    pattern, slots = from_compressed([0, 2, 1], [0, 2, 3], (3, 2), axis="col")
    assert slots.is_identity
    assert pattern.indices.tolist() == [0, 2, 1]


@pytest.mark.parametrize(
    ("rows", "cols", "got"),
    [
        ([0, 6], [0, 0], r"rows\[1\] = 6"),
        ([0, 1], [0, 4], r"cols\[1\] = 4"),
        ([-1, 1], [0, 0], r"rows\[0\] = -1"),
        ([0.0, 1.5], [0, 0], r"rows\[1\] = 1.5"),
        ([0, 1], [0], r"len\(rows\) = 2, len\(cols\) = 1"),
        ([[0, 1]], [[0, 1]], r"shape \(1, 2\)"),
        ([True], [False], r"rows\[0\] = True"),
    ],
)
def test_wrong_indices_are_named(rows: Any, cols: Any, got: str) -> None:
    with pytest.raises(PatternError, match=f"got: +{got}"):
        from_triplets(np.array(rows), np.array(cols), SHAPE)


def test_index_beyond_signed_integers_is_named() -> None:
    with pytest.raises(PatternError, match=r"got: +rows\[0\] = 18446744073709551615"):
        from_triplets(np.array([2**64 - 1], np.uint64), [0], SHAPE)


@pytest.mark.parametrize(
    ("indptr", "got"),
    [
        ([0, 1], r"len\(indptr\) = 2"),
        ([0, 1, 1], r"indptr\[-1\] = 1"),
        ([1, 1, 2], r"indptr\[0\] = 1"),
        ([0, 2, 1, 2], r"indptr\[2\] = 1 < indptr\[1\] = 2"),
    ],
)
def test_pointers_that_do_not_partition_are_named(indptr: Any, got: str) -> None:
    n = 3 if len(indptr) == 4 else 2
    with pytest.raises(PatternError, match=f"got: .*{got}"):
        from_compressed([0, 1], indptr, (2, n), axis="col")
