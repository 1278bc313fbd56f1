"""klujax: KLU through XLA FFI primitives, with the analysis made once and passed in."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import klujax

from benchmarks.contestant import Contestant
from benchmarks.peers.jitted import value_and_grad
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``solve_with_symbol`` jitted; it differentiates, and analyzes once."""
    rows, cols = jnp.asarray(problem.indices), jnp.asarray(problem.cols)
    symbol = klujax.analyze(rows, cols, problem.n)
    b = jnp.asarray(problem.b)

    def norm(values: jax.Array, b: jax.Array, rows: jax.Array, cols: jax.Array) -> jax.Array:
        return jnp.linalg.norm(klujax.solve_with_symbol(rows, cols, values, b, symbol))

    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values)),
        call=value_and_grad(norm, b, rows, cols),
        note="KLU, analysis kept",
        serial=True,
    )
