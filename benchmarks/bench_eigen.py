"""Claim: all gradients of twenty eigenvalues, in a density for each cell, cost a seventh of finding them, or less.

Vibration of a cube of hex8, clamped on one side, whose cells have densities between 0.3 and 1, stiffness with their
cube. The twenty lowest eigenvalues, alone and with their twenty gradients, each call at densities that no call had
before: one factorization by PARDISO, Lanczos' iteration, and for the gradients twenty pullbacks through the cells.
Then the gradient of all shapes at once, one cotangent. Counting by an inertia is off: it would add a factorization to
either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fem
import sparsead
from benchmarks import harness, tables

TITLE = "Eigenvalues and all their gradients"
THREADS = (1,)
TARGET = 1.15
CELLS, QUICK_CELLS = 30, 4  # along each edge: 89,373 dofs, of which 86,490 are free
COUNT = 20
ROUNDS = 5


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the one case."""
    yield {"element": "hex8", "quick": quick}


def measure(element: str, quick: bool) -> dict[str, Any]:
    """Time values alone, with all gradients, and with a gradient of the shapes, by turns."""
    jax.config.update("jax_enable_x64", True)
    space, programs = _programs(QUICK_CELLS if quick else CELLS, element)
    cells = sum(map(len, space.mesh.blocks))

    def densities(number: int) -> jax.Array:
        return jnp.asarray(0.3 + 0.7 * np.random.default_rng(number).random(cells))

    contestants = {name: (densities, _waiting(program)) for name, program in programs.items()}
    counts = {name: _counts(call, densities(0)) for name, (_, call) in contestants.items()}
    times = harness.paired(contestants, rounds=ROUNDS, warm=False)
    return {
        "dofs": space.count,
        "counts": counts,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, "values"),
    }


def _programs(cells: int, element: str) -> tuple[fem.Space, dict[str, Any]]:
    """Return the space and compiled functions of a density for each cell."""
    mesh = fem.box((cells,) * 3, element=element)
    space = fem.Space(mesh, components=3)
    clamp = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))

    def modes(density: jax.Array) -> fem.Modes:
        stiffness = fem.elements.elasticity(space, young=2.1e11 * density**3, poisson=0.3)
        return fem.modal(stiffness, fem.elements.mass(space, 7850.0 * density), clamp, k=COUNT, count=False)

    def with_gradients(density: jax.Array) -> Any:
        values, pullback = jax.vjp(lambda density: modes(density).eigenvalues, density)
        return values, jax.vmap(pullback)(jnp.eye(COUNT))

    def of_shapes(density: jax.Array) -> Any:
        return jax.value_and_grad(lambda density: (modes(density).shapes[:, -1] ** 2).sum())(density)

    programs = {
        "values": jax.jit(lambda density: modes(density).eigenvalues),
        "with all gradients": jax.jit(with_gradients),
        "with a gradient of shapes": jax.jit(of_shapes),
    }
    return space, programs


def _waiting(program: Callable[[jax.Array], Any]) -> Callable[[jax.Array], Any]:
    return lambda density: jax.block_until_ready(program(density))


def _counts(call: Callable[[jax.Array], Any], density: jax.Array) -> dict[str, int]:
    """Return what the store counts in the first call, which also compiles."""
    sparsead.factor_cache.clear()
    call(density)
    stats = sparsead.factor_cache.stats()
    return {name: getattr(stats, name) for name in ("factorizations", "solves", "right_hand_sides", "iterations")}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the ratio of all gradients beside its target."""
    return [
        {
            "claim": f"{COUNT} eigenvalues and all their gradients over the eigenvalues, {row['dofs']:,} dofs",
            "target": TARGET,
            "figure": row["ratio"]["with all gradients"]["median"],
            "unit": "x",
        }
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["dofs", "threads", "what", "time", "over the values", "factorizations", "solves", "right-hand sides"],
        [
            [
                f"{row['dofs']:,}",
                row["threads"],
                name,
                tables.timing(time),
                f"{row['ratio'][name]['median']:.3f}" if name in row["ratio"] else "1",
                *(row["counts"][name][what] for what in ("factorizations", "solves", "right_hand_sides")),
            ]
            for row in rows
            if row["outcome"] == "ok"
            for name, time in row["time_s"].items()
        ],
    )
