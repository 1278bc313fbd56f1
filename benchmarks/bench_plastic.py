"""Claim: a gradient through a hundred plastic load steps costs about as much again as the run.

A cantilever of quad8 in plane strain is bent beyond its elastic load and let go, in a hundred load steps: what remains
at the tip, alone and with its gradient in the yield stress of each cell, each call at numbers that no call had before.
Going back a step takes one assembly, one factorization and one transposed solve; going forth it took several.

Then the adjoint of one nonlinear state, of a block of neo-Hookean rubber: the time that the gradient adds, over the
time of one of Newton's iterations.
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

TITLE = "Plastic load steps and nonlinear states, with gradients"
THREADS = (1,)
ROUNDS = 5
STEPS, QUICK_STEPS = 100, 8
TARGETS = {"plastic": 2.2, "rubber": 1.1}
CLAIMS = {
    "plastic": "value and gradient of a plastic beam over the run",
    "rubber": "adjoint of a nonlinear state over one of Newton's iterations",
}
YOUNG, YIELD = 2.1e11, 2.5e8  # [Pa]


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the beam and the block."""
    yield from ({"problem": problem, "quick": quick} for problem in TARGETS)


def measure(problem: str, quick: bool) -> dict[str, Any]:
    """Time the value alone and with its gradient, by turns."""
    jax.config.update("jax_enable_x64", True)
    space, value = (_beam if problem == "plastic" else _block)(quick)
    cells = sum(map(len, space.mesh.blocks))

    def scales(number: int) -> jax.Array:
        return jnp.asarray(1.0 + 0.01 * np.random.default_rng(number).random(cells))

    programs = {"value": jax.jit(value), "value and gradient": jax.jit(jax.value_and_grad(value))}
    contestants = {name: (scales, _waiting(program)) for name, program in programs.items()}
    counts = {name: _counts(call, scales(0)) for name, (_, call) in contestants.items()}
    times = harness.paired(contestants, rounds=ROUNDS, warm=False)
    ratios = [both / alone for both, alone in zip(times["value and gradient"], times["value"], strict=True)]
    if problem == "rubber":  # as many factorizations as iterations
        ratios = [(ratio - 1) * counts["value"]["factorizations"] for ratio in ratios]
    return {
        "dofs": space.count,
        "counts": counts,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.spread(ratios),
    }


def _beam(quick: bool) -> tuple[fem.Space, Callable[[Any], Any]]:
    """Return the space, and what remains at the tip, from the yield stress of each cell over the usual one."""
    mesh = fem.rectangle((6, 2) if quick else (60, 12), size=(1.0, 0.1), element="quad8")
    space = fem.Space(mesh, components=2)
    wall = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 1.0), (0.0, -YIELD / 60))
    steps = QUICK_STEPS if quick else STEPS
    up = 3 * steps // 4
    factors = np.r_[np.linspace(0, 1.6, up + 1)[1:], np.linspace(1.6, 0, steps - up + 1)[1:]]

    def remains(scale: Any) -> Any:
        steel = fem.elements.j2_plasticity(
            space, young=YOUNG, poisson=0.3, yield_stress=YIELD * scale, kinematic_hardening=4e9
        )
        return fem.load_steps(steel, load, wall, factors=factors).states[-1, :, 1].min()

    return space, remains


def _block(quick: bool) -> tuple[fem.Space, Callable[[Any], Any]]:
    """Return the space, and the mean sinking of a pressed block, from the modulus of each cell over the usual one."""
    mesh = fem.box((3,) * 3 if quick else (18,) * 3)
    space = fem.Space(mesh, components=3)
    foot = fem.fix(space, mesh.points_on(lambda x: x[:, 2] == 0))
    load = fem.traction(space, mesh.facets_on(lambda x: x[:, 2] == 1), (0.0, 0.0, -2e5))

    def sunk(scale: Any) -> Any:
        rubber = fem.elements.neo_hookean(space, young=1e6 * scale, poisson=0.3)
        return fem.solve_nonlinear(rubber, load, foot)[:, 2].mean()

    return space, sunk


def _waiting(program: Callable[[jax.Array], Any]) -> Callable[[jax.Array], Any]:
    return lambda scale: jax.block_until_ready(program(scale))


def _counts(call: Callable[[jax.Array], Any], scale: jax.Array) -> dict[str, int]:
    """Return what the store counts in the first call, which also compiles."""
    sparsead.factor_cache.clear()
    call(scale)
    stats = sparsead.factor_cache.stats()
    return {name: getattr(stats, name) for name in ("factorizations", "solves")}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the ratios beside their targets."""
    return [
        {
            "claim": f"{CLAIMS[row['problem']]}, {row['dofs']:,} dofs",
            "target": TARGETS[row["problem"]],
            "figure": row["ratio"]["median"],
            "unit": "x",
        }
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["problem", "dofs", "threads", "what", "time", "factorizations", "solves"],
        [
            [
                row["problem"],
                f"{row['dofs']:,}",
                row["threads"],
                name,
                tables.timing(time),
                row["counts"][name]["factorizations"],
                row["counts"][name]["solves"],
            ]
            for row in rows
            if row["outcome"] == "ok"
            for name, time in row["time_s"].items()
        ],
    )
