"""Claim: the errors that tolerances leave in a value and its gradient are told within a factor of three.

A compliance, a displacement and a p-norm of displacements of a cantilever of hexahedra, by multigrid to 1e-4 and to
1e-6, against the direct solver: on a design after 20 iterations of SIMP and on random blobs, with a contrast of 1e9.
The error of a compliance is of second order and mostly below rounding, where nothing is compared. Beside that the
claim that an adjoint on levels that are there takes less than the first solve with its set-up, and what the estimate
costs in iterations.
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
from benchmarks.bench_multigrid import CELLS, QUICK_CELLS, VOID, cantilever, compliance, designed, random_field
from sparsead.jax import Estimate, value_and_grad_with_error

TITLE = "What tolerances leave: estimates beside true errors"
THREADS = (2,)
TOLERANCES = (1e-4, 1e-6)
FUNCTIONALS = ("compliance", "displacement", "p-norm")
ROUNDS = 3
ROUNDING = 1e-11  # relative, of a value of the direct solver at this contrast
FACTOR_TARGET = 3.0
ADJOINT_TARGET = 0.7


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return fields and tolerances."""
    for field in ("design", "blobs"):
        for rtol in TOLERANCES:
            yield {"field": field, "rtol": rtol, "quick": quick}


def measure(field: str, rtol: float, quick: bool) -> dict[str, Any]:
    """Compare estimates with the direct solver; count iterations, and time an adjoint beside the first solve."""
    jax.config.update("jax_enable_x64", True)
    cells = QUICK_CELLS if quick else CELLS["28k"]
    density = designed(cells, compliance(cells)) if field == "design" else random_field(field, cells)
    young = jnp.asarray(VOID + density**3)
    work, method = functionals(cells), fem.multigrid(rtol=rtol)
    value = jax.jit(lambda young, weights: work(young, weights, method))
    both = jax.jit(jax.value_and_grad(lambda young, weights: work(young, weights, method)))
    exact = jax.jit(jax.value_and_grad(lambda young, weights: work(young, weights, None)))
    estimated = value_and_grad_with_error(lambda young, weights: work(young, weights, method))
    of = {}
    for number, name in enumerate(FUNCTIONALS):
        weights = jnp.eye(len(FUNCTIONALS))[number]
        plain, _ = iterations(both, young, weights)
        estimating, found = iterations(estimated, young, weights)
        of[name] = compared(found, *exact(young, weights)) | {"iterations": plain, "with_estimate": estimating}
    weights = jnp.eye(len(FUNCTIONALS))[1]
    times = harness.paired(
        {
            name: (
                lambda number: young * (1 + 1e-3 * number),
                lambda e, call=call: jax.block_until_ready(call(e, weights)),
            )
            for name, call in (("value", value), ("value and gradient", both))
        },
        rounds=ROUNDS,
    )
    over = [(t - t0) / t0 for t, t0 in zip(times["value and gradient"], times["value"], strict=True)]
    return {
        "dofs": int(3 * np.prod([n + 1 for n in cells])),
        "of": of,
        "adjoint_over_first_solve": harness.spread(over),
    }


def functionals(cells: tuple[int, ...]) -> Callable[..., jax.Array]:
    """Return a function of moduli, a weight for each functional, and a method."""
    space, held, load = cantilever(cells)
    corner = np.argmax(space.mesh.points.sum(1))

    def work(young: Any, weights: Any, method: Any) -> jax.Array:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        u = fem.solve(operator, load, held, method=method)
        largest = ((u**2).sum(1) ** 4).sum() ** (1 / 8)
        return weights @ jnp.stack([(load * u).sum(), u[corner, 0], largest])

    return work


def iterations(function: Callable[..., Any], *args: Any) -> tuple[int, Any]:
    """Return the iterations of a call, and what it returns."""
    sparsead.factor_cache.clear()
    found = jax.block_until_ready(function(*args))
    return sparsead.factor_cache.stats().iterations, found


def compared(found: Estimate, value: Any, gradient: Any) -> dict[str, float | None]:
    """Return true errors, relative, and estimates over them; None where the true one is rounding."""
    error, size = float((value - found.value) / value), float(jnp.linalg.norm(gradient))
    of_gradient = float(jnp.linalg.norm(gradient - found.gradient)) / size
    estimate = float(found.value_error / value)
    return {
        "value_error": error,
        "corrected_error": float((value - found.corrected) / value),
        "gradient_error": of_gradient,
        "value_ratio": estimate / error if abs(error) > ROUNDING else None,
        "gradient_ratio": float(found.relative_gradient_error) / of_gradient,
    }


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the worst factors between estimates and errors, and the cost of adjoints, beside their targets."""
    done = [row for row in rows if row["outcome"] == "ok"]
    found = []
    for rtol in TOLERANCES:
        for what in ("value", "gradient"):
            ratios = [of[f"{what}_ratio"] for row in done if row["rtol"] == rtol for of in row["of"].values()]
            factors = [max(r, 1 / r) if r > 0 else np.inf for r in ratios if r is not None]
            if factors:
                claim = f"worst factor between estimated and true error of the {what}, rtol {rtol:g}"
                found.append({"claim": claim, "target": FACTOR_TARGET, "figure": max(factors), "unit": "x"})
    for row in done:
        claim = f"adjoint over first solve with its set-up, {row['field']}, rtol {row['rtol']:g}"
        figure = row["adjoint_over_first_solve"]["median"]
        found.append({"claim": claim, "target": ADJOINT_TARGET, "figure": figure, "unit": "x"})
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        [
            "field",
            "dofs",
            "rtol",
            "functional",
            "error of the value",
            "estimate over it",
            "after correction",
            "error of the gradient",
            "estimate over it",
            "iterations",
            "with the estimate",
        ],
        [
            [
                row["field"],
                f"{row['dofs']:,}",
                f"{row['rtol']:g}",
                name,
                f"{of['value_error']:.1e}",
                "rounding" if of["value_ratio"] is None else f"{of['value_ratio']:.2f}",
                f"{of['corrected_error']:.1e}",
                f"{of['gradient_error']:.1e}",
                f"{of['gradient_ratio']:.2f}",
                of["iterations"],
                of["with_estimate"],
            ]
            for row in rows
            if row["outcome"] == "ok"
            for name, of in row["of"].items()
        ],
    )
