"""Eigenpairs against LAPACK and closed forms: values, norm, sign, shifts, counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.sparse import csc_array

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.arrays.eigsh import eigen_options
from sparsead.eigen import pairs as module
from sparsead.eigen.pencil import Pencil
from sparsead.errors import ConvergenceError
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.eigen.pencils import chain, square


@pytest.mark.parametrize("n", [12, 120])
@pytest.mark.parametrize("sigma", [0.0, 1.5, None])
def test_pairs_are_those_of_lapack(n: int, sigma: float | None) -> None:
    K, M = chain(n)
    expected = eigh(K.toarray(), M.toarray(), eigvals_only=True)
    near = np.sort(expected[np.argsort(np.abs(expected - (sigma or 0.0)))[:4]])
    definite = {"positive_definite": True} if sigma is None else {"symmetric": True}
    values, vectors = sp.eigsh(sp.from_scipy(K, **definite), 4, sp.from_scipy(M, symmetric=True), sigma=sigma)
    np.testing.assert_allclose(values, near, rtol=1e-12, atol=1e-14)  # LAPACK's rounding, of the largest of all
    np.testing.assert_allclose(vectors.T @ M @ vectors, np.eye(4), atol=1e-13)
    np.testing.assert_allclose(K @ vectors, M @ vectors * values, atol=1e-11)
    size = np.abs(vectors)
    first = (size >= 0.99 * size.max(0)).argmax(0)
    assert (vectors[first, np.arange(4)] > 0).all()


@pytest.mark.parametrize("n", [12, 120])
def test_largest_pairs_are_those_of_lapack(n: int) -> None:
    K, M = chain(n)
    stiffness, mass = sp.from_scipy(K, symmetric=True), sp.from_scipy(M, positive_definite=True)
    values, vectors = sp.eigsh(stiffness, 4, mass, sigma=np.inf)
    np.testing.assert_allclose(values, eigh(K.toarray(), M.toarray(), eigvals_only=True)[-4:], rtol=1e-12)
    np.testing.assert_allclose(vectors.T @ M @ vectors, np.eye(4), atol=1e-13)


@pytest.mark.parametrize("m", [5, 10, 30, 40])
def test_of_two_that_are_as_near_the_lower_is_taken_with_and_without_derivatives(m: int) -> None:
    half = np.diag(np.arange(1.0, m + 1))
    matrix = sp.from_scipy(csc_array(np.block([[0 * half, half], [half, 0 * half]])), symmetric=True)
    followed, _ = sp.vjp(lambda K: sp.eigsh(K, 1)[0], matrix)
    np.testing.assert_allclose([*sp.eigsh(matrix, 1)[0], *followed], [-1, -1], rtol=1e-13)


def test_repeated_eigenvalues_of_a_square_are_all_found() -> None:
    K, exact = square(12)
    values, vectors = sp.eigsh(sp.from_scipy(K, positive_definite=True), 8)
    np.testing.assert_allclose(values, exact[:8], rtol=1e-13)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(8), atol=1e-13)


def test_one_factorization_is_kept_and_those_that_count_are_not() -> None:
    backend_or_skip("pardiso")
    matrix = sp.from_scipy(square(12)[0], positive_definite=True)
    sp.solve(matrix, np.ones(144))
    sp.eigsh(matrix, 3, count=False)
    assert factor_cache.stats().factorizations == 1
    sp.eigsh(matrix, 3, backend="pardiso")
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.held) == (3, 2)


@pytest.mark.parametrize("sigma", [0.0, 0.4])
def test_missed_eigenvalues_are_counted(sigma: float, monkeypatch: pytest.MonkeyPatch) -> None:
    backend_or_skip("pardiso")
    K, _ = square(12)
    honest = module.nearest

    def forgetful(pencil: object, count: int) -> object:
        values, vectors = honest(pencil, count + 1)  # type: ignore[arg-type]
        return np.delete(values, 1), np.delete(vectors, 1, axis=0)

    monkeypatch.setattr(module, "nearest", forgetful)
    with pytest.raises(ConvergenceError, match="got:      1 less, of the 4 asked for"):
        sp.eigsh(sp.from_scipy(K, symmetric=True), 4, sigma=sigma)


def test_a_count_that_cannot_be_told_is_skipped_and_leaves_the_pattern_as_it_was() -> None:
    backend_or_skip("pardiso")
    n = 100

    def between(springs: np.ndarray) -> sp.SparseArray:
        K = np.diag(springs[:-1] + springs[1:]) - np.diag(springs[1:-1], 1) - np.diag(springs[1:-1], -1)
        return sp.from_scipy(csc_array(K), positive_definite=True)

    even, soft = np.ones(n + 1), np.ones(n + 1)
    soft[40:60] = 1e-12
    sp.eigsh(between(even), 2)
    values, _ = sp.eigsh(between(soft), 2)
    np.testing.assert_allclose(values, 1e-12 * (2 - 2 * np.cos(np.pi * np.arange(1, 3) / 20)), rtol=1e-2)
    before = factor_cache.stats().factorizations
    sp.eigsh(between(2 * even), 2)
    assert factor_cache.stats().factorizations == before + 2


def test_a_mass_of_few_dofs_has_as_many_eigenvalues() -> None:
    K, _ = chain(60)
    masses = np.zeros(60)
    masses[[7, 30]] = 2.0
    M = sp.diags([masses], symmetric=True)
    flexibility = np.linalg.inv(K.toarray())[np.ix_([7, 30], [7, 30])]
    values, _ = sp.eigsh(sp.from_scipy(K, symmetric=True), 2, M)
    np.testing.assert_allclose(values, np.sort(0.5 / np.linalg.eigvalsh(flexibility)), rtol=1e-12)


def test_a_floating_chain_has_a_zero() -> None:
    n = 80
    K = np.diag(np.r_[1.0, 2 * np.ones(n - 2), 1.0]) - np.eye(n, k=1) - np.eye(n, k=-1)
    values, _ = sp.eigsh(sp.from_scipy(csc_array(K), positive_definite=True), 4, sigma=None)
    np.testing.assert_allclose(values, 2 - 2 * np.cos(np.pi * np.arange(4) / n), atol=1e-14)


@pytest.mark.parametrize(("n", "k"), [(30, 30), (110, 100)])
def test_all_pairs_of_a_chain_that_is_free_to_move(n: int, k: int) -> None:
    """Its zero is 1e-8 from the shift, so that S M has the digits of no other pair."""
    K = 1e6 * (np.diag(np.r_[1.0, 2 * np.ones(n - 2), 1.0]) - np.eye(n, k=1) - np.eye(n, k=-1))
    values, vectors = sp.eigsh(sp.from_scipy(csc_array(K), positive_definite=True), k, sigma=None)
    np.testing.assert_allclose(values, 1e6 * (2 - 2 * np.cos(np.pi * np.arange(k) / n)), rtol=1e-11, atol=1e-7)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-13)


@pytest.mark.parametrize("n", [40, 90])
def test_largest_pairs_of_a_matrix_with_few_that_are_not_zero(n: int) -> None:
    """As of a structure in which one cell is pressed."""
    K, M = chain(n)
    pressed = np.zeros((n, n))
    pressed[10:13, 10:13] = [[2.0, -1.0, 0.0], [-1.0, 2.0, -1.0], [0.0, -1.0, 2.0]]
    stiffness = csc_array(pressed + 1e-27 * K.toarray())
    values, _ = sp.eigsh(
        sp.from_scipy(stiffness, symmetric=True), 6, sp.from_scipy(M, positive_definite=True), sigma=np.inf
    )
    expected = eigh(pressed, M.toarray(), eigvals_only=True)[-6:]
    np.testing.assert_allclose(values, expected, atol=1e-13)


def test_float32_is_computed_in_double() -> None:
    K, M = chain(20)
    single = [sp.from_scipy(csc_array(one, dtype=np.float32), symmetric=True) for one in (K, M)]
    values, vectors = sp.eigsh(single[0], 2, single[1])
    assert values.dtype == vectors.dtype == np.float32
    np.testing.assert_allclose(values, eigh(K.toarray(), M.toarray(), eigvals_only=True)[:2], rtol=1e-5)


def test_a_cluster_of_zeros_is_not_counted_within() -> None:
    """Four chains free to move: rounding would decide how many of their zeros lie below a shift among them."""
    n = 30
    one = np.diag(np.r_[1.0, 2 * np.ones(n - 2), 1.0]) - np.eye(n, k=1) - np.eye(n, k=-1)
    matrix = sp.from_scipy(csc_array(np.kron(np.eye(4), one)), positive_definite=True)
    asked: list[tuple[float, float]] = []

    class Watched(Pencil):
        def within(self, last: float, following: float) -> int | None:
            asked.append((last, following))
            return super().within(last, following)

    plain = matrix.plain()
    for k in (2, 6):
        options = eigen_options(4 * n, k, plain.structure, sigma=None)
        module.pairs(Watched(plain.values, np.ones(4 * n), (plain.pattern, sp.eye(4 * n).pattern), options))
    assert all(following > 1e-3 for _, following in asked)
