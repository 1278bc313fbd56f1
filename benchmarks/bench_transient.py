"""Claim: the gradient of a run through time costs about as much again as the run, not 50 times as much.

The forum's nerve cell (60,000 Euler steps; 3 and 126 parameters) beside a bare `lax.scan` and JAX's own gradient of it,
which tapes every step; heat flow and structural dynamics on sparse matrices. Runs and gradients take turns in one
process, each call on new parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jax import lax

import sparsead.jax as sp
from benchmarks import harness, tables, time_problems
from sparsead.transient import march, odesolve

TITLE = "Gradients through time"
THREADS = (1,)
STEPS = 60_000
SIDE, MARCH_STEPS, MARCH_H = 22, 200, 1e-3
TARGETS = {"nerve cell, 3": 2.6, "nerve cell, 126": 4.5, "heat": 2.0, "newmark": 1.8}


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every problem."""
    for problem in TARGETS:
        yield {"problem": problem, "quick": quick}


def measure(problem: str, quick: bool) -> dict[str, Any]:
    """Time run, value and gradient, and for the nerve cell a bare scan and its tape, in turn."""
    jax.config.update("jax_enable_x64", True)
    if problem.startswith("nerve cell"):
        runs, start = nerve_cell(int(problem.split(", ")[1]), STEPS // 10 if quick else STEPS)
    else:
        runs, start = _structure(problem, 6 if quick else SIDE)
    calls = {name: jax.jit(run) for name, run in runs.items()}
    calls["gradient"] = jax.jit(jax.value_and_grad(runs["run"]))
    if "bare scan" in runs:
        calls["tape"] = jax.jit(jax.value_and_grad(runs["bare scan"]))
    contestants = {name: (lambda k: start * (1 + 1e-6 * k), _finished(call)) for name, call in calls.items()}
    times = harness.paired(contestants)
    memory = calls["gradient"].lower(start).compile().memory_analysis().temp_size_in_bytes
    return {
        "parameters": start.size,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, "run"),
        "memory_bytes": memory,
    }


def _finished(call: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda p: jax.block_until_ready(call(p))


def nerve_cell(parameters: int, steps: int, checkpoint: str = "all") -> tuple[dict[str, Callable[..., Any]], Any]:
    """Return a run and a bare scan of the forum's cell, and their parameters.

    Parameters
    ----------
    parameters : int
        3, its conductances, or 126: all its rates and a current for each stretch of time as well.
    steps : int
        Number of steps.
    checkpoint : str
        As in `odesolve`.
    """
    problem = time_problems.make("n" if parameters == 3 else "m", quick=False, steps=steps)
    slope, begin, h = problem.slope(jnp), jnp.asarray(problem.start), problem.h

    def run(p: Any) -> Any:
        end = [0.0, problem.end]
        return jnp.sum(odesolve(slope, begin, end, p, method="euler", h=h, checkpoint=checkpoint)[-1])

    def bare(p: Any) -> Any:
        return jnp.sum(lax.scan(lambda u, i: (u + h * slope(i * h, u, p), None), begin, jnp.arange(steps))[0])

    return {"run": run, "bare scan": bare}, jnp.asarray(problem.params)


def _structure(problem: str, side: int) -> tuple[dict[str, Callable[..., Any]], Any]:
    """A cube of side**3 cells with a conductivity or stiffness each, a finite-volume grid; one face is kept at zero."""
    cell = np.arange(side**3).reshape(side, side, side)
    pairs = [(cell.take(range(side - 1), a).ravel(), cell.take(range(1, side), a).ravel()) for a in range(3)]
    first, second = (np.concatenate(part) for part in zip(*pairs, strict=True))
    face, n = cell[0].ravel(), side**3
    rows, cols = np.r_[first, second, first, second, face], np.r_[first, second, second, first, face]
    assemble = sp.triplets(rows, cols, (n, n), positive_definite=True)
    ones = jnp.ones(n)
    mass = sp.from_scipy(scipy.sparse.eye_array(n, format="csc")).declare(symmetric=True, positive_definite=True)

    def stiffness(k: Any) -> Any:
        between = 2.0 / (1.0 / k[first] + 1.0 / k[second])
        return assemble(jnp.concatenate([between, between, -between, -between, 2.0 * k[face]]))

    def heat(k: Any) -> Any:
        end = [0.0, MARCH_STEPS * MARCH_H]
        return jnp.sum(march(0 * ones, end, mass=mass, stiffness=stiffness(k), load=ones, h=MARCH_H)[-1] ** 2)

    def newmark(k: Any) -> Any:
        stiff, end = stiffness(k), [0.0, MARCH_STEPS * MARCH_H]
        rayleigh = 0.1 * mass + 1e-4 * stiff
        motion = march(0 * ones, end, mass=mass, stiffness=stiff, damping=rayleigh, load=ones, v0=0 * ones, h=MARCH_H)
        return jnp.sum(motion.u[-1] ** 2)

    return {"run": {"heat": heat, "newmark": newmark}[problem]}, jnp.linspace(1.0, 2.0, n)


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each ratio beside its target."""
    found = []
    for row in (row for row in rows if row["outcome"] == "ok"):
        name = row["problem"]
        figure = row["ratio"]["gradient"]["median"]
        found.append({"claim": f"value and gradient over run, {name}", "target": TARGETS[name], "figure": figure,
                      "unit": "×"})  # fmt: skip
        if "bare scan" in row["ratio"]:
            bare = 1.0 / row["ratio"]["bare scan"]["median"]
            found.append({"claim": f"run over bare scan, {name}", "target": 1.1, "figure": bare, "unit": "×"})
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    header = ["problem", "parameters", "run", "value and gradient", "ratio", "tape", "memory of the gradient"]
    return tables.markdown(
        header,
        [
            [
                row["problem"],
                row["parameters"],
                *(tables.timing(row["time_s"][name]) for name in ("run", "gradient")),
                tables.ratio(row["ratio"]["gradient"]),
                tables.ratio(row["ratio"]["tape"]) if "tape" in row["ratio"] else "–",
                f"{row['memory_bytes'] / 2**20:.2f} MiB",
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
