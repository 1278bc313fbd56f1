"""Derivatives of values and vectors: NumPy against differences, JAX against dense autodiff to second order; costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csc_array

import sparsead.numpy as sp
from sparsead import factor_cache
from tests.conftest import require
from tests.sparsead.eigen.pencils import chain, square, symmetric_direction

N, COUNT = 24, 3
RNG = np.random.default_rng(3)
BY_VALUE, BY_ENTRY = RNG.standard_normal(COUNT), RNG.standard_normal((N, COUNT))


def declared(matrix: csc_array) -> sp.SparseArray:
    return sp.from_scipy(csc_array(matrix), symmetric=True)


def slope(f: Callable[[float], Any], h: float) -> Any:
    """Difference of fourth order at zero."""
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


@pytest.mark.parametrize("sigma", [0.0, 1.5, np.inf])
def test_gradient_of_values_and_vectors(sigma: float) -> None:
    K, M = chain(N)
    d_K, d_M = symmetric_direction(K, 1), 0.1 * symmetric_direction(M, 2)

    def f(K: sp.SparseArray, M: sp.SparseArray) -> Any:
        values, vectors = sp.eigsh(K, COUNT, M, sigma=sigma)
        return (values * BY_VALUE).sum() + (vectors * vectors * vectors * BY_ENTRY).sum()

    _, pullback = sp.vjp(f, declared(K), declared(M))
    K_bar, M_bar = (sp.to_scipy(bar) for bar in pullback(np.float64(1.0)))
    found = (K_bar * d_K).sum() + (M_bar * d_M).sum()
    expected = slope(lambda t: f(declared(K + t * d_K), declared(M + t * d_M)), 1e-4)
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    _, pushed = sp.jvp(f, (declared(K), declared(M)), (declared(d_K), declared(d_M)))
    np.testing.assert_allclose(pushed, found, rtol=1e-11)


def test_subspace_of_a_repeated_eigenvalue() -> None:
    K, _ = square(7)
    columns = np.repeat(np.arange(49), np.diff(K.indptr))
    M = csc_array((np.where(K.indices == columns, 1.0, 0.0), K.indices, K.indptr))  # the identity, stored as K is
    d_K, d_M = symmetric_direction(K, 1), 0.1 * symmetric_direction(K, 2)
    weight = np.random.default_rng(0).standard_normal((49, 49))

    def f(K: sp.SparseArray, M: sp.SparseArray) -> Any:
        values, vectors = sp.eigsh(K, 3, M)
        pair = vectors[:, 1:3]
        return values[0] + values[1] ** 4 + values[2] ** 4 + (pair * (weight @ pair)).sum()

    _, pullback = sp.vjp(f, declared(K), declared(M))
    K_bar, M_bar = (sp.to_scipy(bar) for bar in pullback(np.float64(1.0)))
    expected = slope(lambda t: f(declared(K + t * d_K), declared(M + t * d_M)), 2e-4)
    np.testing.assert_allclose((K_bar * d_K).sum() + (M_bar * d_M).sum(), expected, rtol=1e-8)


def test_gradient_of_values_needs_no_solve_and_of_vectors_one_block_an_iteration() -> None:
    K, M = map(declared, chain(300))
    _, of_values = sp.vjp(lambda K, M: sp.eigsh(K, 6, M, count=False)[0], K, M)
    before = factor_cache.stats()
    of_values(np.arange(6.0))
    assert factor_cache.stats().solves == before.solves
    _, of_vectors = sp.vjp(lambda K, M: sp.eigsh(K, 6, M, count=False)[1], K, M)
    before = factor_cache.stats()
    of_vectors(np.random.default_rng(0).standard_normal((300, 6)))
    after = factor_cache.stats()
    iterations = after.iterations - before.iterations
    assert after.factorizations == before.factorizations
    assert after.solves - before.solves == iterations + 1
    assert iterations < 30
    assert after.right_hand_sides - before.right_hand_sides < 6 * 30


def test_second_order_in_jax_against_dense_autodiff() -> None:
    jax = require("jax")
    jnp, sj = jax.numpy, require("sparsead.jax")
    K, M = chain(N)
    rows, cols = K.tocoo().coords
    make = sj.triplets(rows, cols, (N, N), symmetric=True)
    start = jnp.asarray(np.stack([K.tocoo().data, M.tocoo().data]))
    drawn = [symmetric_direction(one, seed).tocoo().data for seed, one in enumerate((K, M))]
    direction = jnp.asarray(np.stack(drawn) * [[1.0], [0.1]])

    def objective(values: Any, vectors: Any) -> Any:
        return (values * BY_VALUE).sum() + (vectors**3 * BY_ENTRY).sum()

    def ours(x: Any) -> Any:
        return objective(*sj.eigsh(make(x[0]), COUNT, make(x[1])))

    def dense(x: Any) -> Any:
        K, M = (jnp.zeros((N, N)).at[rows, cols].add(one) for one in x)
        inverse = jnp.linalg.inv(jnp.linalg.cholesky((M + M.T) / 2))
        values, y = jnp.linalg.eigh(inverse @ (K + K.T) / 2 @ inverse.T)
        vectors = inverse.T @ y[:, :COUNT]
        size = jnp.abs(vectors)
        first = (size >= 0.99 * size.max(0)).argmax(0)
        return objective(values[:COUNT], vectors * jnp.sign(vectors[first, jnp.arange(COUNT)]))

    def both(f: Any) -> Any:
        return jax.jit(lambda x: jax.jvp(jax.value_and_grad(f), (x,), (direction,)))(start)

    ((value, gradient), (pushed, curvature)), expected = both(ours), both(dense)

    def symmetric(x: Any) -> Any:
        full = [csc_array((np.asarray(one), (rows, cols)), (N, N)) for one in x]
        return np.stack([(one + one.T).toarray() for one in full])

    np.testing.assert_allclose(value, expected[0][0], rtol=1e-11)
    np.testing.assert_allclose(pushed, expected[1][0], rtol=1e-10)
    for found, wanted in ((gradient, expected[0][1]), (curvature, expected[1][1])):
        wanted = symmetric(wanted)
        np.testing.assert_allclose(symmetric(found), wanted, atol=1e-10 * np.abs(wanted).max())


def test_many_cotangents_are_solved_together() -> None:
    jax = require("jax")
    sj = require("sparsead.jax")
    K, M = (sj.from_scipy(one, symmetric=True) for one in chain(20))
    cotangents = np.random.default_rng(0).standard_normal((3, 20, 2))

    @jax.jit
    def program(values: Any) -> Any:
        _, pullback = jax.vjp(lambda v: sj.eigsh(sj.SparseArray(v, K.pattern, K.structure), 2, M)[1], values)
        return jax.vmap(pullback)(cotangents)[0], [pullback(one)[0] for one in cotangents]

    together, one_by_one = program(K.values)
    np.testing.assert_allclose(together, np.stack(one_by_one), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["autograd", "torch"])
def test_other_front_ends_have_the_gradient_of_numpy(name: str) -> None:
    library, front_end = require(name), require(f"sparsead.{name}")
    K, M = (sp.from_scipy(one, symmetric=True) for one in chain(20))

    def objective(sparse: Any, stiffness: Any) -> Any:
        matrix = sparse.SparseArray(stiffness, K.pattern, K.structure)
        mass = sparse.SparseArray(M.values, M.pattern, M.structure)
        values, vectors = sparse.eigsh(matrix, 2, mass)
        return values.sum() + (vectors * vectors * vectors).sum()

    _, pullback = sp.vjp(lambda stiffness: objective(sp, stiffness), K.values)
    if name == "autograd":
        found = library.grad(lambda stiffness: objective(front_end, stiffness))(K.values)
    else:
        start = library.tensor(K.values, requires_grad=True)
        objective(front_end, start).backward()
        found = start.grad.numpy()
    np.testing.assert_allclose(found, pullback(np.float64(1.0))[0], rtol=1e-11, atol=1e-13)


def test_vectors_of_close_eigenvalues_beside_a_stiff_entry() -> None:
    n = 100
    diagonal = np.r_[1.0, 1.00005, np.arange(2.0, n - 1), 1e13]
    coupling = np.zeros((n, n))
    coupling[0, 1] = coupling[1, 0] = 1.0
    stored = np.eye(n) + coupling  # both on one pattern

    def on_pattern(matrix: Any) -> sp.SparseArray:
        rows, cols = np.nonzero(stored)
        return sp.coo(rows, cols, matrix[rows, cols], (n, n), positive_definite=True)

    K, d_K = on_pattern(np.diag(diagonal)), on_pattern(coupling)
    _, pushed = sp.jvp(lambda K: sp.eigsh(K, 3)[1][1, 0], (K,), (d_K,))
    np.testing.assert_allclose(pushed, 1 / (diagonal[0] - diagonal[1]), rtol=1e-9)
