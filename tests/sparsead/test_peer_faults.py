"""What solvers of this kind have got wrong; each test says what must hold instead."""

from __future__ import annotations

import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import NonFiniteError, PatternError, ShapeError, SingularMatrixError, StructureError
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.factors.matrices import grid, residual
from tests.sparsead.programs import grid as places

SIDE = 24
ROWS, COLS, VALUES = places(SIDE)
N = SIDE**2
B = np.random.default_rng(0).standard_normal(N)
ASSEMBLE = sp.triplets(ROWS, COLS, (N, N))
GENERAL = ("dense", "banded", "pardiso", "umfpack", "cvxopt", "superlu")
DEFINITE = (*GENERAL, "cholmod")


# ------------------------------------------------------------------------------------------- factors that outlive
@pytest.mark.parametrize("backend", DEFINITE)
def test_held_factorization_is_not_changed_by_a_later_one(backend: str) -> None:
    """A new factorization on the same pattern leaves one that somebody holds as it was, to the last bit."""
    backend_or_skip(backend)
    held = sp.factorize(grid(SIDE, positive_definite=True), backend=backend)
    before = held.solve(B)
    others = [sp.factorize(grid(SIDE, c, positive_definite=True), backend=backend) for c in (2.0, 3.0, 5.0)]
    assert np.array_equal(held.solve(B), before)
    assert residual(grid(SIDE, 5.0), others[-1].solve(B), B) < 1e-12  # rounding times a condition number of 2e2


@pytest.mark.parametrize("backend", DEFINITE)
def test_factorization_is_valid_after_the_store_forgot_it(backend: str) -> None:
    """A factorization that was evicted never answers with the solution of the matrix that took its place."""
    backend_or_skip(backend)
    held = sp.factorize(grid(SIDE, positive_definite=True), backend=backend)
    before = held.solve(B)
    factor_cache.limit(0)
    factor_cache.clear()
    factor_cache.limit(None)
    sp.solve(grid(SIDE, 2.0, positive_definite=True), B, backend=backend)
    gc.collect()
    assert np.array_equal(held.solve(B), before)


@pytest.mark.parametrize("backend", DEFINITE)
def test_factorization_outlives_its_matrix_and_its_siblings(backend: str) -> None:
    """Nothing is freed under its user: neither with the matrix, nor with other factorizations of the pattern."""
    backend_or_skip(backend)
    several = [sp.factorize(grid(SIDE, c, positive_definite=True), backend=backend) for c in (1.0, 2.0, 4.0)]
    before = several[1].solve(B)
    held = several.pop(1)
    del several
    factor_cache.clear()
    gc.collect()
    assert np.array_equal(held.solve(B), before)


@pytest.mark.parametrize("backend", DEFINITE)
def test_pullback_solves_with_the_matrix_of_its_forward_pass(backend: str) -> None:
    """A pullback called late, after other matrices and an empty store, still belongs to its own matrix."""
    backend_or_skip(backend)
    matrix = grid(SIDE, positive_definite=True)
    _, pullback = sp.vjp(lambda b: sp.solve(matrix, b, backend=backend), B)
    sp.solve(grid(SIDE, 7.0, positive_definite=True), B, backend=backend)
    factor_cache.clear()
    (b_bar,) = pullback(B)
    assert residual(matrix, b_bar, B) < 1e-12  # rounding times a condition number of 2e2


def test_values_changed_in_place_are_another_matrix() -> None:
    """Whoever writes into the values gets the solution for what is stored now, not for what once was."""
    matrix = ASSEMBLE(VALUES)
    sp.solve(matrix, B)
    matrix.values[matrix.pattern.diagonal[100]] += 1.0
    assert residual(matrix, sp.solve(matrix, B), B) < 1e-12  # rounding times a condition number of 2e2


def test_matrices_with_the_same_fingerprint_are_told_apart() -> None:
    """Two entries exchanged keep the sum, the size and any sample of the values; the matrix is another one."""
    rng = np.random.default_rng(1)
    first = 4 * N * sp.eye(N) + ASSEMBLE(VALUES + rng.random(len(VALUES)))
    for pair in [(1, 2), (700, 701), (1500, 2001)]:
        values = first.values.copy()
        values[list(pair)] = values[list(pair[::-1])]
        second = sp.SparseArray(values, first.pattern)
        for matrix in (first, second, first):
            assert residual(matrix, sp.solve(matrix, B), B) < 1e-12  # the other's solution: 1e-4


@pytest.mark.parametrize("backend", DEFINITE)
def test_pattern_built_anew_is_analyzed_once(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept per pattern is found by its content: a loop that builds the same indices again loses nothing."""
    kind = type(backend_or_skip(backend))
    analyze, analyzed = kind.analyze, []

    def counted(self: Any, *arguments: Any) -> Any:
        analyzed.append(analyze(self, *arguments))
        return analyzed[-1]

    monkeypatch.setattr(kind, "analyze", counted)
    for c in range(1, 6):
        sp.solve(sp.coo(ROWS.copy(), COLS.copy(), c * VALUES, (N, N), positive_definite=True), B, backend=backend)
    stats = factor_cache.stats()
    assert len(analyzed) == 1
    assert (stats.factorizations, stats.analyses) == (5, int(analyzed[0].symbolic))


def test_memory_of_many_matrices_and_patterns_is_bounded() -> None:
    """Neither new values nor new patterns pile up: the store stays within its bytes."""
    factor_cache.limit(3_000_000)
    try:
        for c in range(1, 40):
            sp.solve(grid(SIDE, float(c)), B, backend="superlu")
            sp.solve(grid(10 + c), np.ones((10 + c) ** 2), backend="superlu")
            assert factor_cache.stats().nbytes < 4_000_000  # the analyses are few bytes more
    finally:
        factor_cache.limit(None)


LEAK = """
import gc, sys, numpy as np, sparsead, sparsead.numpy as sp
from tests.sparsead.programs import grid

rows, cols, values = grid(60)

def resident():
    gc.collect()
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * 4096

def use(numbers):
    for c in numbers:
        matrix = sp.coo(rows, cols, (1.0 + c) * values, (3600, 3600), positive_definite=True)
        held = sp.factorize(matrix, backend=sys.argv[1])
        held.solve(np.ones((3600, 2))), held.solve(np.ones(3600), "T")

sparsead.factor_cache.limit(10_000_000)
use(range(30))
before = resident()
use(range(30, 130))
print(resident() - before)
"""


@pytest.mark.parametrize("backend", ["banded", "pardiso", "umfpack", "cvxopt", "superlu", "cholmod"])
def test_dropped_factorizations_give_their_memory_back(backend: str) -> None:
    """A hundred factorizations of 1 to 4 MB, each dropped, leave the process as large as it was."""
    backend_or_skip(backend)
    if not Path("/proc/self/statm").exists():
        pytest.skip("the resident memory is read from Linux")
    command = [sys.executable, "-c", LEAK, backend]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120, check=True
    )
    assert int(done.stdout) < 20_000_000


def test_eviction_while_others_solve_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factorization in use is freed only when its last user lets go, however small the store."""
    matrices = [grid(SIDE, float(c)) for c in range(1, 7)]
    factor_cache.limit(1)
    monkeypatch.setattr(factor_cache, "_warned_too_large", True)
    try:
        with ThreadPoolExecutor(4) as pool:
            solved = list(pool.map(lambda i: sp.solve(matrices[i % 6], B * (i + 1)), range(120), timeout=120))
    finally:
        factor_cache.limit(None)
    for i, x in enumerate(solved):
        assert residual(matrices[i % 6], x, B * (i + 1)) < 1e-12  # rounding times a condition number of 2e2


# -------------------------------------------------------------------------------------------------- what is given
@pytest.mark.parametrize("extra", [-1, 1, N])
def test_load_of_the_wrong_length_is_refused_by_a_held_factorization_too(extra: int) -> None:
    """A load that is too long is an error, never a solution with a tail of the load in it."""
    held = sp.factorize(grid(SIDE))
    with pytest.raises(ShapeError, match=rf"got: +b of shape \({N + extra},\)"):
        held.solve(np.ones(N + extra))


@pytest.mark.parametrize("declared", ["symmetric", "positive_definite"])
@pytest.mark.parametrize("keep", ["lower", "upper"])
def test_one_triangle_is_not_taken_for_the_matrix(keep: str, declared: str) -> None:
    """A symmetric matrix given by one triangle is an error, never solved as its diagonal."""
    kept = ROWS >= COLS if keep == "lower" else ROWS <= COLS
    with pytest.raises(StructureError, match=r"got: +no entry at"):
        sp.coo(ROWS[kept], COLS[kept], VALUES[kept], (N, N), **{declared: True})


@pytest.mark.parametrize("backend", DEFINITE)
def test_unsymmetric_values_are_not_symmetrised(backend: str) -> None:
    """A matrix declared symmetric whose values are not is an error, never solved by one of its triangles."""
    backend_or_skip(backend)
    values = VALUES.copy()
    values[np.flatnonzero(ROWS > COLS)[5]] *= 1.01
    with pytest.raises(StructureError, match=r"got: +A\[\d+, \d+\] = -\d\.\d+, A\[\d+, \d+\] = -\d\.\d+"):
        sp.solve(sp.coo(ROWS, COLS, values, (N, N), positive_definite=True), B, backend=backend)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("backend", DEFINITE)
def test_not_a_number_is_called_that(backend: str, bad: float) -> None:
    """NaN is reported as NaN with its place: not as a singular or indefinite matrix, nor returned as a solution."""
    backend_or_skip(backend)
    values = np.where((ROWS == COLS) & (ROWS == 77), bad, VALUES)
    with pytest.raises(NonFiniteError, match=rf"got: +A\[77, 77\] = {bad}"):
        sp.solve(sp.coo(ROWS, COLS, values, (N, N), positive_definite=True), B, backend=backend)


@pytest.mark.parametrize("backend", [None, *GENERAL])
@pytest.mark.parametrize("b", [[1.0, -1.0], [1.0, 1.0]], ids=["out of the range", "in the range"])
def test_singular_matrix_has_no_solution_of_any_size(b: Any, backend: str | None) -> None:
    """Neither 1e13 from a perturbed pivot, nor one of many solutions, nor NaN: an error."""
    if backend:
        backend_or_skip(backend)
    for values in ([1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 2.0, 4.0]):
        with pytest.raises(SingularMatrixError):
            sp.solve(sp.coo([0, 0, 1, 1], [0, 1, 0, 1], values, (2, 2)), b, backend=backend)


@pytest.mark.parametrize("backend", GENERAL)
def test_repeated_and_unsorted_triplets_add(backend: str) -> None:
    """Repetitions are no singular matrix, and order does not matter, whatever a library wants."""
    backend_or_skip(backend)
    order = np.random.default_rng(2).permutation(2 * len(ROWS))
    rows, cols = np.tile(ROWS, 2)[order], np.tile(COLS, 2)[order]
    values = np.tile(VALUES / 2, 2)[order]
    for matrix in (sp.coo(rows, cols, values, (N, N)), grid(SIDE).T.plain()):
        assert residual(grid(SIDE), sp.solve(matrix, B, backend=backend), B) < 1e-12  # rounding, condition of 2e2


@pytest.mark.parametrize("backend", GENERAL)
def test_index_outside_never_reaches_a_library(backend: str) -> None:
    """An index that is out of range is an error in Python, not a crash in a library."""
    backend_or_skip(backend)
    for bad in (N, -1, 2**31, 2**62):
        with pytest.raises(PatternError, match=rf"got: +cols\[7\] = {bad}"):
            cols = np.where(np.arange(len(COLS)) == 7, bad, COLS.astype(np.int64))
            sp.solve(sp.coo(ROWS, cols, VALUES, (N, N)), B, backend=backend)


@pytest.mark.parametrize("backend", GENERAL)
def test_imaginary_parts_are_kept(backend: str) -> None:
    """Complex values and loads give complex solutions, without a warning and without losing a part."""
    backend_or_skip(backend)
    for matrix, b in ((grid(SIDE, 1 + 2j), B), (grid(SIDE), B * 1j), (grid(SIDE, 2j), B + 1j)):
        x = sp.solve(matrix, b, backend=backend)
        assert x.dtype == np.complex128
        assert residual(matrix, x, b) < 1e-12  # rounding times a condition number of 2e2


def test_single_precision_stays_single() -> None:
    """float32 in, float32 out."""
    assert sp.solve(sp.diags([np.ones(3, np.float32)]), np.ones(3, np.float32)).dtype == np.float32


# ------------------------------------------------------------------------------------------------------ gradients
@pytest.mark.parametrize("declared", [{}, {"symmetric": True}, {"positive_definite": True}], ids=str)
def test_both_triangles_have_their_gradient(declared: dict[str, bool]) -> None:
    """The cotangent of every stored entry is -lam_i x_j: none is zero because its mirror image has it all."""
    matrix = sp.coo(ROWS, COLS, VALUES, (N, N), **declared)
    _, pullback = sp.vjp(lambda a: sp.solve(a, B), matrix)
    c = np.cos(np.arange(N))
    (bar,) = pullback(c)
    x, lam = sp.solve(matrix, B), sp.solve(matrix, c)
    expected = -lam[matrix.pattern.indices] * x[matrix.pattern.cols]
    assert np.allclose(bar.values, expected, rtol=1e-12, atol=1e-14)  # rounding times a condition number of 2e2


def test_every_repeated_triplet_has_the_gradient_of_its_entry() -> None:
    """Each of several triplets at one place has the whole cotangent of that place, none has zero."""
    rows, cols = np.tile(ROWS, 3), np.tile(COLS, 3)
    _, pullback = sp.vjp(lambda v: sp.solve(sp.coo(rows, cols, v, (N, N)), B), np.tile(VALUES / 3, 3))
    (bar,) = pullback(np.ones(N))
    once, again, last = bar.reshape(3, -1)
    assert (once != 0).all() and np.array_equal(once, again) and np.array_equal(once, last)


def test_entry_that_is_zero_has_its_gradient() -> None:
    """A stored zero is an entry: its cotangent is not zero."""
    matrix = sp.coo([0, 1, 0], [0, 1, 1], [2.0, 4.0, 0.0], (2, 2))
    (bar,) = sp.vjp(lambda a: sp.solve(a, [2.0, 4.0]), matrix)[1](np.ones(2))
    assert sp.to_dense(bar)[0, 1] == -0.5


@pytest.mark.parametrize("backend", GENERAL)
def test_second_derivatives_are_right(backend: str) -> None:
    """The tangent of a pullback agrees with central differences of it, with no new factorization at its point."""
    backend_or_skip(backend)
    direction = np.random.default_rng(3).standard_normal(len(VALUES))

    def slope(v: Any) -> Any:
        return sp.vjp(lambda w: B @ sp.solve(ASSEMBLE(w), B, backend=backend), v)[1](1.0)[0]

    _, product = sp.jvp(slope, (VALUES,), (direction,))
    assert factor_cache.stats().factorizations == 1
    h = 1e-5
    difference = (slope(VALUES + h * direction) - slope(VALUES - h * direction)) / (2 * h)
    # the third derivative times h squared, and rounding divided by h
    assert np.abs(product - difference).max() < 1e-6 * np.abs(product).max()
