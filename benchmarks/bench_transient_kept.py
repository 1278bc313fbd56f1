"""Claim: the gradient of a run keeps its states, or a few of them, and an adaptive implicit run a few matrices.

Mostly counts: memory of the nerve cell's gradient (60,000 steps, 3 parameters) with all states and with two-level
checkpoints, factorizations of an adaptive run of heat on a plate of 10,100 unknowns and of its gradient, and steps that
binomial checkpoints walk beside the least possible, for all pairs of steps and snapshots.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse

import sparsead
import sparsead.jax as sp
from benchmarks import bench_transient, harness, tables
from sparsead.transient import march
from sparsead.transient.checkpoints import binomial

TITLE = "What a gradient through time keeps"
THREADS = (1,)
PROBLEMS = ("memory, all", "memory, sqrt", "adaptive heat", "binomial")
PLATE = (100, 101)
RTOL, ATOL = 1e-4, 1e-7
LONGEST = 10_000


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every problem."""
    for problem in PROBLEMS:
        yield {"problem": problem, "quick": quick}


def measure(problem: str, quick: bool) -> dict[str, Any]:
    """Return the counts of a problem."""
    jax.config.update("jax_enable_x64", True)
    if problem.startswith("memory"):
        return _memory(problem.split(", ")[1], bench_transient.STEPS // 10 if quick else bench_transient.STEPS)
    if problem == "adaptive heat":
        return _adaptive(*((10, 11) if quick else PLATE))
    return {"pairs": _pairs(200 if quick else LONGEST)}


def _memory(checkpoint: str, steps: int) -> dict[str, Any]:
    runs, start = bench_transient.nerve_cell(3, steps, checkpoint=checkpoint)
    run, gradient = jax.jit(runs["run"]), jax.jit(jax.value_and_grad(runs["run"]))
    calls = {"run": run, "gradient": gradient}
    times = harness.paired(
        {
            name: (lambda k: start * (1 + 1e-6 * k), lambda p, call=call: jax.block_until_ready(call(p)))
            for name, call in calls.items()
        }
    )
    memory = gradient.lower(start).compile().memory_analysis().temp_size_in_bytes
    return {"ratio": harness.ratios(times, "run"), "memory_bytes": memory, "state_bytes": 8 * 4 * steps}


def _adaptive(side: int, other: int) -> dict[str, Any]:
    """Factorizations of a run on a plate that is heated from rest and cooled on one edge, and of its gradient."""
    cell = np.arange(side * other).reshape(side, other)
    pairs = [(cell[:-1].ravel(), cell[1:].ravel()), (cell[:, :-1].ravel(), cell[:, 1:].ravel())]
    first, second = (np.concatenate(part) for part in zip(*pairs, strict=True))
    edge, n = cell[0], cell.size
    rows, cols = np.r_[first, second, first, second, edge], np.r_[first, second, second, first, edge]
    assemble = sp.triplets(rows, cols, (n, n), positive_definite=True)
    mass = sp.from_scipy(scipy.sparse.eye_array(n, format="csc")).declare(symmetric=True, positive_definite=True)

    def run(k: Any) -> Any:
        between = side**2 * 2.0 / (1.0 / k[first] + 1.0 / k[second])
        stiffness = assemble(jnp.concatenate([between, between, -between, -between, 2.0 * side**2 * k[edge]]))
        states, stats = march(
            jnp.zeros(n), [0.0, 1.0], mass=mass, stiffness=stiffness, load=jnp.ones(n), method="tr_bdf2",
            rtol=RTOL, atol=ATOL, full_output=True,
        )  # fmt: skip
        return jnp.sum(states[-1] ** 2), stats

    conductivity, counts = jnp.linspace(1.0, 2.0, n), []
    for call in (run, jax.value_and_grad(run, has_aux=True)):
        sparsead.factor_cache.clear()
        out = jax.block_until_ready(jax.jit(call)(conductivity))
        counts.append(sparsead.factor_cache.stats().factorizations)
    stats = out[0][1]
    return {
        "unknowns": n,
        "factorizations": counts[0],
        "factorizations_back": counts[1] - counts[0],
        "accepted": int(stats.accepted),
        "rejected": int(stats.rejected),
    }


def _pairs(longest: int) -> dict[str, int]:
    """Pairs (N, s) up to a length, and those whose schedule walks another number of steps than theory says."""
    n = np.arange(longest + 1)
    fewer, wrong = n * (n - 1) // 2, 0
    for s in range(2, longest + 1):
        walked = np.maximum(n - 1, 0)
        long = n[max(s, 2) :]
        walked[long] = binomial.advances(long, s)
        m = binomial.next_distance(long, s)
        wrong += int((walked[long] != m + fewer[long - m] + walked[m]).sum())
        fewer = walked
    return {"longest": longest, "number": (longest - 1) * longest // 2, "wrong": wrong}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every count beside its target."""
    found: list[tuple[str, float, float, str]] = []
    for row in (row for row in rows if row["outcome"] == "ok"):
        if row["problem"] == "memory, all":
            found.append(("memory of the nerve cell's gradient over its states", 1.1, _over_states(row), "×"))
        elif row["problem"] == "memory, sqrt":
            found.append(("the same with two-level checkpoints", 64, row["memory_bytes"] / 1024, "KiB"))
            found.append(("value and gradient over run with these", 4, row["ratio"]["gradient"]["median"], "×"))
        elif row["problem"] == "adaptive heat":
            found.append(("factorizations of adaptive steps of heat", 15, row["factorizations"], ""))
            found.append(("factorizations more for the gradient", 0, row["factorizations_back"], ""))
        else:
            claim = "pairs of steps and snapshots whose schedule walks more than the least"
            found.append((claim, 0, row["pairs"]["wrong"], ""))
    return [dict(zip(("claim", "target", "figure", "unit"), line, strict=True)) for line in found]


def _over_states(row: dict[str, Any]) -> float:
    return float(row["memory_bytes"] / row["state_bytes"])


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(["problem", "counts"], [[row["problem"], _words(row)] for row in rows if "wall_s" in row])


def _words(row: dict[str, Any]) -> str:
    if row["outcome"] != "ok":
        return str(row["outcome"])
    if row["problem"] == "binomial":
        return "{number:,} pairs up to {longest:,} steps, {wrong} not the least".format(**row["pairs"])
    if row["problem"] == "adaptive heat":
        text = "{unknowns:,} unknowns, {accepted} steps and {rejected} rejected, {factorizations} factorizations"
        return (text + ", {factorizations_back} more back").format(**row)
    kept, ratio = row["memory_bytes"] / 1024, tables.ratio(row["ratio"]["gradient"])
    return f"{kept:,.0f} KiB beside {row['state_bytes'] / 1024:,.0f} KiB of states, value and gradient over run {ratio}"
