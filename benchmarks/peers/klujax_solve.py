"""klujax as its README begins: ``solve``, which analyzes and factorizes in every call."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import klujax

from benchmarks.contestant import Contestant
from benchmarks.peers.jitted import value_and_grad
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``solve``, jitted."""
    rows, cols, b = jnp.asarray(problem.indices), jnp.asarray(problem.cols), jnp.asarray(problem.b)

    def norm(values: jax.Array, b: jax.Array, rows: jax.Array, cols: jax.Array) -> jax.Array:
        return jnp.linalg.norm(klujax.solve(rows, cols, values, b))

    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values)),
        call=value_and_grad(norm, b, rows, cols),
        note="KLU",
        serial=True,
    )
