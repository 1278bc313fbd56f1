"""Claim: on a grid, multigrid without a matrix takes a quarter of PARDISO's time and a sixth of its memory.

For a value and its gradient, on a cantilever of hexahedra after 20 iterations of SIMP, with a contrast of 1e9. Its
iterations hardly grow with the mesh, on this and on two random fields of the same contrast: blobs with sharp edges, and
a wide field with grey edges. Each call has other moduli, so that multigrid sets up and PARDISO factorizes. PARDISO is
not run above 200,000 dofs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

import fem
import sparsead
from benchmarks import harness, memory, tables

TITLE = "Multigrid beside PARDISO, on designs"
THREADS = (2,)
CELLS = {"28k": (32, 16, 16), "176k": (60, 30, 30), "212k": (64, 32, 32), "1M": (112, 56, 56)}
QUICK_CELLS = (16, 8, 8)
LARGEST_DIRECT = 200_000
RTOL = 1e-6
VOID = 1e-9
ROUNDS = 3
TIME_TARGET = {"28k": 1.0, "176k": 0.25}
MEMORY_TARGET = {"176k": 1 / 6}
GROWTH_TARGET = {"design": 1.5, "blobs": 3.0, "smooth": 3.0}
SIZES = {"design": ("28k", "176k", "1M"), "blobs": ("28k", "212k", "1M"), "smooth": ("28k", "212k", "1M")}


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return fields and sizes."""
    for field, sizes in SIZES.items():
        for size in sizes[:1] if quick else sizes:
            yield {"field": field, "size": size, "quick": quick}


def measure(field: str, size: str, quick: bool) -> dict[str, Any]:
    """Time values and gradients by turns; compliances must agree."""
    jax.config.update("jax_enable_x64", True)
    cells = QUICK_CELLS if quick else CELLS[size]
    solve = compliance(cells)
    young = VOID + (designed(cells, solve) if field == "design" else random_field(field, cells)) ** 3
    methods = {"multigrid": fem.multigrid(rtol=RTOL)}
    if field == "design" and 3 * np.prod([n + 1 for n in cells]) <= LARGEST_DIRECT:
        methods["pardiso"] = None
    both = jax.jit(jax.value_and_grad(solve), static_argnums=1)
    added, values, iterations = {}, {}, 0
    for name, method in methods.items():
        jax.block_until_ready(both(young, method))
        sparsead.factor_cache.clear()
        before = memory.restart()
        values[name] = float(jax.block_until_ready(both(young, method))[0])
        added[name] = memory.peak() - before
        iterations = max(iterations, sparsead.factor_cache.stats().iterations)
    contestants: dict[str, Any] = {
        name: (lambda number: young * (1 + 1e-3 * number), lambda e, m=method: jax.block_until_ready(both(e, m)))
        for name, method in methods.items()
    }
    times = harness.paired(contestants, rounds=ROUNDS)
    return {
        "dofs": int(3 * np.prod([n + 1 for n in cells])),
        "iterations": iterations,
        "value": values,
        "added_bytes": added,
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, "pardiso") if "pardiso" in times else {},
    }


def compliance(cells: tuple[int, ...]) -> Callable[..., jax.Array]:
    """Return the compliance of a cantilever as a function of its moduli and of the method."""
    space, held, load = cantilever(cells)

    def work(young: Any, method: Any) -> jax.Array:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return (load * fem.solve(operator, load, held, method=method)).sum()

    return work


def cantilever(cells: tuple[int, ...]) -> tuple[fem.Space, fem.Constraints, NDArray[np.float64]]:
    """Return a space on a block, its support at one end, and a load along an edge of the other."""
    mesh = fem.box(cells, size=tuple(float(n) for n in cells))
    space = fem.Space(mesh, components=3)
    edge = (mesh.points[:, 0] == cells[0]) & (mesh.points[:, 2] == 0)
    load = np.zeros(space.shape)
    load[edge, 2] = -1 / edge.sum()
    return space, fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0)), load


def designed(cells: tuple[int, ...], solve: Callable[..., jax.Array]) -> NDArray[np.float64]:
    """Return the filtered densities of 20 iterations of SIMP, three tenths of the volume, a filter of 1.5 cells."""
    mesh = fem.box(cells, size=tuple(float(n) for n in cells))
    smooth = fem.design.density_filter(mesh, 1.5)
    method = fem.multigrid(rtol=1e-4)
    found = fem.optimize.oc(
        lambda x: solve(fem.design.simp(smooth(x), solid=1.0, void=VOID, penalty=3.0), method),
        np.full(mesh.cell_count, 0.3),
        lambda x: fem.design.volume_fraction(mesh, smooth(x)) - 0.3,
        max_iterations=20,
        change=0.0,
    )
    return np.asarray(smooth(found.x))


def random_field(kind: str, cells: tuple[int, ...]) -> NDArray[np.float64]:
    """Return densities: a third solid, with the ends and the long edges."""
    noise = np.random.default_rng(0).standard_normal(cells)
    wide = gaussian_filter(noise, 2.0 if kind == "blobs" else cells[0] / 20)
    density = (wide > np.quantile(wide, 0.65)).astype(float)
    for across in (np.s_[:2, :2], np.s_[-2:, :2], np.s_[:2, -2:], np.s_[-2:, -2:]):
        density[(slice(None), *across)] = 1
    density[-2:] = density[:2] = 1
    return (density if kind == "blobs" else gaussian_filter(density, 1.2)).reshape(-1)


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ratios and growth beside their targets."""
    done = {(row["field"], row["size"]): row for row in rows if row["outcome"] == "ok"}
    found = []
    for size, target in TIME_TARGET.items():
        row = done.get(("design", size))
        if row and row["ratio"]:
            found.append(
                _verdict(f"time over PARDISO, design, {size} dofs", target, row["ratio"]["multigrid"]["median"])
            )
    for size, target in MEMORY_TARGET.items():
        row = done.get(("design", size))
        if row and "pardiso" in row["added_bytes"]:
            share = row["added_bytes"]["multigrid"] / row["added_bytes"]["pardiso"]
            found.append(_verdict(f"memory over PARDISO, design, {size} dofs", target, share))
    for field, target in GROWTH_TARGET.items():
        small, large = done.get((field, "28k")), done.get((field, "1M"))
        if small and large:
            growth = large["iterations"] / small["iterations"]
            found.append(_verdict(f"iterations at 1M over 28k dofs, {field}", target, growth))
    return found


def _verdict(claim: str, target: float, figure: float) -> dict[str, Any]:
    return {"claim": claim, "target": target, "figure": figure, "unit": "x"}


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["field", "dofs", "iterations", "multigrid", "PARDISO", "ratio", "added by multigrid", "by PARDISO"],
        [
            [
                row["field"],
                f"{row['dofs']:,}",
                row["iterations"],
                tables.timing(row["time_s"]["multigrid"]),
                tables.timing(row["time_s"]["pardiso"]) if "pardiso" in row["time_s"] else "not run",
                f"{row['ratio']['multigrid']['median']:.2f}" if row["ratio"] else "",
                *(
                    f"{row['added_bytes'][name] / 1e6:,.0f} MB" if name in row["added_bytes"] else "not run"
                    for name in ("multigrid", "pardiso")
                ),
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
