"""The estimate of a gradient's error: of its size where the truth is known, loud where trajectories part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead import errors
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")

gradient_accuracy = transient.gradient_accuracy


def growth(t: Any, u: Any, k: Any) -> Any:
    return k * u


@pytest.mark.parametrize("method", ["heun_euler", "dormand_prince"])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_estimates_bound_the_errors_and_follow_the_tolerance(method: str, tolerance: float) -> None:
    found = gradient_accuracy(
        lambda u: u[-1] ** 2, growth, 1.0, [0.0, 3.0], 1.0, method=method, rtol=tolerance, atol=tolerance
    )
    value, gradient = np.exp(6.0), 6.0 * np.exp(6.0)
    _, stats = transient.odesolve(
        growth, 1.0, [0.0, 3.0], 1.0, method=method, rtol=tolerance, atol=tolerance, full_output=True
    )
    most = 4 * int(stats.accepted) * tolerance  # a step's error is allowed twice the tolerance, and u is squared
    assert abs(found.value - value) <= 2 * abs(found.value_error) <= 2 * most * value
    assert abs(found.gradient - gradient) <= 2 * abs(found.gradient_error) <= 2 * most * gradient
    assert float(found.relative) == pytest.approx(abs(float(found.gradient_error / found.gradient)), rel=1e-12)


def test_chaos_shows_while_every_step_meets_the_tolerance() -> None:
    """Lorenz's system: the state is good to the tolerance in each step; the gradient after 15 units is not."""

    def lorenz(t: Any, u: Any, rho: Any) -> Any:
        x, y, z = u
        return jnp.stack([10.0 * (y - x), x * (rho - z) - y, x * y - 8.0 / 3.0 * z])

    start = jnp.array([1.0, 1.0, 20.0])
    relative = [
        float(
            gradient_accuracy(
                lambda u: u[-1, 2], lorenz, start, [0.0, end], 28.0, method="bogacki_shampine", rtol=1e-5, atol=1e-5
            ).relative
        )
        for end in (1.0, 15.0)
    ]
    assert relative[0] < 1e-2
    assert relative[1] > 0.1


def test_close_encounter_frozen_steps_have_another_derivative() -> None:
    """Frozen steps do not move with the encounter when the mass changes, so their error changes quickly with it.

    The derivative is exact for these steps all the same; "naive", which moves them, is nearer to that of the equation.
    """

    def comet(t: Any, u: Any, mass: Any) -> Any:
        return jnp.concatenate([u[2:], -mass * u[:2] / jnp.sum(u[:2] ** 2) ** 1.5])

    def end(mass: Any, gradient: str) -> Any:
        options = {"method": "bogacki_shampine", "rtol": 1e-4, "atol": 1e-4, "gradient": gradient, "max_steps": 300}
        return transient.odesolve(comet, jnp.array([1.0, 0.0, 0.0, 0.3]), [0.0, 2.0], mass, **options)[-1, 0]

    true = 0.463917128684  # of the fifth-order method with tolerances of 1e-13
    frozen, moved = (
        abs(float(jax.jvp(lambda mass, how=how: end(mass, how), (1.0,), (1.0,))[1] / true - 1))
        for how in ("aca", "naive")
    )
    assert moved < 0.01 < 0.1 < frozen


def test_method_without_an_embedded_pair_is_refused() -> None:
    with pytest.raises(errors.ShapeError, match=r'got: .*method="rk4"'):
        gradient_accuracy(lambda u: u[-1], growth, 1.0, [0.0, 1.0], 1.0, method="rk4", h=0.1)
