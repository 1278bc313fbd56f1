"""What the factor store keeps, drops, rebuilds and counts."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import backends, factor_cache
from sparsead.backends.superlu import SuperLUAnalysis
from sparsead.errors import ShapeError, SingularMatrixError
from sparsead.factors.options import SolveOptions
from tests.sparsead.factors.matrices import grid

A = grid(12)
B = np.arange(144.0)


@pytest.fixture(autouse=True)
def usual_limit() -> Iterator[None]:
    yield
    factor_cache.limit(None)


def solve(matrix: Any, b: Any = B) -> Any:
    return sp.solve(matrix, b, backend="superlu")


def bytes_of_one() -> int:
    solve(A)
    nbytes = factor_cache.stats().nbytes
    factor_cache.clear()
    return nbytes


# ---------------------------------------------------------------------------------------------- hits
def test_same_values_are_found_again() -> None:
    solve(A)
    solve(A, B + 1)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.hits, stats.held) == (1, 1, 1)


def test_equal_values_in_another_array_are_found() -> None:
    solve(A)
    solve(grid(12))
    assert factor_cache.stats().factorizations == 1


def test_values_that_differ_in_the_last_bit_are_another_matrix() -> None:
    solve(A)
    values = A.values.copy()
    values[37] = np.nextafter(values[37], 9)
    solve(sp.SparseArray(values, A.pattern))
    assert factor_cache.stats().factorizations == 2


@pytest.mark.parametrize("place", [0, 1, 5_001, 9_999])
def test_large_values_that_differ_in_one_place_are_another_matrix(place: int) -> None:
    values = np.ones(10_000)
    moved = values.copy()
    moved[place] = 2.0
    found = [sp.solve(sp.diags([v]), np.ones(10_000), backend="superlu")[place] for v in (values, moved)]
    assert found == [1.0, 0.5]


def test_matrix_changed_in_place_is_another_matrix() -> None:
    values = A.values.copy()
    matrix = sp.SparseArray(values, A.pattern)
    before = solve(matrix)
    values *= 2
    assert np.allclose(solve(matrix), before / 2, rtol=1e-14, atol=0)  # a power of two: exact but for the order
    assert factor_cache.stats().factorizations == 2


@pytest.mark.parametrize(
    "other",
    [{"backend": "dense"}, {"structure": {"symmetric": True}}, {"dtype": np.complex128}],
    ids=["backend", "structure", "type"],
)
def test_backend_structure_and_type_are_part_of_the_key(other: dict[str, Any]) -> None:
    solve(A)
    matrix = A.declare(**other["structure"]) if "structure" in other else A
    b = B.astype(other.get("dtype", float))
    matrix = matrix * (1 + 0j) if "dtype" in other else matrix
    sp.solve(matrix, b, backend=other.get("backend", "superlu"))
    assert factor_cache.stats().factorizations == 2


def test_transposes_share_the_factorization() -> None:
    matrix = A * (1 + 0.5j)
    for view in (matrix, matrix.T, matrix.H, matrix.conj(), matrix.H.T):
        solve(view, B + 1j)
    assert factor_cache.stats().factorizations == 1


@pytest.mark.parametrize("name", backends.installed())
def test_new_values_need_no_new_analysis(name: str) -> None:
    if name == "triangular":
        matrices = [sp.diags([np.full(20, k)], triangular="lower") for k in (1.0, 2.0, 3.0)]
    else:
        matrices = [grid(12, k, positive_definite=name == "cholmod") for k in (1.0, 2.0, 3.0)]
    for matrix in matrices:
        sp.solve(matrix, np.ones(matrix.shape[0]), backend=name)
    stats = factor_cache.stats()
    assert stats.factorizations == 3
    assert stats.analyses <= 1


# --------------------------------------------------------------------------------- what stays, and what not
def test_few_small_factorizations_all_stay() -> None:
    for k in range(1, 11):
        solve(A * float(k))
    assert factor_cache.stats().held == 10


def test_beyond_comfort_the_newest_of_a_pattern_stays() -> None:
    factor_cache.limit(20 * bytes_of_one())  # one of them is beyond a sixteenth of it
    for k in range(1, 9):
        solve(A * float(k))
        assert factor_cache.stats().held == 1


def test_beyond_comfort_what_is_dropped_is_gone_before_the_next_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    held: list[int] = []
    factorize = SuperLUAnalysis.factorize

    def counted(analysis: Any, values: Any) -> Any:
        held.append(sum(alive() is not None for alive in made))
        factorization = factorize(analysis, values)
        made.append(weakref.ref(factorization))
        return factorization

    factor_cache.limit(20 * bytes_of_one())
    monkeypatch.setattr(SuperLUAnalysis, "factorize", counted)
    for k in range(1, 9):
        solve(A * float(k))
    assert held == [0] * 8


def test_beyond_comfort_a_matrix_that_keeps_coming_back_stays() -> None:
    factor_cache.limit(20 * bytes_of_one())
    for k in range(2, 10):
        solve(A * float(k))
        solve(A, B + k)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.rebuilds, stats.held) == (8 + 3, 2, 2)
    for k in range(10, 13):
        solve(A * float(k))
    assert factor_cache.stats().held == 1


def test_beyond_comfort_matrices_whose_adjoint_is_awaited_stay() -> None:
    factor_cache.limit(20 * bytes_of_one())
    pullbacks = [sp.vjp(solve, A * float(k), B)[1] for k in range(1, 7)]
    assert factor_cache.stats().held == 6
    for pullback in reversed(pullbacks):
        pullback(B)
    assert factor_cache.stats().factorizations == 6


def test_beyond_comfort_a_matrix_whose_adjoint_was_solved_stays_until_the_next_comes() -> None:
    factor_cache.limit(20 * bytes_of_one())
    for k in range(1, 9):
        sp.vjp(solve, A * float(k), B)[1](B)
        solve(A * float(k), B + 1)
        assert factor_cache.stats().held == 1
    assert factor_cache.stats().factorizations == 8


def test_beyond_comfort_two_matrices_in_turn_are_made_until_they_have_come_back_twice() -> None:
    factor_cache.limit(20 * bytes_of_one())
    for _ in range(8):
        solve(A, B)
        solve(A * 2.0, B)
    assert factor_cache.stats().factorizations == 6


def test_store_stays_within_its_bytes() -> None:
    one = bytes_of_one()
    factor_cache.limit(3 * one + one // 2)
    for k in range(1, 9):
        sp.vjp(solve, A * float(k), B)
        assert factor_cache.stats().nbytes <= 3 * one + one // 2
    assert factor_cache.stats().held == 3


def test_least_recently_used_goes_first() -> None:
    one = bytes_of_one()
    factor_cache.limit(2 * one + one // 2)
    for k in (1.0, 2.0):
        sp.vjp(solve, A * k, B)
    sp.vjp(solve, A, B)  # now 2 A is the oldest
    sp.vjp(solve, A * 3.0, B)
    solve(A, B + 1)
    assert factor_cache.stats().factorizations == 3


def test_lower_limit_takes_effect_at_once() -> None:
    one = bytes_of_one()
    for k in range(1, 6):
        solve(A * float(k))
    factor_cache.limit(one + one // 2)
    assert factor_cache.stats().held == 1


def test_counted_bytes_return_to_nothing() -> None:
    solve(A)
    factor_cache.limit(0)
    stats = factor_cache.stats()
    assert stats.held == 0
    assert stats.nbytes <= 1000  # an analysis of SuperLU stores nothing


def test_negative_limit_is_named() -> None:
    with pytest.raises(ShapeError, match=r"got: +-1"):
        factor_cache.limit(-1)


# -------------------------------------------------------------------------------------------- rebuilding
def test_rebuilt_factorization_gives_the_same_bits() -> None:
    before = solve(A, B)
    factor_cache.limit(0)
    factor_cache.limit(None)
    assert np.array_equal(solve(A, B), before)
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.rebuilds, stats.evictions) == (2, 1, 1)


def test_pullback_after_eviction_gives_the_same_bits() -> None:
    (_, kept), (_, lost) = sp.vjp(solve, A, B), sp.vjp(solve, A, B)
    expected = kept(B)
    factor_cache.clear()
    found = lost(B)
    assert np.array_equal(found[0].values, expected[0].values) and np.array_equal(found[1], expected[1])


def test_entry_in_use_survives_clear() -> None:
    held = sp.factorize(A, backend="superlu")
    before = held.solve(B)
    factor_cache.clear()
    factor_cache.limit(0)
    assert np.array_equal(held.solve(B), before)
    assert factor_cache.stats().factorizations == 0


def test_cleared_entry_is_freed_with_its_last_user() -> None:
    options = SolveOptions(backend="superlu")
    entry = factor_cache.entry(A.pattern, A.values, options)
    alive = weakref.ref(entry)
    factor_cache.clear()
    assert alive() is entry
    del entry
    gc.collect()
    assert alive() is None


def test_factorization_beyond_the_limit_works_and_warns_once(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    monkeypatch.setattr(factor_cache, "_warned_too_large", False)
    factor_cache.limit(1000)
    with pytest.warns(UserWarning, match=r"is larger than the limit of the factor store, 1000 bytes"):
        first = solve(A)
    assert np.array_equal(solve(A), first)  # a second warning would be an error here
    stats = factor_cache.stats()
    assert (stats.held, stats.factorizations, stats.evictions, stats.rebuilds) == (0, 2, 2, 1)


# ------------------------------------------------------------------------------------------ immutability
def test_entry_keeps_its_own_read_only_values() -> None:
    values = A.values.copy()
    entry = factor_cache.entry(A.pattern, values, SolveOptions(backend="superlu"))
    before = entry.solve(B[None], "N")
    values[:] = 1.0
    assert np.array_equal(entry.solve(B[None], "N"), before)
    with pytest.raises(ValueError, match="read-only"):
        entry.values[0] = 1.0


def test_solution_changed_by_its_user_is_not_remembered_so() -> None:
    matrix, b = grid(24, symmetric=True), np.ones(576)
    first = solve(matrix, b)
    expected = first.copy()
    first[:] = 0
    assert np.array_equal(solve(matrix, b), expected)


def test_later_factorization_leaves_the_earlier_alone() -> None:
    held = sp.factorize(A, backend="superlu")
    before = held.solve(B)
    for k in range(2, 5):
        solve(A * float(k))
    assert np.array_equal(held.solve(B), before)


# ------------------------------------------------------------------------------------------------- errors
def test_singular_matrix_leaves_nothing_behind() -> None:
    with pytest.raises(SingularMatrixError):
        solve(sp.diags([np.r_[np.ones(143), 0.0]]))
    assert factor_cache.stats().held == 0


def test_store_works_after_an_error() -> None:
    with pytest.raises(SingularMatrixError):
        solve(A * 0.0)
    assert np.allclose(A @ solve(A), B, rtol=0, atol=1e-11)  # rounding times a condition number of about 1e2
