"""``jax.experimental.ode.odeint``: Dormand–Prince, and an adjoint that integrates back in time."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.experimental.ode import odeint

from benchmarks.taking_part import Differentiator, jitted
from benchmarks.time_problems import TimeProblem


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return ``odeint``, jitted."""
    jax.config.update("jax_enable_x64", True)
    f, start, times = problem.slope(jnp), jnp.asarray(problem.start), jnp.array([0.0, problem.end])
    tolerance = problem.tolerance

    def last(p: Any) -> Any:
        return jnp.sum(odeint(lambda u, t, p: f(t, u, p), start, times, p, rtol=tolerance, atol=tolerance)[-1])

    return jitted(last)
