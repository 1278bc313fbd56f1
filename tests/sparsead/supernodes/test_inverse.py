"""The inverse on the pattern from factors of many blocks, and products of inverses, against dense ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import scipy.sparse as ss

from sparsead.backends.shown import Shown
from sparsead.factors.entry import Entry
from sparsead.factors.options import SolveOptions
from sparsead.factors.store import factor_cache
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets
from sparsead.supernodes.chains import chain_on
from sparsead.supernodes.inverse import inverse_on
from sparsead.supernodes.plan import Plan
from tests.sparsead.backends.installed import backend_or_skip

SAME = 1e-12  # rounding times condition numbers of some hundreds
DEFINITE = Structure(positive_definite=True)


def grid(side: int = 17) -> Any:
    """The five-point Laplacian: many narrow blocks."""
    line = ss.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    return ss.csc_array(ss.kron(line, ss.eye_array(side)) + ss.kron(ss.eye_array(side), line))


def scattered(dtype: Any, n: int = 300) -> Any:
    """Entries anywhere, the pattern unsymmetric, a diagonal that is no row's largest entry: rows are exchanged."""
    rng = np.random.default_rng(0)
    matrix = ss.random_array((n, n), density=0.008, rng=rng, data_sampler=lambda size: rng.standard_normal(size))
    matrix = ss.csc_array(matrix + ss.diags_array(rng.uniform(0.1, 1.0, n)))
    if np.dtype(dtype).kind == "c":
        matrix.data = matrix.data * np.exp(1j * rng.uniform(0, 6, matrix.nnz))
    return matrix


def of_complex_grid() -> Any:
    """A Hermitian matrix: a grid with a phase on each of its edges."""
    upper = ss.triu(grid(), 1) * (0.6 + 0.8j)
    return ss.csc_array(upper + upper.conj().T + ss.diags_array(np.full(upper.shape[0], 4.0)))


def with_stored_zeros() -> Any:
    """A diagonal matrix that stores the pattern of a grid: the factors that SciPy shows are diagonal."""
    zeros = grid()
    zeros.data[zeros.data < 0] = 0
    return zeros


MATRICES: dict[str, tuple[Any, Structure, str]] = {
    "grid, CHOLMOD": (grid, DEFINITE, "cholmod"),
    "complex grid, CHOLMOD": (of_complex_grid, DEFINITE, "cholmod"),
    "grid, SuperLU": (grid, DEFINITE, "superlu"),
    "scattered": (lambda: scattered(float), Structure(), "superlu"),
    "scattered, UMFPACK": (lambda: scattered(float), Structure(), "umfpack"),
    "scattered, complex, UMFPACK": (lambda: scattered(complex), Structure(), "umfpack"),
    "scattered, complex": (lambda: scattered(complex), Structure(), "superlu"),
    "stored zeros": (with_stored_zeros, DEFINITE, "superlu"),
    "diagonal": (lambda: ss.diags_array(np.arange(1.0, 60.0), format="csc"), DEFINITE, "superlu"),
    "one unknown": (lambda: ss.csc_array(np.array([[4.0]])), DEFINITE, "cholmod"),
}


@cache
def entry_of(name: str) -> tuple[Entry, Any]:
    make, structure, backend = MATRICES[name]
    backend_or_skip(backend)
    matrix = make().tocoo()
    pattern, slots = from_triplets(matrix.row, matrix.col, matrix.shape)
    values = np.zeros(pattern.size, matrix.dtype)
    values[slots.slot] = matrix.data
    return factor_cache.entry(pattern, values, SolveOptions(structure, backend)), matrix.toarray()


def shown_of(name: str) -> tuple[Shown, Any, Any]:
    entry, full = entry_of(name)
    shown = entry.factorization().shown()
    if shown is None:
        pytest.skip("this version of scikit-sparse does not show its factors")
    return shown, entry.group.pattern, full


@pytest.mark.parametrize("name", MATRICES)
def test_inverse_on_the_pattern_is_that_of_the_dense_matrix(name: str) -> None:
    shown, pattern, full = shown_of(name)
    expected = np.linalg.inv(full)[pattern.cols, pattern.indices]
    np.testing.assert_allclose(
        inverse_on(shown, Plan(shown, pattern)), expected, rtol=0, atol=SAME * np.abs(expected).max()
    )


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("name", MATRICES)
def test_chain_is_the_product_of_dense_inverses(name: str, m: int) -> None:
    shown, pattern, full = shown_of(name)
    rng = np.random.default_rng(m)
    between = [rng.standard_normal(pattern.size).astype(full.dtype) for _ in range(m)]
    chain = inverse = np.linalg.inv(full)
    for factor in between:
        chain = chain @ ss.csc_array((factor, pattern.indices, pattern.indptr), shape=full.shape) @ inverse
    expected = chain[pattern.cols, pattern.indices]
    np.testing.assert_allclose(
        chain_on(shown, Plan(shown, pattern), between), expected, rtol=0, atol=SAME * np.abs(chain).max()
    )


@pytest.mark.parametrize("name", ["grid, CHOLMOD", "grid, SuperLU", "scattered"])
def test_front_of_a_parent_holds_the_rows_below_its_children(name: str) -> None:
    shown, pattern, full = shown_of(name)
    tree = Plan(shown, pattern).tree
    assert tree.starts[0] == 0 and tree.starts[-1] == len(full)
    assert 2 < len(tree) < len(full) / 8
    for block in range(len(tree)):
        parent = int(tree.parent[block])
        if parent >= 0:
            assert parent > block
            assert np.array_equal(tree.front(parent)[tree.within_parent[block]], tree.below[block])


def test_a_wrong_entry_of_a_factor_is_seen_in_the_inverse() -> None:
    shown, pattern, full = shown_of("grid, SuperLU")
    wrong = shown.lower.copy()
    wrong.data[len(wrong.data) // 2] += 0.1
    found = inverse_on(replace(shown, lower=wrong), Plan(shown, pattern))
    assert np.abs(found - np.linalg.inv(full)[pattern.cols, pattern.indices]).max() > 1e-4


@pytest.mark.parametrize("backend", ["cholmod", "superlu"])
def test_matrices_of_one_pattern_share_a_plan_where_their_factors_are_alike(backend: str) -> None:
    backend_or_skip(backend)
    matrix = grid().tocoo()
    pattern, slots = from_triplets(matrix.row, matrix.col, matrix.shape)
    values = np.zeros(pattern.size)
    values[slots.slot] = matrix.data
    plans = []
    for stretch in (1.0, 2.0):
        lane = values + stretch * (values > 0)
        entry = factor_cache.entry(pattern, lane, SolveOptions(DEFINITE, backend))
        shown = entry.factorization().shown()
        if shown is None:
            pytest.skip("this version of scikit-sparse does not show its factors")
        plans.append(entry.group.plan(shown))
        dense = np.linalg.inv(ss.csc_array((lane, pattern.indices, pattern.indptr), shape=pattern.shape).toarray())
        np.testing.assert_allclose(inverse_on(shown, plans[-1]), dense[pattern.cols, pattern.indices], atol=SAME)
    assert plans[0] is plans[1]
    assert entry.group.nbytes >= plans[0].nbytes > shown.lower.indices.nbytes


def test_a_plan_is_made_anew_where_rows_are_exchanged_otherwise() -> None:
    matrix = scattered(float).tocoo()
    pattern, _ = from_triplets(matrix.row, matrix.col, matrix.shape)
    plans: list[Plan] = []
    for seed in (0, 1):
        values = np.random.default_rng(seed).standard_normal(pattern.size)
        entry = factor_cache.entry(pattern, values, SolveOptions(Structure(), "superlu"))
        shown = entry.factorization().shown()
        assert shown is not None
        plan = entry.group.plan(shown)
        assert plan.fits(shown)
        assert not any(other.fits(shown) for other in plans)
        plans.append(plan)
        expected = np.linalg.inv(ss.csc_array((values, pattern.indices, pattern.indptr), shape=pattern.shape).toarray())
        expected = expected[pattern.cols, pattern.indices]
        np.testing.assert_allclose(inverse_on(shown, plan), expected, rtol=0, atol=1e-9 * np.abs(expected).max())
