"""What goes wrong is said in four lines, eagerly and in compiled programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead import errors
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")

odesolve = transient.odesolve


def decay(t: Any, u: Any, k: Any) -> Any:
    return k * u


ONE = jnp.ones(2)
CASES: dict[str, tuple[Any, type, str]] = {
    "NaN in a fixed step": (
        lambda k: odesolve(lambda t, u, k: {"x": k * jnp.sqrt(1.05 - t) * u["x"]}, {"x": ONE}, [0.0, 2.0], k,
                           method="rk4", h=0.1)["x"],
        errors.NonFiniteError, r"u\['x'\]\[0\] = nan at t = 1.1, step 11, h = 0.1",
    ),
    "NaN in f at the start": (
        lambda k: odesolve(lambda t, u, k: k * u / t, ONE, [0.0, 2.0], k), errors.NonFiniteError, "f at t = 0, step 0",
    ),
    "blow-up": (
        lambda k: odesolve(lambda t, u, k: -k * u**2, ONE, [0.0, 2.0], k), errors.StepSizeError, "at t = 1.0000",
    ),
    "max_steps": (
        lambda k: odesolve(decay, ONE, [0.0, 100.0], k, max_steps=10), errors.StepLimitError,
        "after 10 accepted steps",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_failed_run_raises_its_type(name: str) -> None:
    run, kind, got = CASES[name]
    with pytest.raises(kind, match=f"got: .*{got}"):
        run(-1.0)


@pytest.mark.parametrize("name", CASES)
def test_compiled_run_raises_with_the_same_text(name: str) -> None:
    run, _, got = CASES[name]
    with pytest.raises(Exception, match=f"got: .*{got}"):
        jax.block_until_ready(jax.jit(run)(-1.0))


def test_compiled_gradient_of_a_failed_run_raises() -> None:
    run = CASES["max_steps"][0]
    with pytest.raises(Exception, match="after 10 accepted steps"):
        jax.block_until_ready(jax.jit(jax.grad(lambda k: run(k)[-1, 0]))(-1.0))


def test_dead_lane_of_a_batch_raises_only_if_it_is_there() -> None:
    run = CASES["max_steps"][0]
    jax.block_until_ready(jax.vmap(run)(jnp.array([-1e-3, -2e-3])))
    with pytest.raises(Exception, match="after 10 accepted steps"):
        jax.block_until_ready(jax.vmap(run)(jnp.array([-1e-3, -1.0])))


def test_backsolve_raises_where_the_trajectory_does_not_come_back() -> None:
    loss = lambda k, **o: odesolve(decay, ONE, [0.0, 50.0], k, **o)[-1, 0]  # noqa: E731
    with pytest.raises(errors.ReverseMissError, match=r"got: .*a miss of .* times the tolerance at t = 0"):
        jax.grad(lambda k: loss(k, gradient="backsolve"))(-1.0)
    with pytest.raises(Exception, match=r"a miss of .* times the tolerance at t = 0"):
        jax.block_until_ready(jax.jit(jax.grad(lambda k: loss(k, gradient="backsolve")))(-1.0))


REFUSED: dict[str, tuple[Any, str]] = {
    "times go back": (lambda: odesolve(decay, ONE, [0.0, 2.0, 1.0], 1.0), r"t\[1\] = 2.0, t\[2\] = 1.0"),
    "times repeat": (lambda: odesolve(decay, ONE, [0.0, 0.0], 1.0), r"t\[0\] = 0.0, t\[1\] = 0.0"),
    "one time": (lambda: odesolve(decay, ONE, [0.0], 1.0), r"t of shape \(1,\)"),
    "infinite time": (lambda: odesolve(decay, ONE, [0.0, np.inf], 1.0), r"t\[1\] = inf"),
    "time between steps": (lambda: odesolve(decay, ONE, [0.0, 0.25], 1.0, method="rk4", h=0.1), "that is 2.5 steps"),
    "negative h": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, method="rk4", h=-0.1), "h = -0.1"),
    "no h": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, method="rk4"), "h=None"),
    "unknown method": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, method="tsit"), "method='tsit'"),
    "unknown gradient": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, gradient="adjoint"), "gradient='adjoint'"),
    "unknown checkpoint": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, checkpoint="some"), "checkpoint='some'"),
    "negative rtol": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, rtol=-1.0), "rtol=-1.0"),
    "max_steps": (lambda: odesolve(decay, ONE, [0.0, 1.0], 1.0, max_steps=0), "max_steps=0"),
    "shape of the slope": (lambda: odesolve(lambda t, u, k: u[:1], ONE, [0.0, 1.0]), r"of shape \(1,\)"),
    "structure of the slope": (lambda: odesolve(lambda t, u, k: {"v": u["u"]}, {"u": ONE}, [0.0, 1.0]), "'v'"),
    "NaN at the start": (lambda: odesolve(decay, jnp.array([1.0, np.nan]), [0.0, 1.0], 1.0), "component 1 = nan"),
    "empty state": (lambda: odesolve(decay, (), [0.0, 1.0], 1.0), r"u0 = \(\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_named(name: str) -> None:
    call, got = REFUSED[name]
    with pytest.raises(ValueError, match=f"got: .*{got}"):
        call()


def test_complex_slope_of_a_real_state_is_refused() -> None:
    with pytest.raises(errors.DtypeError, match=r"got: .*complex128"):
        odesolve(decay, ONE, [0.0, 1.0], 1j)


@pytest.mark.parametrize(
    ("differentiate", "got"),
    [
        (
            lambda: jax.grad(lambda k: odesolve(decay, ONE, [0.0, 1.0], k, gradient="forward")[-1, 0])(1.0),
            "reverse mode",
        ),
        (lambda: jax.jit(lambda h: odesolve(decay, ONE, [0.0, 1.0], 1.0, method="rk4", h=h))(0.1), "traced"),
    ],
)
def test_derivative_that_is_not_there_is_refused(differentiate: Any, got: str) -> None:
    with pytest.raises(errors.NoDerivativeError, match=f"got: .*{got}"):
        differentiate()


def test_a_time_may_be_traced_where_steps_are_chosen() -> None:
    end = jax.jit(lambda t: odesolve(decay, ONE, [0.0, t], -1.0)[-1, 0])(1.0)
    assert float(end) == pytest.approx(np.exp(-1.0), rel=1e-6)
