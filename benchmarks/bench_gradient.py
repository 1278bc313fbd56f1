"""Claim: a gradient costs one more triangular solve; of a compliance, nothing.

Value and value-and-gradient take turns in one process, in JAX, on PARDISO, each call on new
values. Factorizations and solves of one value-and-gradient are counted beside the times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import jax
import jax.numpy as jnp

import sparsead
import sparsead.jax as sp
from benchmarks import harness, problems, tables

TITLE = "Value and gradient over value"
THREADS = (1,)
PROBLEM, BACKEND = "b", "pardiso"
ROUNDS, COMPLIANCE_ROUNDS = 7, 4
NORM_TARGET, COMPLIANCE_TARGET = 1.08, 1.02
SCALE = 3.0
# What is differentiated: of the load b and the solution u.
QUANTITIES: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "‖u‖": lambda b, u: jnp.linalg.norm(u),
    "b·u": lambda b, u: b @ u,
    "½ b·u": lambda b, u: 0.5 * (b @ u),
    "b·u/c₀": lambda b, u: (b @ u) / SCALE,
    "log b·u": lambda b, u: jnp.log(b @ u),
}


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every quantity, jitted; the compliances eagerly too."""
    for quantity in QUANTITIES:
        for jitted in (True,) if quantity == "‖u‖" else (True, False):
            yield {"quantity": quantity, "jitted": jitted, "quick": quick}


def measure(quantity: str, jitted: bool, quick: bool) -> dict[str, Any]:
    """Time value and value-and-gradient in turn."""
    jax.config.update("jax_enable_x64", True)
    system = problems.make(PROBLEM, quick=quick)
    b = jnp.asarray(system.b)
    of = QUANTITIES[quantity]

    def value(values: jax.Array, b: jax.Array) -> jax.Array:
        matrix = sp.csc(values, system.indices, system.indptr, (system.n, system.n), positive_definite=True)
        return of(b, sp.solve(matrix, b, backend=BACKEND))

    wrap = jax.jit if jitted else _as_it_is
    calls = {"value": wrap(value), "value and gradient": wrap(jax.value_and_grad(value))}
    contestants = {name: (lambda k: _new(system, k), _finished(call, b)) for name, call in calls.items()}
    rounds = ROUNDS if quantity == "‖u‖" else COMPLIANCE_ROUNDS
    times = harness.paired(contestants, rounds=rounds)
    return {
        "time_s": {name: harness.spread(sample) for name, sample in times.items()},
        "ratio": harness.ratios(times, "value")["value and gradient"],
        "counts": _counts(contestants["value and gradient"]),
    }


def _as_it_is(call: Callable[..., Any]) -> Callable[..., Any]:
    return call


def _new(system: problems.Problem, number: int) -> jax.Array:
    """Return new values, with no factors in the store whose memory one of the two could take over; analyses stay."""
    sparsead.factor_cache.limit(0)
    sparsead.factor_cache.limit(None)
    return jax.block_until_ready(jnp.asarray(system.values(number)))


def _finished(call: Callable[..., Any], b: jax.Array) -> Callable[[jax.Array], Any]:
    return lambda values: jax.block_until_ready(call(values, b))


def _counts(contestant: tuple[Callable[[int], Any], Callable[[Any], Any]]) -> dict[str, int]:
    """Return what the factor store did in one more call, on values that no round has met."""
    put, call = contestant
    given = put(10_007)
    before = asdict(sparsead.factor_cache.stats())
    call(given)
    after = asdict(sparsead.factor_cache.stats())
    return {name: after[name] - before[name] for name in ("analyses", "factorizations", "solves")}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each ratio beside its target."""
    found = []
    for row in (row for row in rows if row["outcome"] == "ok"):
        mode = "jitted" if row["jitted"] else "eager"
        target = NORM_TARGET if row["quantity"] == "‖u‖" else COMPLIANCE_TARGET
        claim = f"value and gradient of {row['quantity']} over value, {mode}, ({PROBLEM}), PARDISO"
        found.append({"claim": claim, "target": target, "figure": row["ratio"]["median"], "unit": "×"})
        if row["quantity"] != "‖u‖":
            claim = f"solves in value and gradient of {row['quantity']}, {mode}"
            found.append({"claim": claim, "target": 1, "figure": row["counts"]["solves"], "unit": ""})
    return found


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    header = ["quantity", "mode", "threads", "value", "value and gradient", "ratio", "factorizations", "solves"]
    return tables.markdown(
        header,
        [
            [
                row["quantity"],
                "jitted" if row["jitted"] else "eager",
                row["threads"],
                *(tables.timing(row["time_s"][name]) for name in ("value", "value and gradient")),
                tables.ratio(row["ratio"]),
                row["counts"]["factorizations"],
                row["counts"]["solves"],
            ]
            for row in rows
            if row["outcome"] == "ok"
        ],
    )
