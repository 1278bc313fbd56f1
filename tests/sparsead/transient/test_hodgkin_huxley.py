"""The forum's neuron: 60,000 Euler steps, values and gradients from arithmetic of 40 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")
models = require("tests.sparsead.transient.models")

STEPS = 60_000
STATE_BYTES = STEPS * 4 * 8
START = jnp.array(models.HH_START)
PARAMS = jnp.array(models.HH_PARAMS)


def total(p: Any, **options: Any) -> Any:
    return jnp.sum(
        transient.odesolve(models.hodgkin_huxley, START, [0.0, 600.0], p, method="euler", h=0.01, **options)[-1]
    )


@pytest.mark.parametrize("checkpoint", ["all", "sqrt"])
def test_value_and_gradient_have_the_reference_digits(checkpoint: str) -> None:
    value, gradient = jax.jit(jax.value_and_grad(lambda p: total(p, checkpoint=checkpoint)))(PARAMS)
    np.testing.assert_allclose(value, models.HH_SUM, rtol=1e-9)
    np.testing.assert_allclose(gradient, models.HH_GRADIENT, rtol=1e-9)


def test_tangents_are_the_gradient() -> None:
    np.testing.assert_allclose(jax.jacfwd(total)(PARAMS), models.HH_GRADIENT, rtol=1e-9)
    forward = jax.jacfwd(lambda p: total(p, gradient="forward"))(PARAMS)
    np.testing.assert_allclose(forward, models.HH_GRADIENT, rtol=1e-9)


@pytest.mark.parametrize(("checkpoint", "limit"), [("all", 1.1 * STATE_BYTES), ("sqrt", 64 * 1024)])
def test_memory_of_the_gradient_is_that_of_the_kept_states(checkpoint: str, limit: float) -> None:
    compiled = jax.jit(jax.grad(lambda p: total(p, checkpoint=checkpoint))).lower(PARAMS).compile()
    assert compiled.memory_analysis().temp_size_in_bytes <= limit


def test_fixed_step_takes_as_many_steps_as_were_meant() -> None:
    times = np.arange(0.0, 600.0 + 0.005, 0.01)  # 60,001 times, none of them exactly a multiple of 0.01
    states, stats = transient.odesolve(
        models.hodgkin_huxley, START, times, PARAMS, method="euler", h=0.01, full_output=True
    )
    assert int(stats.accepted) == STEPS
    np.testing.assert_allclose(jnp.sum(states[-1]), models.HH_SUM, rtol=1e-9)
    np.testing.assert_allclose(jnp.sum(states), -3638081.269187974243, rtol=1e-9)


def many(bins: int, steps: int, p: Any, **options: Any) -> Any:
    """The last state's sum with 26 parameters, and a current of its own in each stretch of time."""

    def slope(t: Any, u: Any, p: Any) -> Any:
        drive = p[26:][((t / 0.01 + 0.5) / steps * bins).astype(int)] if bins else 1.0
        return models.parametrised(jnp, u, p[:3], p[3:26], drive)

    return jnp.sum(transient.odesolve(slope, START, [0.0, steps * 0.01], p, method="euler", h=0.01, **options)[-1])


def complex_steps(bins: int, steps: int, p: Any) -> Any:
    """The same gradient by complex steps in all parameters at once, with NumPy."""
    moved = p[:, None] + 1e-30j * np.eye(p.size)
    u = np.asarray(models.HH_START)[:, None] + np.zeros((4, p.size), complex)
    for i in range(steps):
        drive = moved[26 + int((i + 0.5) / steps * bins)] if bins else 1.0
        u = u + 0.01 * models.parametrised(np, u, moved[:3], moved[3:26], drive)
    return u.sum(0).imag / 1e-30


@pytest.mark.parametrize("bins", [0, 30, 100])
def test_gradient_in_26_56_and_126_parameters(bins: int) -> None:
    p = np.array([*models.HH_PARAMS, *models.HH_RATES, *[1.0] * bins])
    gradient = jax.jit(jax.grad(lambda p: many(bins, 2400, p)))(p)  # three milliseconds after the second spike
    np.testing.assert_allclose(gradient, complex_steps(bins, 2400, p), rtol=1e-9, atol=1e-9 * np.abs(gradient).max())


def test_gradient_in_126_parameters_over_all_steps() -> None:
    p = jnp.array([*models.HH_PARAMS, *models.HH_RATES, *[1.0] * 100])
    gradient = jax.jit(jax.grad(lambda p: many(100, STEPS, p)))(p)
    direction = jnp.asarray(np.random.default_rng(0).standard_normal(126)) * p
    forward = jax.jit(lambda p, d: jax.jvp(lambda p: many(100, STEPS, p, gradient="forward"), (p,), (d,))[1])
    np.testing.assert_allclose(gradient @ direction, forward(p, direction), rtol=1e-9)
    np.testing.assert_allclose(gradient[:3], models.HH_GRADIENT, rtol=1e-9)


def test_gradient_of_the_sum_over_all_saved_states() -> None:
    def everything(p: Any) -> Any:
        times = jnp.linspace(0.0, 600.0, STEPS + 1)
        return jnp.sum(transient.odesolve(models.hodgkin_huxley, START, np.asarray(times), p, method="euler", h=0.01))

    forward = jax.jacfwd(everything)(PARAMS)
    np.testing.assert_allclose(jax.grad(everything)(PARAMS), forward, rtol=1e-9)
