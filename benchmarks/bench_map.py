"""The map of direct or iterative: time and memory of a value with its gradient, by size, dimension and method.

A cantilever held at one end, with a modulus of its own in each cell, from 1 to 10; the compliance and its gradient in
all moduli, new ones in each call. Quadrilaterals in the plane, hexahedra and quadratic tetrahedra in space; PARDISO,
algebraic multigrid, and on grids multigrid without a matrix, to a residual of 1e-6. Each case has a process of its own.
No target: `sparsead.backends.choose` and ``method="auto"`` have their constants from here. Factors are predicted before
they are made, and not made if that says more than half of the free memory or a quarter of an hour; then the prediction
is in the table. Memory is what the call adds at its highest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jax
import numpy as np

import fem
import sparsead
from benchmarks import harness, memory, tables
from sparsead.backends.memory import free, in_words
from sparsead.pattern.structure import Structure

TITLE = "Direct or iterative"
THREADS = (2,)
INCLUDED = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "direct_or_iterative_map.txt"
# Cells along each edge, for about so many dofs; multigrid halves them.
CELLS = {
    "quad4": {"1k": 24, "10k": 72, "30k": 128, "100k": 224, "300k": 384, "1M": 704},
    "hex8": {"1k": 6, "10k": 14, "30k": 20, "100k": 32, "300k": 48, "1M": 72},
    "tet10": {"1k": 3, "10k": 7, "30k": 10, "100k": 16, "300k": 24, "1M": 34},
}
METHODS = ("direct", "amg", "multigrid")
GRIDS = ("quad4", "hex8")
RTOL = 1e-6
LONGEST, LONG, ROUNDS = 900.0, 20.0, 3


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return elements, sizes and methods, the small ones first."""
    for size in ("1k",) if quick else CELLS["quad4"]:
        for element in CELLS:
            for method in METHODS:
                if method != "multigrid" or element in GRIDS:
                    yield {"element": element, "size": size, "method": method}


def measure(element: str, size: str, method: str) -> dict[str, Any]:
    """Time a value with its gradient, and see what memory that adds."""
    jax.config.update("jax_enable_x64", True)
    mesh, space, compliance = cantilever(element, CELLS[element][size])
    row: dict[str, Any] = {"dofs": space.count}
    how: dict[str, Any] = {"method": sparsead.iterative.cg(sparsead.iterative.amg(), rtol=RTOL)}
    if method == "multigrid":
        how = {"method": fem.multigrid(rtol=RTOL)}
    if method == "direct":
        how = {"backend": "pardiso"}
        predicted = prediction(space)
        row |= {"predicted_bytes": predicted.nbytes, "predicted_s": predicted.seconds}
        if predicted.nbytes > free() / 2 or predicted.seconds > LONGEST:
            return row
    both = jax.jit(jax.value_and_grad(lambda young: compliance(young, **how)))

    def young(number: int) -> Any:
        return np.random.default_rng(number).uniform(1, 10, mesh.cell_count)

    def call(given: Any) -> Any:
        return jax.block_until_ready(both(given))

    harness.once(call, young, 0)
    sparsead.factor_cache.clear()
    before = memory.restart()
    times = [harness.once(call, young, 1)]
    row["added_bytes"] = memory.peak() - before
    counts = sparsead.factor_cache.stats()
    if times[0] < LONG:  # without the analysis, as in a loop
        times = [harness.once(call, young, 2 + number) for number in range(ROUNDS)]
    return row | {"iterations": counts.iterations, "time_s": harness.spread(times)}


def cantilever(element: str, n: int) -> tuple[fem.Mesh, fem.Space, Callable[..., Any]]:
    """Return a square or cube of n cells along each edge, its space, and the compliance of its moduli."""
    if element == "quad4":
        mesh = fem.rectangle((n, n))
    else:
        mesh = fem.box((n,) * 3, element={"tet10": "tet4"}.get(element, element))
    mesh = mesh.with_order(2) if element == "tet10" else mesh
    dimension = mesh.points.shape[1]
    space = fem.Space(mesh, components=dimension)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    force = (0.0,) * (dimension - 1) + (-1.0,)
    load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 1), force)

    def compliance(young: Any, **how: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return (load * fem.solve(operator, load, held, **how)).sum()

    return mesh, space, compliance


def prediction(space: fem.Space) -> Any:
    """Return what PARDISO's analysis says of the factors."""
    pattern = space.topology.system().pattern
    definite = Structure(symmetric=True, positive_definite=True)
    analysis = sparsead.backends.get("pardiso").analyze(pattern, definite, np.ones(pattern.size))
    return analysis.predicted()


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return nothing: there is no target."""
    return []


def table(rows: list[dict[str, Any]]) -> str:
    """Return one line an element, size and number of threads; time and memory of each method."""
    done = {(row["element"], row["size"], row["threads"], row["method"]): row for row in rows}
    lines = []
    for element, sizes in CELLS.items():
        for size in sizes:
            for threads in sorted({row["threads"] for row in rows}):
                found = [done.get((element, size, threads, method)) for method in METHODS]
                dofs = {row["dofs"] for row in found if row and "dofs" in row}
                if dofs:
                    lines.append([element, f"{dofs.pop():,}", threads, *map(_cell, found)])
    return tables.markdown(["element", "dofs", "threads", "PARDISO", "cg + amg", "multigrid"], lines)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    if row["outcome"] != "ok":
        return str(row["outcome"])
    if "time_s" not in row:
        return f"not run: {in_words(row['predicted_bytes'])} and {row['predicted_s']:.2g} s predicted"
    iterations = f", iterations: {row['iterations']}" if row["method"] != "direct" else ""
    return f"{tables.seconds(row['time_s']['median'])}, {tables.megabytes(row['added_bytes'])}{iterations}"
