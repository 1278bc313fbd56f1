"""A vmapped cond runs both branches: a singular lane that nobody reads must neither raise nor spoil the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")

ASSEMBLE = sp.triplets([0, 1, 2, 0, 2], [0, 1, 2, 2, 0], (3, 3))
DEFINITE = sp.triplets([0, 1, 2, 0, 2], [0, 1, 2, 2, 0], (3, 3), positive_definite=True)
B = jnp.array([1.0, -2.0, 3.0])
LIVE = np.array([4.0, 5.0, 6.0, 1.0, 1.0])
DEAD = {"zero": np.zeros(5), "not a number": np.full(5, np.nan), "dependent": np.array([1.0, 1.0, 1.0, 1.0, 1.0])}
HOW = {"eager": lambda f: f, "jitted": jax.jit}


def guarded(assemble: Any) -> Any:
    """Solve where the lane is alive, else zero."""

    def value(alive: Any, values: Any) -> Any:
        def solved(v: Any) -> Any:
            return (sp.solve(assemble(v), B, on_singular="nan") ** 2).sum()

        return jax.lax.cond(alive, solved, lambda v: 0.0, values)

    return value


def lanes(dead: str) -> tuple[Any, Any]:
    return jnp.array([True, False, True]), jnp.stack([LIVE, DEAD[dead], 2 * LIVE])


def expected(values: Any) -> tuple[float, Any]:
    def dense(v: Any) -> Any:
        full = jnp.zeros((3, 3)).at[jnp.array([0, 1, 2, 0, 2]), jnp.array([0, 1, 2, 2, 0])].add(v)
        return (jnp.linalg.solve(full, B) ** 2).sum()

    return jax.value_and_grad(dense)(values)


@pytest.mark.parametrize("transport", ["buffer", "ffi"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("dead", DEAD)
def test_live_lanes_keep_value_and_gradient(dead: str, how: str, transport: str) -> None:
    alive, values = lanes(dead)
    with sp.transport(transport):
        program = HOW[how](jax.vmap(jax.value_and_grad(guarded(ASSEMBLE), 1)))
        found, slopes = jax.block_until_ready(program(alive, values))
    for lane in (0, 2):
        value, slope = expected(values[lane])
        # rounding times a condition number below ten
        assert float(found[lane]) == pytest.approx(float(value), rel=1e-13)
        assert np.allclose(slopes[lane], slope, rtol=1e-13, atol=0)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("dead", DEAD)
def test_dead_lane_is_zero_with_gradient_zero(dead: str, how: str) -> None:
    alive, values = lanes(dead)
    found, slopes = HOW[how](jax.vmap(jax.value_and_grad(guarded(ASSEMBLE), 1)))(alive, values)
    assert found[1] == 0
    assert np.array_equal(slopes[1], np.zeros(5))


def test_gradient_of_the_sum_of_lanes_is_finite() -> None:
    alive, values = lanes("zero")
    slopes = jax.grad(lambda v: jax.vmap(guarded(ASSEMBLE))(alive, v).sum())(values)
    assert np.isfinite(slopes).all()


def test_lane_that_is_not_positive_definite_is_nan() -> None:
    several = jnp.stack([LIVE, -LIVE])
    x = jax.vmap(lambda v: sp.solve(DEFINITE(v), B, on_singular="nan"))(several)
    assert np.isfinite(x[0]).all() and np.isnan(x[1]).all()


def test_matrices_are_shared_between_lanes_only_when_equal() -> None:
    several = jnp.stack([LIVE, 2 * LIVE])
    x = jax.vmap(lambda v: sp.solve(ASSEMBLE(v), B))(several)
    assert np.allclose(x[0], 2 * x[1], rtol=1e-15, atol=0)  # a power of two


def test_zero_load_of_a_singular_matrix_is_zero() -> None:
    assert np.array_equal(sp.solve(ASSEMBLE(np.zeros(5)), np.zeros(3), on_singular="nan"), np.zeros(3))


def test_without_the_option_a_dead_lane_raises() -> None:
    with pytest.raises(ArithmeticError, match="singular"):
        jax.vmap(lambda v: sp.solve(ASSEMBLE(v), B))(lanes("zero")[1])
