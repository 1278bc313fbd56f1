"""Patterns are immutable, interned, hashable, and know their transpose."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

from sparsead.pattern import pattern as module
from sparsead.pattern.pattern import Pattern, index_dtype, stable_order
from sparsead.pattern.slots import Slots
from sparsead.pattern.triplets import from_triplets


def some(dtype: Any = None, shift: int = 0, seed: int = 0) -> Pattern:
    rng = np.random.default_rng(seed)
    return from_triplets(rng.integers(0, 9, 30) + shift, rng.integers(0, 7, 30), (9 + shift, 7), dtype=dtype)[0]


def test_same_entries_give_the_same_object() -> None:
    assert some() is some()


@pytest.mark.parametrize("other", [{"seed": 1}, {"shift": 1}, {"dtype": np.int64}])
def test_other_entries_shape_or_index_type_give_another_pattern(other: dict[str, Any]) -> None:
    assert some() != some(**other)


def test_equal_patterns_have_equal_hashes() -> None:
    pattern = some()
    twin = object.__new__(Pattern)  # past the interning
    twin.shape, twin.indptr, twin.indices, twin._hash = pattern.shape, pattern.indptr, pattern.indices, pattern._hash
    assert twin is not pattern
    assert twin == pattern and {pattern: 1}[twin] == 1


def test_patterns_whose_sampled_hash_agrees_are_told_apart() -> None:
    n = 5000  # the hash looks at about a thousand of the indices
    rows = np.arange(n)
    other = rows.copy()
    other[[1, 2]] = other[[2, 1]]
    first, second = from_triplets(rows, np.arange(n), (n, n))[0], from_triplets(other, np.arange(n), (n, n))[0]
    assert hash(first) == hash(second)
    assert first != second


def test_pattern_dies_when_nobody_holds_it() -> None:
    reference = weakref.ref(some(seed=17))
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize("through", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies_are_the_same_object(through: Any) -> None:
    pattern = some()
    assert through(pattern) is pattern


@pytest.mark.parametrize("name", ["indptr", "indices", "counts", "diagonal"])
def test_arrays_are_read_only(name: str) -> None:
    with pytest.raises(ValueError, match="read-only"):
        getattr(some(), name)[0] = 1


def test_pattern_does_not_follow_the_array_it_was_made_from() -> None:
    rows = np.array([0, 1], np.int32)
    pattern = Pattern((2, 2), np.array([0, 1, 2], np.int32), rows)
    rows[0] = 1
    assert pattern.indices.tolist() == [0, 1]


def test_transposition_numbers_the_same_entries() -> None:
    pattern = some()
    transposed, from_here = pattern.transposition
    assert transposed.shape == (7, 9)
    assert (transposed.indices == pattern.cols[from_here]).all()
    assert (transposed.cols == pattern.indices[from_here]).all()


def test_transposing_twice_gives_the_same_object() -> None:
    pattern = some()
    assert pattern.transposition[0].transposition[0] is pattern


@pytest.mark.parametrize("mirrored", [True, False])
def test_symmetric_pattern_is_recognised(mirrored: bool) -> None:
    rows, cols = np.array([0, 1, 2, 3, 1]), np.array([0, 1, 2, 3, 3])
    both = (np.r_[rows, cols], np.r_[cols, rows]) if mirrored else (rows, cols)
    assert from_triplets(*both, (4, 4))[0].is_symmetric is mirrored


def test_rectangular_pattern_is_not_symmetric() -> None:
    assert not some().is_symmetric


def test_transposition_of_a_symmetric_pattern_gives_the_entry_across_the_diagonal() -> None:
    rng = np.random.default_rng(3)
    rows, cols = rng.integers(0, 8, 20), rng.integers(0, 8, 20)
    pattern, _ = from_triplets(np.r_[rows, cols], np.r_[cols, rows], (8, 8))
    transposed, across = pattern.transposition
    assert transposed is pattern
    assert [pattern.entry(s)[::-1] for s in across] == [pattern.entry(s) for s in range(pattern.size)]


def test_diagonal_names_the_stored_entry_or_minus_one() -> None:
    pattern, _ = from_triplets([0, 2, 1], [0, 2, 3], (3, 4))
    assert pattern.diagonal.tolist() == [0, -1, 1]


def test_entry_skips_empty_columns() -> None:
    pattern, _ = from_triplets([1, 0, 2], [1, 4, 4], (3, 6))
    assert [pattern.entry(s) for s in range(3)] == [(1, 1), (0, 4), (2, 4)]


# ------------------------------------------------------------------------------------------- index types
def test_index_type_is_int32_up_to_its_limit() -> None:
    assert [index_dtype(k) for k in (2**31 - 1, 2**31)] == [np.int32, np.int64]


def test_indices_are_int64_beyond_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INT32_LIMIT", 20)
    pattern, slots = from_triplets(np.arange(21), np.arange(21), (21, 21))
    assert {array.dtype for array in (pattern.indptr, pattern.indices, pattern.cols, slots.slot)} == {np.dtype("i8")}


def test_long_indices_hold_the_same_entries() -> None:
    short, long = some(), some(dtype=np.int64)
    assert long.indices.dtype == np.int64
    assert (short.indices == long.indices).all() and (short.indptr == long.indptr).all()


def test_transposition_keeps_long_indices() -> None:
    assert some(dtype=np.int64).transposition[0].indices.dtype == np.int64


def test_stable_order_keeps_equal_keys_in_their_order() -> None:
    keys = np.array([2, 0, 2, 1, 0, 2])
    order, start = stable_order(keys, 4)
    assert order.tolist() == np.argsort(keys, kind="stable").tolist()
    assert start.tolist() == [0, 2, 3, 6, 6]


# ------------------------------------------------------------------------------------------------- slots
def test_equal_slots_are_equal_keys() -> None:
    first, second = Slots(np.array([1, 0, 1]), 3), Slots(np.array([1, 0, 1], np.int64), 3)
    assert first == second and hash(first) == hash(second)


@pytest.mark.parametrize(
    "other", [Slots(np.array([1, 0, 2]), 3), Slots(np.array([1, 0, 1]), 4), Slots(np.array([1]), 3)]
)
def test_other_slots_are_other_keys(other: Slots) -> None:
    assert Slots(np.array([1, 0, 1]), 3) != other


@pytest.mark.parametrize(("slot", "size", "identity"), [([0, 1], 2, True), ([1, 0], 2, False), ([0, 1], 3, False)])
def test_identity_is_recognised(slot: list[int], size: int, identity: bool) -> None:
    assert Slots(np.array(slot), size).is_identity is identity


def test_identity_is_known_without_its_array_and_makes_it_when_asked() -> None:
    slots = Slots.identity(4)
    assert slots.is_identity and len(slots) == 4 and slots == Slots.identity(4) != Slots.identity(5)
    assert slots.slot.tolist() == [0, 1, 2, 3]
