"""sparsead.transient on the problems of `time_problems`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.taking_part import Differentiator, jitted
from benchmarks.time_problems import TimeProblem
from sparsead.transient import odesolve


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return a run and its gradient, jitted."""
    jax.config.update("jax_enable_x64", True)
    f, start = problem.slope(jnp), jnp.asarray(problem.start)
    tolerance = problem.tolerance or None
    options: dict[str, Any] = {"method": problem.method, "h": problem.h, "rtol": tolerance, "atol": tolerance}
    if tolerance:
        options["max_steps"] = problem.capacity

    def last(p: Any) -> Any:
        return jnp.sum(odesolve(f, start, [0.0, problem.end], p, **options)[-1])

    return jitted(last)
