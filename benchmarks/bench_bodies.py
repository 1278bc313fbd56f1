"""Claim: a run through time with the adjoint that is exact on its accepted steps learns laws of motion.

Three bodies are seen at 100 steps of one unit of time and predicted for two, as in table 5 of the adaptive checkpoint
adjoint, where the error is 7e-4 for its best row. Rows: the law with unknown masses (ODE), a network for the
accelerations (NODE), both by three gradients, and long short-term memories (LSTM), which read the unit that was seen
and go on by themselves. The error is the mean over time of the sum of squares over nine coordinates, on two units of
time; mean and standard deviation of three seeds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import harness, tables
from benchmarks import three_bodies as bodies
from sparsead.transient import Backsolve

TITLE = "Three bodies: laws of motion learnt"
THREADS = (1,)
SEEDS = 3
ROUNDS = {"ODE": 100, "NODE": 600, "LSTM": 1000}
GRADIENTS = {"aca": "aca", "naive": "naive", "backsolve": Backsolve(math.inf)}  # however far it misses
TRIALS = {"ODE": 600, "NODE": 400}  # at most: the naive tape is as long as this
TARGET = 1e-6
Loss = Callable[[Any], tuple[Any, Any]]


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every row of the table."""
    kinds = {"ODE": (("float64", 1e-7), ("float64", 1e-5), ("float64", 1e-3), ("float32", 1e-5)),
             "NODE": (("float64", 1e-5), ("float32", 1e-5))}  # fmt: skip
    for model, precisions in kinds.items():
        for kind, tolerance in precisions:
            for how in GRADIENTS:
                yield {"model": model, "how": how, "kind": kind, "tolerance": tolerance, "quick": quick}
    for kind in ("float64", "float32"):
        for how in bodies.INPUTS:
            yield {"model": "LSTM", "how": how, "kind": kind, "tolerance": None, "quick": quick}


def measure(model: str, how: str, kind: str, tolerance: float | None, quick: bool) -> dict[str, Any]:
    """Fit the model from three starts and return its errors of prediction."""
    jax.config.update("jax_enable_x64", True)
    truth = bodies.tracks(bodies.law, jnp.asarray(bodies.TRUE), bodies.LATER, 1e-11, "aca", 8000)
    make, loss, predict = _memory(how, truth, kind) if model == "LSTM" else _motion(model, how, truth, kind, tolerance)
    rounds = 3 if quick else ROUNDS[model]
    update = jax.jit(partial(_update, loss, _rates(model, rounds)))
    errors, seconds, best = [], [], []
    for seed in range(1 if quick else SEEDS):
        start = jax.tree.map(lambda x: jnp.asarray(x, kind), make(np.random.default_rng(seed)))
        begin = time.perf_counter()
        p, lowest = _fitted(update, start, rounds)
        seconds.append(time.perf_counter() - begin)
        best.append(lowest)
        errors.append(float(jnp.mean(jnp.sum((predict(p) - truth) ** 2, (1, 2)))))
    return {"errors": errors, "training": best, "rounds": rounds, "time_s": harness.spread(seconds)}


def _motion(
    model: str, how: str, truth: Any, kind: str, tolerance: float | None
) -> tuple[Callable[..., Any], Loss, Callable[[Any], Any]]:
    """Start, loss and prediction of the law or of a network."""
    slope, make = (bodies.law, bodies.masses) if model == "ODE" else (bodies.network, bodies.weights)
    data = jnp.asarray(truth[: bodies.SEEN.size], kind)

    def loss(p: Any) -> tuple[Any, Any]:
        """Early errors count more: a wrong mass tells at once, later everything is wrong."""
        places = bodies.tracks(slope, p, bodies.SEEN, tolerance, GRADIENTS[how], TRIALS[model])
        squares = jnp.sum((places - data) ** 2, (1, 2))
        return jnp.mean(0.01 ** bodies.SEEN.astype(kind) * squares), jnp.mean(squares)

    return make, loss, lambda p: bodies.tracks(slope, p, bodies.LATER, tolerance, "aca", 8000)


def _memory(how: str, truth: Any, kind: str) -> tuple[Callable[..., Any], Loss, Callable[[Any], Any]]:
    """Start, loss and prediction of a long short-term memory."""
    data = jnp.asarray(truth[: bodies.SEEN.size], kind)

    def loss(p: Any) -> tuple[Any, Any]:
        squares = jnp.mean(jnp.sum((bodies.told(p, data[:-1]) - data[1:]) ** 2, (1, 2)))
        return squares, squares

    def predict(p: Any) -> Any:
        return jnp.concatenate([data[:1], bodies.told(p, data, bodies.LATER.size - bodies.SEEN.size - 1)])

    return partial(bodies.gates, size=bodies.INPUTS[how]), loss, predict


def _rates(model: str, rounds: int) -> tuple[Callable[[Any], Any], float, float]:
    """Rate of each round of Adam, and its two means' memories; for the law those of torch_ACA's script."""
    if model == "ODE":
        return lambda k: 0.1 * 0.95**k, 0.5, 0.5
    highest = 0.03 if model == "NODE" else 0.01
    return lambda k: highest * 0.5 * (1.0 + jnp.cos(jnp.pi * k / rounds)), 0.9, 0.999


def _update(loss: Loss, rates: Any, k: Any, p: Any, first: Any, second: Any) -> tuple[Any, ...]:
    """One round of Adam, and the score before it."""
    rate, short, long = rates
    (_, score), bar = jax.value_and_grad(loss, has_aux=True)(p)
    first = jax.tree.map(lambda m, g: short * m + (1 - short) * g, first, bar)
    second = jax.tree.map(lambda s, g: long * s + (1 - long) * g**2, second, bar)
    size = (rate(k) / (1 - short ** (k + 1))).astype(score.dtype)
    share = (1 - long ** (k + 1)).astype(score.dtype)
    p = jax.tree.map(lambda x, m, s: x - size * m / (jnp.sqrt(s / share) + 1e-8), p, first, second)
    return score, p, first, second


def _fitted(update: Callable[..., Any], p: Any, rounds: int) -> tuple[Any, float]:
    """The best parameters of all rounds, and their score."""
    first = second = jax.tree.map(jnp.zeros_like, p)
    best, lowest = p, math.inf
    for k in range(rounds):
        score, after, first, second = update(jnp.asarray(float(k)), p, first, second)
        if float(score) < lowest:
            best, lowest = p, float(score)
        p = after
    return best, lowest


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the worst seed of the law by the exact adjoint in double precision."""
    return [
        {"claim": "error of prediction, three bodies by aca, float64, tolerance 1e-7, worst of three seeds",
         "target": TARGET, "figure": max(row["errors"]), "unit": ""}
        for row in rows
        if row["outcome"] == "ok" and (row["model"], row["how"], row["tolerance"]) == ("ODE", "aca", 1e-7)
    ]  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["model", "gradient or inputs", "precision", "tolerance", "error of prediction", "single seeds"],
        [
            [
                row["model"],
                row["how"],
                row["kind"],
                "–" if row["tolerance"] is None else f"{row['tolerance']:.0e}",
                f"{np.mean(row['errors']):.2g} ± {np.std(row['errors'], ddof=min(1, len(row['errors']) - 1)):.1g}",
                ", ".join(f"{error:.2g}" for error in row["errors"]),
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
