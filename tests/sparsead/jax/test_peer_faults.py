"""What solvers within JAX have got wrong; each test says what must hold instead."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from sparsead import factor_cache
from sparsead.errors import NoDerivativeError
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.programs import grid

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")

SIDE = 12
ROWS, COLS, VALUES = grid(SIDE)
N = SIDE**2
B = np.random.default_rng(0).standard_normal(N)
GENERAL = ("dense", "banded", "pardiso", "umfpack", "cvxopt", "superlu")
TRANSPORTS = ("buffer", "ffi")


def matrix(values: Any) -> Any:
    """Made within the traced function, of indices that are NumPy's, as every tutorial does."""
    return sp.coo(ROWS, COLS, values, (N, N))


def dense(values: Any) -> Any:
    return jnp.zeros((N, N)).at[ROWS, COLS].add(values)


def close(found: Any, expected: Any) -> bool:
    # rounding times a condition number of 70, for solutions and their derivatives
    return bool(np.abs(found - expected).max() <= 1e-11 * np.abs(expected).max())


def test_batch_of_patterns_is_refused() -> None:
    """A batch over indices is an error, never solved with the pattern of the first."""
    several = np.stack([ROWS, COLS])
    with pytest.raises(NoDerivativeError, match=r"got: +rows = \w+, traced"):
        jax.vmap(lambda rows: sp.solve(sp.coo(rows, COLS, VALUES, (N, N)), B))(several)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_matrix_may_be_made_inside_a_loop(transport: str) -> None:
    """Reverse mode through a loop whose body makes the matrix leaks no tracer, and factorizes once a step."""

    def march(solve: Any, v: Any) -> Any:
        return jax.lax.scan(lambda u, c: (solve(v * c, u), None), B, jnp.arange(1.0, 6.0))[0].sum()

    with sp.transport(transport):
        slope = jax.jit(jax.grad(lambda v: march(lambda w, u: sp.solve(matrix(w), u), v)))
        found = jax.block_until_ready(slope(VALUES))
    assert factor_cache.stats().factorizations == 5
    assert close(found, jax.grad(lambda v: march(lambda w, u: jnp.linalg.solve(dense(w), u), v))(jnp.asarray(VALUES)))


def test_matrix_may_be_an_argument_of_a_compiled_function_that_is_differentiated() -> None:
    """The pattern passes through jit with its matrix; the gradient of a jitted function of it is a matrix."""
    total = jax.jit(lambda a: sp.solve(a, B).sum())
    found = jax.jit(jax.grad(total))(matrix(VALUES))
    expected = jax.grad(lambda v: jnp.linalg.solve(dense(v), B).sum())(jnp.asarray(VALUES))
    assert close(jax.grad(lambda v: total(matrix(v)))(VALUES), expected)
    assert found.pattern is matrix(VALUES).pattern


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_compiled_function_outlives_what_it_was_made_of(transport: str) -> None:
    """No handle is baked into a program: it runs after matrix and factors are gone, and with other factors around."""

    def compiled() -> Any:
        a = matrix(VALUES)
        with sp.transport(transport):
            f = jax.jit(lambda b: sp.solve(a, b))
            f(B)
        return f

    f = compiled()
    before = np.asarray(f(B))
    factor_cache.clear()
    gc.collect()
    sp.solve(matrix(3 * VALUES), B)
    assert np.array_equal(f(B), before)


@pytest.mark.parametrize("backend", GENERAL)
def test_gradient_of_a_batch_of_matrices(backend: str) -> None:
    """The gradient under vmap works with every backend, one factorization for each matrix."""
    backend_or_skip(backend)
    several = jnp.stack([VALUES * c for c in (1.0, 2.0, 3.0, 4.0)])
    slopes = jax.jit(jax.vmap(jax.grad(lambda v: (sp.solve(matrix(v), B, backend=backend) ** 2).sum())))
    found = jax.block_until_ready(slopes(several))
    assert factor_cache.stats().factorizations == 4
    for v, slope in zip(several, found, strict=True):
        assert close(slope, jax.grad(lambda w: (jnp.linalg.solve(dense(w), B) ** 2).sum())(v))


def test_several_loads_are_a_matrix() -> None:
    """A right-hand side of shape (n, k) is solved in one call; no vmap is asked of the user."""
    loads = np.stack([B, B**2, np.ones(N)], 1)
    assert close(jax.jit(lambda b: sp.solve(matrix(VALUES), b))(loads), np.linalg.solve(dense(VALUES), loads))
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 1, 3)


def test_solution_is_differentiated_in_the_matrix_of_a_sum() -> None:
    """A sum of two matrices has no repeated entries that a library could take for a singular matrix."""

    def value(v: Any) -> Any:
        return sp.solve(matrix(v) + matrix(v).T + sp.eye(N), B).sum()

    def expected(v: Any) -> Any:
        return jnp.linalg.solve(dense(v) + dense(v).T + jnp.eye(N), B).sum()

    assert close(jax.grad(value)(VALUES), jax.grad(expected)(jnp.asarray(VALUES)))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_threads_that_run_compiled_programs_agree_to_the_bit(transport: str) -> None:
    """Four threads with eight matrices give what one thread gives, and factorize each matrix once."""
    with sp.transport(transport):
        slope = jax.jit(jax.grad(lambda v: (sp.solve(matrix(v), B) ** 2).sum()))
        slope(VALUES)
    several = [np.asarray(VALUES * c) for c in range(2, 10)]
    alone = [np.asarray(slope(v)) for v in several]
    factor_cache.clear()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda i: np.asarray(slope(several[i % 8])), range(64), timeout=120))
    assert all(np.array_equal(found, alone[i % 8]) for i, found in enumerate(together))
    assert factor_cache.stats().factorizations == 8


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_inputs_of_a_program_are_not_written_to(transport: str) -> None:
    """The host kernels see the program's own memory: they leave it as it is, and keep copies of what they keep."""
    values, b = jnp.asarray(VALUES), jnp.asarray(B)
    with sp.transport(transport):
        jax.block_until_ready(jax.jit(lambda v, c: sp.solve(matrix(v), c))(values, b))
    assert np.array_equal(values, VALUES) and np.array_equal(b, B)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_donated_values_may_be_overwritten(transport: str) -> None:
    """A program that donates the values it solved with does not spoil the factorization kept of them."""
    with sp.transport(transport):
        f = jax.jit(lambda v, c: (sp.solve(matrix(v), c), v * 0 + 7), donate_argnums=0)
        first, _ = f(jnp.array(VALUES), B)
        again, _ = f(jnp.array(VALUES), 2 * B)
    assert close(again, 2 * np.asarray(first))
    assert factor_cache.stats().factorizations == 1


def test_unused_solution_of_a_singular_matrix_is_not_computed() -> None:
    """What a program does not use it does not compute: no error from a solution that nobody reads."""
    f = jax.jit(lambda v: (sp.solve(matrix(v), B), v.sum())[1])
    assert float(f(np.zeros(len(VALUES)))) == 0
    assert factor_cache.stats().factorizations == 0
