"""Implicit methods for ordinary differential equations: order, exact derivatives, few step sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.testing.differences import relative_gap
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")
models = require("tests.sparsead.transient.models")
check_derivatives = require("tests.sparsead.transient.derivatives").check_derivatives

odesolve = transient.odesolve
ORDERS = {"backward_euler": 1, "crank_nicolson": 2, "sdirk2": 2, "tr_bdf2": 2, "sdirk4": 4, "esdirk4": 4}
ORDERS |= {"bdf2": 2, "bdf3": 3, "bdf4": 4, "bdf5": 5}
START = jnp.array(models.PENDULUM_START)
FLAT, UNRAVEL = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.asarray, models.PENDULUM))


def solve(u0: Any, p: Any, **options: Any) -> Any:
    return odesolve(models.pendulum, u0, [0.0, 0.5, 2.0], UNRAVEL(p), **options)


EXACT = solve(START, FLAT, method="tsit5", h=1 / 512)


@pytest.mark.parametrize("method", ORDERS)
def test_order_of_convergence(method: str) -> None:
    errors = [relative_gap(solve(START, FLAT, method=method, h=h), EXACT) for h in (1 / 16, 1 / 32)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[method], abs=0.4)


CASES = [(m, {"h": 0.25}) for m in ("backward_euler", "crank_nicolson", "sdirk2", "esdirk4", "bdf3")]
CASES += [("tr_bdf2", {"rtol": 1e-3, "atol": 1e-4})]


@pytest.mark.parametrize(("method", "options"), CASES)
def test_tangent_is_the_difference_and_adjoint_its_transpose(method: str, options: dict[str, float]) -> None:
    run = lambda u, p: solve(u, p, method=method, **options)  # noqa: E731
    check_derivatives(run, (START, FLAT), gap=1e-8, differences="h" in options)


def test_stiff_decay_takes_few_steps_of_few_sizes() -> None:
    def slope(t: Any, u: Any, k: Any) -> Any:
        return -k * (u - jnp.cos(t))

    states, stats = odesolve(
        slope, jnp.zeros(1), [0.0, 2.0], 1e5, method="esdirk4", rtol=1e-6, atol=1e-8, full_output=True
    )
    assert abs(float(states[-1, 0]) - np.cos(2.0)) < 1e-4
    assert int(stats.accepted) < 300


@pytest.mark.parametrize("gradient", ["naive", "backsolve"])
def test_gradients_for_explicit_methods_only_are_refused(gradient: str) -> None:
    with pytest.raises(ValueError, match=f'got: .*gradient="{gradient}", method="sdirk2"'):
        solve(START, FLAT, method="sdirk2", h=0.1, gradient=gradient)
