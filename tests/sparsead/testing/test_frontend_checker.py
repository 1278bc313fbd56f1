"""Planted errors that show only at second order, or in a batch, are caught; the correct function is not rejected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
check_frontend = require("sparsead.testing.frontend_checks").check_frontend

N = 12
rng = np.random.default_rng(0)
ROWS, COLS = (np.r_[np.arange(N), rng.integers(0, N, 40), np.arange(N)] for _ in "rc")
PRIMALS = (np.r_[np.full(N, 4.0), 0.3 * rng.standard_normal(40), np.full(N, 3.0)], rng.standard_normal(N))


def matrix(values: Any) -> Any:
    return jnp.zeros((N, N), values.dtype).at[ROWS, COLS].add(values)


def oracle_grad(primals: Any, out_bar: Any) -> Any:
    values, b = primals
    full = np.zeros((N, N), np.result_type(values, b))
    np.add.at(full, (ROWS, COLS), values)
    x, lam = np.linalg.solve(full, b), np.linalg.solve(full.T, out_bar)
    return -lam[ROWS] * x[COLS], lam


def dense_solve(frozen: str) -> Any:
    """Solve with its own tangent, in which `frozen` is not differentiated again."""

    @jax.custom_jvp
    def solve(values: Any, b: Any) -> Any:
        return jnp.linalg.solve(matrix(values), b)

    @solve.defjvp
    def _(primals: Any, tangents: Any) -> Any:
        (values, b), (d_values, d_b) = primals, tangents
        x = solve(values, b)
        stop = jax.lax.stop_gradient
        used = stop(x) if frozen == "x" else x
        return x, solve(stop(values) if frozen == "values" else values, d_b - matrix(d_values) @ used)

    return solve


def batched_with_the_first_matrix() -> Any:
    """Solve whose batching rule takes the first matrix for all."""

    def wrapped(transposed: bool) -> Any:
        def plain(values: Any, b: Any) -> Any:
            return jnp.linalg.solve(matrix(values).T if transposed else matrix(values), b)

        solve = jax.custom_batching.custom_vmap(plain)

        @solve.def_vmap
        def _(size: int, batched: Any, values: Any, b: Any) -> Any:
            first = values[0] if batched[0] else values
            return jax.vmap(plain, (None, 0 if batched[1] else None), axis_size=size)(first, b), True

        return solve

    forward, backward = wrapped(False), wrapped(True)
    solve = jax.custom_vjp(forward)

    def kept(values: Any, b: Any) -> Any:
        x = forward(values, b)
        return x, (values, x)

    def pulled_back(residual: Any, out_bar: Any) -> Any:
        values, x = residual
        lam = backward(values, out_bar)
        return -lam[ROWS] * x[COLS], lam

    solve.defvjp(kept, pulled_back)
    return solve


def test_correct_function_is_accepted() -> None:
    check_frontend(dense_solve(frozen="nothing"), oracle_grad, PRIMALS)


@pytest.mark.parametrize("frozen", ["x", "values"])
def test_frozen_residual_is_caught_at_second_order(frozen: str) -> None:
    with pytest.raises(AssertionError, match=r"second order: cotangent \d and oracle differ"):
        check_frontend(dense_solve(frozen), oracle_grad, PRIMALS)


def test_wrong_cotangent_is_caught() -> None:
    def wrong(values: Any, b: Any) -> Any:
        return dense_solve(frozen="nothing")(values, jax.lax.stop_gradient(b))

    with pytest.raises(AssertionError, match="vjp: cotangent 1 and oracle differ"):
        check_frontend(wrong, oracle_grad, PRIMALS)


def test_batch_that_uses_the_first_matrix_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"vmap of the function over in_axes=\(0, None\)"):
        check_frontend(batched_with_the_first_matrix(), oracle_grad, PRIMALS)


def test_function_that_differs_under_jit_is_caught() -> None:
    calls = iter(range(1000))

    def drifting(values: Any, b: Any) -> Any:
        return values[:N] * b * (1 + 1e-6 * next(calls))

    with pytest.raises(AssertionError, match="jit: compiled and eager differ"):
        check_frontend(drifting, lambda primals, out_bar: primals, PRIMALS)
