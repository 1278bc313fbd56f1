"""``jax.experimental.sparse.linalg.spsolve``: SciPy's ``spsolve`` in a callback, on compressed rows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.sparse.linalg import spsolve

from benchmarks.contestant import Contestant
from benchmarks.peers.jitted import value_and_grad
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``spsolve``, jitted."""
    jax.config.update("jax_enable_x64", True)
    order = problem.matrix(0)
    order.data = np.arange(problem.indices.size)
    compressed = order.tocsr()
    to_rows = compressed.data
    indices, indptr = jnp.asarray(compressed.indices), jnp.asarray(compressed.indptr)
    b = jnp.asarray(problem.b)

    def norm(values: jax.Array, b: jax.Array, indices: jax.Array, indptr: jax.Array) -> jax.Array:
        return jnp.linalg.norm(spsolve(values, indices, indptr, b))

    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values[to_rows])),
        call=value_and_grad(norm, b, indices, indptr),
        expected=lambda gradient: gradient[to_rows],
        note="SuperLU",
        serial=True,
    )
