"""Claim: on unstructured solids algebraic multigrid takes half of the time of PARDISO, or less.

Boxes whose points are moved at random, with some 200,000 dofs: nothing of a grid is left that a solver could use, and
there is no contrast. Each call has a new modulus, so that multigrid sets up and PARDISO factorizes; both assemble.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

import fem
import sparsead
from benchmarks import harness, tables

TITLE = "Algebraic multigrid beside PARDISO"
THREADS = (1, 2)
TARGET = 0.5
CELLS = {"hex8": 40, "tet10": 20}  # along each edge of a cube: 207,000 dofs
QUICK_CELLS = {"hex8": 8, "tet10": 4}
MOVED = 0.15  # of a cell
RTOL = 1e-6
ROUNDS = 5


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the elements."""
    for element in CELLS:
        yield {"element": element, "quick": quick}


def measure(element: str, quick: bool) -> dict[str, Any]:
    """Time solutions by turns; the solutions must agree to the tolerance."""
    jax.config.update("jax_enable_x64", True)
    cells = (QUICK_CELLS if quick else CELLS)[element]
    mesh = unstructured(element, cells)
    space = fem.Space(mesh, components=3)
    clamp = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    pull = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 1), (0.0, 0.0, -1.0))
    method = sparsead.iterative.cg(sparsead.iterative.amg(), rtol=RTOL)
    contestants = {
        "amg": (modulus, lambda young: solution(space, young, pull, clamp, method=method)),
        "pardiso": (modulus, lambda young: solution(space, young, pull, clamp, backend="pardiso")),
    }
    one, other = (np.asarray(call(2.0)) for _, call in contestants.values())
    sparsead.factor_cache.clear()
    times = harness.paired(contestants, rounds=ROUNDS)
    counts = sparsead.factor_cache.stats()
    return {
        "dofs": space.count,
        "difference": float(np.abs(one - other).max() / np.abs(other).max()),
        "iterations": counts.iterations / counts.setups,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, "pardiso"),
    }


def unstructured(element: str, cells: int) -> fem.Mesh:
    """Return a cube whose inner points are moved at random; edges stay straight."""
    mesh = fem.box((cells,) * 3, element={"tet10": "tet4"}.get(element, element))
    points = np.array(mesh.points)
    inside = ((points > 0) & (points < 1)).all(axis=1, keepdims=True)
    points += inside * np.random.default_rng(0).uniform(-MOVED / cells, MOVED / cells, points.shape)
    linear = fem.Mesh(points, mesh.blocks)
    return linear.with_order(2) if element == "tet10" else linear


def modulus(number: int) -> float:
    """Return a Young's modulus that no call had before."""
    return 1.0 + 0.01 * number


def solution(space: fem.Space, young: float, pull: Any, clamp: Any, **how: Any) -> jax.Array:
    """Assemble and solve."""
    return fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3), pull, clamp, **how)


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each ratio beside its target."""
    return [
        {
            "claim": f"amg over PARDISO, {row['element']}, {row['dofs']:,} dofs, threads: {row['threads']}",
            "target": TARGET,
            "figure": row["ratio"]["amg"]["median"],
            "unit": "x",
        }
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["element", "dofs", "threads", "PARDISO", "amg", "iterations", "ratio"],
        [
            [
                row["element"],
                f"{row['dofs']:,}",
                row["threads"],
                *(tables.timing(row["time_s"][name]) for name in ("pardiso", "amg")),
                f"{row['iterations']:.0f}",
                f"{row['ratio']['amg']['median']:.2f}",
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
