"""Products of sparse matrices and parts of them: what is kept, what is declared, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sp
from sparsead.errors import DtypeError, PatternError, ShapeError
from sparsead.pattern import product
from tests.sparsead.operations import RECT, M, N, rect, square

A = rect(sp, np.arange(1.0, 10.0))
S = square(sp, np.arange(1.0, 13.0))

SYMMETRIC = sp.coo([0, 0, 1], [0, 1, 0], np.ones(3), (2, 2), symmetric=True)
HERMITIAN = sp.coo([0, 0, 1], [0, 1, 0], np.array([1.0, 1j, -1j]), (2, 2), hermitian=True)


@pytest.fixture
def small_memory() -> Iterator[None]:
    sparsead.backends.memory_limit(2**20)
    yield
    sparsead.backends.memory_limit(None)


def grid(side: int, seed: int) -> sp.SparseArray:
    """Return a matrix of random values on the nine-point pattern of a square grid."""
    line = sp.diags([np.ones(side), np.ones(side - 1), np.ones(side - 1)], [0, 1, -1], (side, side))
    whole = sp.kron(line, line)
    return sp.SparseArray(np.random.default_rng(seed).standard_normal(whole.stored), whole.pattern)


def test_product_stores_what_its_terms_reach_though_they_cancel() -> None:
    one = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], np.array([1.0, 1.0, 1.0, -1.0]), (2, 2))
    cancelled = one @ one
    assert cancelled.stored == 4 and np.array_equal(sp.to_dense(cancelled), 2 * np.eye(2))


def test_terms_are_found_once_for_two_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    first = A.T @ A
    monkeypatch.setattr(product, "_terms", None)
    assert (A.T @ (2.0 * A)).pattern is first.pattern


@pytest.mark.parametrize("role", [0, 1, 2])
def test_product_in_many_chunks_is_that_of_scipy(monkeypatch: pytest.MonkeyPatch, role: int) -> None:
    left, right = grid(15, role), grid(15, role + 3)
    monkeypatch.setattr(product, "_CHUNK", 1000)
    assert len(product.product(left.pattern, right.pattern).chunks) > 10
    out, pullback = sp.vjp(lambda a, b: a @ b, left, right)
    full = [sp.to_scipy(matrix) for matrix in (left, right, out)]
    weights = sp.SparseArray(np.random.default_rng(9).standard_normal(out.stored), out.pattern)
    left_bar, right_bar = pullback(weights)
    w = sp.to_scipy(weights)
    found, expected, kept = [
        (left_bar, w @ full[1].T, left),
        (right_bar, full[0].T @ w, right),
        (out, full[0] @ full[1], out),
    ][role]
    rows, cols = kept.pattern.indices, kept.pattern.cols
    assert np.abs(found.values - expected[rows, cols]).max() < 1e-13


def test_cotangent_that_is_zero_gives_zero_beside_nan() -> None:
    broken = sp.SparseArray(np.full(A.stored, np.nan), A.pattern)
    out, pullback = sp.vjp(lambda a: a.T @ broken, A)
    (bar,) = pullback(0.0 * sp.SparseArray(np.zeros(out.stored), out.pattern))
    assert not bar.values.any()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: sp.tril(S) @ sp.tril(S, -1), "lower triangular"),
        (lambda: sp.triu(S) @ sp.tril(S), "general"),
        (lambda: sp.triu(S, -1), "general"),
        (lambda: sp.kron(sp.eye(2), sp.eye(3)), "positive definite"),
        (lambda: sp.kron(sp.eye(2), S), "general"),
        (lambda: sp.kron(sp.eye(2), SYMMETRIC), "symmetric"),
        (lambda: sp.eye(2) + SYMMETRIC, "symmetric"),
        (lambda: sp.eye(2) - sp.eye(2), "symmetric"),
        (lambda: SYMMETRIC * sp.eye(2), "symmetric"),
        (lambda: SYMMETRIC * HERMITIAN, "Hermitian"),
        (lambda: HERMITIAN + (1j * SYMMETRIC), "general"),
        (lambda: sp.eye(2) * (sp.eye(2) + sp.eye(2)), "positive definite"),
        (lambda: sp.eye(N) * S, "general"),
        (lambda: sp.eye(N) * sp.tril(S), "general"),
        (lambda: sp.tril(S) * sp.tril(S, -1), "lower triangular"),
    ],
)
def test_structure_is_what_follows_from_both(made: Callable[[], Any], words: str) -> None:
    assert made().structure.describe() == words


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (lambda: A @ A, ShapeError, r"got:      shapes \(6, 5\) and \(6, 5\)"),
        (lambda: A * S, ShapeError, r"got:      shapes \(6, 5\) and \(5, 5\)"),
        (lambda: sp.kron(A, np.eye(2)), DtypeError, r"got:      numpy.ndarray"),
        (lambda: sp.tril(np.eye(2)), DtypeError, r"got:      numpy.ndarray"),
        (lambda: sp.triu(A, 0.5), PatternError, r"got:      k = 0.5"),
        (lambda: A[0], PatternError, r"got:      the single index 0 beside a slice"),
        (lambda: A[:, 2], PatternError, r"got:      the single index 2 beside a slice"),
        (lambda: A[0, 1, 2], PatternError, r"got:      an index of 3 parts: \(0, 1, 2\)"),
        (lambda: A[...], PatternError, r"got:      an index of 2 parts: Ellipsis"),
        (lambda: A[[0, 1], [0, 1, 2]], PatternError, r"got:      2 rows and 3 columns"),
        (lambda: A[[0, 6], :], PatternError, r"got:      rows\[1\] = 6"),
        (lambda: A[[0, 6], :], PatternError, r"expected: 0 <= rows < 6, from the 6 rows of the matrix"),
        (lambda: A[[0, -7], [0]], PatternError, r"(?s)expected: -6 <= rows < 6, from .*got:      rows\[1\] = -7"),
        (lambda: A[::0, :], PatternError, r"got:      rows = slice\(None, None, 0\): slice step cannot be zero"),
        (lambda: A @ sp.to_scipy(S), DtypeError, r"(?s)got:      scipy.*fix:      convert it with from_scipy"),
        (lambda: S * sp.to_scipy(S), DtypeError, r"(?s)got:      scipy.*fix:      convert it with from_scipy"),
        (lambda: A[:, [True, False]], ShapeError, r"got:      shape \(2,\)"),
    ],
)
def test_error_says_what_was_got(wrong: Callable[[], Any], error: type[Exception], got: str) -> None:
    with pytest.raises(error, match=got):
        wrong()


def test_matrix_is_not_iterated_over() -> None:
    with pytest.raises(TypeError):
        iter(A)


def test_terms_that_do_not_fit_are_refused_before_they_are_made(small_memory: None) -> None:
    n = 6000
    row, column = sp.coo(np.arange(n), np.zeros(n, int), np.ones(n), (n, 1)), np.zeros(n, int)
    with pytest.raises(PatternError, match=r"got:      36000000 of them .*: 0.3 GB"):
        row @ sp.coo(column, np.arange(n), np.ones(n), (1, n))


def test_kronecker_product_that_does_not_fit_is_refused_before_it_is_made(small_memory: None) -> None:
    with pytest.raises(PatternError, match=r"got:      25000000 of them .*: 1.3 GB"):
        sp.kron(sp.eye(5000), sp.eye(5000))


def test_mask_on_both_axes_names_pairs() -> None:
    full = sp.to_dense(A)
    rows, cols = np.arange(M) > 2, np.array([True, False, True, False, True])
    assert np.array_equal(A[rows, cols], full[rows, cols])


def test_indices_below_zero_count_from_the_end() -> None:
    full = sp.to_dense(A)
    rows, cols = np.array([-1, 2, -M]), np.array([-N, -2, 1])
    assert A[-1, -2] == full[-1, -2] and np.array_equal(A[rows, cols], full[rows, cols])
    for key in (np.s_[rows], np.s_[:, cols], np.s_[-2:, ::-1], np.ix_(rows, cols)):
        assert np.array_equal(sp.to_dense(A[key]), full[key])


def test_selection_of_a_pattern_is_found_once() -> None:
    assert A[[5, 0]].pattern is A[[5, 0]].pattern and A[:, :].stored == len(set(zip(*RECT, strict=True)))
