"""sparsead in JAX as a contestant: the same call that a user writes."""

from __future__ import annotations

import jax
import jax.numpy as jnp

import sparsead.jax as sp
from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


def contestant(problem: Problem, backend: str | None = None) -> Contestant:
    """Return ``solve`` jitted, on `backend` or on what sparsead chooses."""
    jax.config.update("jax_enable_x64", True)
    b, shape = jnp.asarray(problem.b), (problem.n, problem.n)
    declared = problem.positive_definite

    def norm(values: jax.Array, b: jax.Array) -> jax.Array:
        matrix = sp.csc(values, problem.indices, problem.indptr, shape, symmetric=declared, positive_definite=declared)
        return jnp.linalg.norm(sp.solve(matrix, b, backend=backend))

    value_and_grad = jax.jit(jax.value_and_grad(norm))
    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values)),
        call=lambda values: jax.block_until_ready(value_and_grad(values, b)),
        note=backend or "chosen by sparsead",
    )
