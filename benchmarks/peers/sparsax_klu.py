"""sparsax ``lu_solve``: KLU through XLA FFI, analysis and factors cached by content."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import sparsax

from benchmarks.contestant import Contestant
from benchmarks.peers.jitted import value_and_grad
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``lu_solve``, jitted."""
    jax.config.update("jax_enable_x64", True)
    rows, cols, b = jnp.asarray(problem.indices), jnp.asarray(problem.cols), jnp.asarray(problem.b)

    def norm(values: jax.Array, b: jax.Array, rows: jax.Array, cols: jax.Array) -> jax.Array:
        return jnp.linalg.norm(sparsax.lu_solve(rows, cols, values, b))

    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values)),
        call=value_and_grad(norm, b, rows, cols),
        note="KLU",
        serial=True,
    )
