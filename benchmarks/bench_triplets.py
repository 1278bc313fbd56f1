"""Claim: summing triplets, and its pullback, each cost at most 2.5 copies of the triplet values.

40³ hexahedra, 64,000 cells, 24 x 24 entries each: 36.9 million triplets. The copy is into a fresh array,
whose pages the system must hand out, as it must for what an assembly returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

import sparsead.jax
import sparsead.numpy
from benchmarks import harness, problems, tables

TITLE = "Sum of triplets and its pullback"
THREADS = (1,)
TARGET = 2.5
CELLS, QUICK_CELLS = 40, 10
COPY = "copy of the values"
OPERATIONS = ("sum", "pullback")
ROUNDS = 15


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return both front-ends."""
    for front_end in ("numpy", "jax"):
        yield {"front_end": front_end, "quick": quick}


def measure(front_end: str, quick: bool) -> dict[str, Any]:
    """Time copy, sum and pullback in turn."""
    m = QUICK_CELLS if quick else CELLS
    dofs = problems.element_dofs((m, m, m))
    size, n = dofs.shape[1], 3 * (m + 1) ** 3
    rows, cols = np.repeat(dofs, size, axis=1).ravel(), np.tile(dofs, (1, size)).ravel()
    values = np.random.default_rng(3).standard_normal(rows.size)
    make = _numpy_calls if front_end == "numpy" else _jax_calls
    given, calls = make(rows, cols, n, values)
    contestants = {COPY: (lambda _: values, _copy)} | {name: (lambda _: given, call) for name, call in calls.items()}
    times = harness.paired(contestants, rounds=ROUNDS)
    return {
        "triplets": rows.size,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, COPY),
    }


def _copy(values: NDArray[np.float64]) -> NDArray[np.float64]:
    fresh = np.empty_like(values)
    np.copyto(fresh, values)
    return fresh


Calls = tuple[Any, dict[str, Callable[[Any], Any]]]


def _numpy_calls(rows: NDArray[np.int64], cols: NDArray[np.int64], n: int, values: NDArray[np.float64]) -> Calls:
    """Return the input and the two calls in NumPy."""
    assemble = sparsead.numpy.triplets(rows, cols, (n, n))
    matrix, pullback = sparsead.numpy.vjp(assemble, values)
    return values, {"sum": lambda given: assemble(given).values, "pullback": lambda _: pullback(matrix)}


def _jax_calls(rows: NDArray[np.int64], cols: NDArray[np.int64], n: int, values: NDArray[np.float64]) -> Calls:
    """Return the input and the two calls in JAX, jitted."""
    jax.config.update("jax_enable_x64", True)
    assemble = sparsead.jax.triplets(rows, cols, (n, n))
    given = jnp.asarray(values)
    total = jax.jit(lambda given: assemble(given).values)
    cotangent = jax.block_until_ready(total(given))
    pull = jax.jit(lambda given, bar: jax.vjp(lambda g: assemble(g).values, given)[1](bar))
    return given, {
        "sum": lambda given: jax.block_until_ready(total(given)),
        "pullback": lambda given: jax.block_until_ready(pull(given, cotangent)),
    }


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each ratio beside the target."""
    return [
        {
            "claim": f"{name} of {row['triplets'] / 1e6:.1f}M triplets over a copy, {row['front_end']}",
            "target": TARGET,
            "figure": ratio["median"],
            "unit": "×",
        }
        for row in rows
        if row["outcome"] == "ok"
        for name, ratio in row["ratio"].items()
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["front-end", "threads", COPY, "sum", "pullback"],
        [
            [
                row["front_end"],
                row["threads"],
                tables.timing(row["time_s"][COPY]),
                *(f"{tables.timing(row['time_s'][name])}, {row['ratio'][name]['median']:.2f} ×" for name in OPERATIONS),
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
