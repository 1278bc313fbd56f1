"""splineax's stateful solve as a contestant, for any of its solvers."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import splineax
from jax.experimental.sparse import BCSR

from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


def stateful(problem: Problem, solver: Any, *, note: str, serial: bool) -> Contestant:
    """Return a jitted call that is given the state of the one before, so that the analysis is made once.

    Value and gradient share one factorization through the state, as its documentation tells.
    """
    jax.config.update("jax_enable_x64", True)
    order = problem.matrix(0)
    order.data = np.arange(problem.indices.size)
    compressed = order.tocsr()
    to_rows = compressed.data
    indices, indptr = jnp.asarray(compressed.indices), jnp.asarray(compressed.indptr)
    b, shape = jnp.asarray(problem.b), (problem.n, problem.n)
    tag = splineax.sparsity_pattern_tag()

    def norm(values: jax.Array, b: jax.Array, indices: jax.Array, indptr: jax.Array, state: Any) -> tuple[Any, Any]:
        matrix = BCSR((values, indices, indptr), shape=shape, indices_sorted=True, unique_indices=True)
        operator = splineax.BCSRLinearOperator(matrix, tag)
        solution, state = splineax.linear_solve(operator, b, solver, state=state)
        return jnp.linalg.norm(solution.value), state

    value_and_grad = jax.jit(jax.value_and_grad(norm, has_aux=True))
    kept: dict[str, Any] = {"state": None}

    def call(values: jax.Array) -> tuple[Any, Any]:
        (value, kept["state"]), gradient = value_and_grad(values, b, indices, indptr, kept["state"])
        return jax.block_until_ready((value, gradient))

    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values[to_rows])),
        call=call,
        expected=lambda gradient: gradient[to_rows],
        note=note + ", state threaded",
        serial=serial,
    )
