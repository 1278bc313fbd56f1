"""Gradients through time that contestants are checked against, made once per problem, by other code than theirs.

Of fixed steps: JAX's forward mode through a bare scan, which is the derivative of the numerical solution. Of adaptive
runs: a tolerance of 1e-13, and certified in a random direction by SciPy on the equations of the tangent, which is the
derivative of the solution itself.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from benchmarks import ours_time, time_problems
from benchmarks.time_problems import TimeProblem

TIGHT = 1e-13
NEWTON = 12
# Relative difference of the two directional derivatives above which neither is a reference.
CERTIFIED = 1e-9


def place(problem: str, *, quick: bool, steps: int) -> Path:
    """Return the file of the reference; a changed definition of the problems has another name."""
    source = hashlib.sha256(Path(time_problems.__file__).read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"sparsead-benchmarks-{os.getuid()}"
    return folder / f"time-{problem}-{'quick' if quick else 'full'}-{steps}-{source}.npz"


def measure(problem: str, quick: bool, steps: int) -> dict[str, float]:
    """Make the reference, write it, and return how well it is known.

    Raises
    ------
    ArithmeticError
        If the two ways to it do not agree.
    """
    jax.config.update("jax_enable_x64", True)
    given = time_problems.make(problem, quick=quick, steps=steps)
    value, gradient = _fixed(given) if given.steps else _adaptive(given)
    off = 0.0 if given.steps else _uncertainty(given, gradient)
    if not off <= CERTIFIED:
        raise ArithmeticError(f"reference of {given.title}: directional derivatives differ by {off:.1e}")
    file = place(problem, quick=quick, steps=steps)
    file.parent.mkdir(exist_ok=True)
    np.savez(file, value=value, gradient=gradient)
    return {"value": float(value), "uncertainty": off}


def errors(problem: str, quick: bool, steps: int, answer: tuple[Any, Any]) -> tuple[float, float]:
    """Return the relative errors of value and gradient (2-norm); infinite where there is no number."""
    with np.load(place(problem, quick=quick, steps=steps)) as reference:
        value, gradient = float(reference["value"]), reference["gradient"]
    found = np.asarray(answer[1], np.float64)
    return _finite(abs(float(answer[0]) - value) / abs(value)), _finite(
        np.linalg.norm(found - gradient) / np.linalg.norm(gradient)
    )


def _finite(error: Any) -> float:
    return float(error) if np.isfinite(error) else float("inf")


def _fixed(problem: TimeProblem) -> tuple[Any, Any]:
    """Tangents in all parameters through a scan; of backward Euler through Newton's iteration, converged."""
    f, h = problem.slope(jnp), problem.h
    eye = jnp.eye(problem.start.size)

    def euler(u: Any, t: Any, p: Any) -> Any:
        return u + h * f(t, u, p)

    def backward(u: Any, t: Any, p: Any) -> Any:
        def newton(_: Any, w: Any) -> Any:
            matrix = eye - h * jax.jacfwd(lambda w: f(t + h, w, p))(w)
            return w - jnp.linalg.solve(matrix, w - u - h * f(t + h, w, p))

        return lax.fori_loop(0, NEWTON, newton, u)

    step = {"euler": euler, "backward_euler": backward}[problem.method]

    def last(p: Any) -> Any:
        times = h * jnp.arange(problem.steps)
        end = lax.scan(lambda u, t: (step(u, t, p), None), jnp.asarray(problem.start), times)[0]
        return jnp.sum(end), jnp.sum(end)

    slope, value = jax.jit(jax.jacfwd(last, has_aux=True))(jnp.asarray(problem.params))
    return np.asarray(value), np.asarray(slope)


def _adaptive(problem: TimeProblem) -> tuple[Any, Any]:
    tight = replace(problem, tolerance=TIGHT, capacity=65_536)
    value, gradient = ours_time.differentiator(tight).gradient(jnp.asarray(problem.params))
    return np.asarray(value), np.asarray(gradient)


def _uncertainty(problem: TimeProblem, gradient: NDArray[np.float64]) -> float:
    """Return the relative difference of the derivative in a random direction to that of SciPy's integration."""
    f, n = problem.slope(jnp), problem.start.size
    params = jnp.asarray(problem.params)
    direction = jnp.asarray(np.random.default_rng(0).uniform(0.5, 1.0, params.size) * problem.params)

    @jax.jit
    def both(t: Any, y: Any) -> Any:
        return jnp.concatenate(jax.jvp(lambda u, p: f(t, u, p), (y[:n], params), (y[n:], direction)))

    stiff = problem.method == "esdirk4"
    slopes: dict[str, Any] = {"jac": jax.jit(jax.jacfwd(both, argnums=1))} if stiff else {}
    run = solve_ivp(
        lambda t, y: np.asarray(both(t, y)),
        (0.0, problem.end),
        np.r_[problem.start, np.zeros(n)],
        method="Radau" if stiff else "DOP853",
        rtol=1e-12,
        atol=1e-13,
        **slopes,
    )
    there, here = float(run.y[n:, -1].sum()), float(gradient @ np.asarray(direction))
    return abs(there - here) / abs(there)
