"""diffrax with any of its adjoints: constant steps or its own controller, the same tableau as the problem names."""

from __future__ import annotations

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import optimistix

from benchmarks.taking_part import Differentiator, jitted
from benchmarks.time_problems import TimeProblem

SOLVERS = {
    "euler": diffrax.Euler,
    "dormand_prince": diffrax.Dopri5,
    "backward_euler": diffrax.ImplicitEuler,
    "esdirk4": diffrax.Kvaerno4,
}
# Newton's iteration of fixed implicit steps: tight enough that what is compared is the derivative of the same steps.
ROOT_TOLERANCE = 1e-10


def integrated(problem: TimeProblem, adjoint: Any) -> Differentiator:
    """Return a run and its gradient by one adjoint, jitted."""
    jax.config.update("jax_enable_x64", True)
    f, start, solver = problem.slope(jnp), jnp.asarray(problem.start), SOLVERS[problem.method]()
    if problem.method == "backward_euler":
        # Its own choice, a chord method, gives up here: "nonlinear solve diverged".
        solver = diffrax.ImplicitEuler(root_finder=optimistix.Newton(rtol=ROOT_TOLERANCE, atol=ROOT_TOLERANCE))
    if problem.steps:
        controller: Any = diffrax.ConstantStepSize()
        # One more than there are, because sums of h may end just before the final time.
        most = problem.steps + 1
    else:
        controller = diffrax.PIDController(rtol=problem.tolerance, atol=problem.tolerance)
        most = problem.capacity

    def last(p: Any) -> Any:
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(f),
            solver,
            0.0,
            problem.end,
            problem.h,
            start,
            p,
            stepsize_controller=controller,
            adjoint=adjoint,
            max_steps=most,
        )
        return jnp.sum(found.ys[-1])

    return jitted(last, type(solver).__name__)
