"""solvax ``sparse_direct``: SuperLU behind a content-keyed cache of factorizations.

Its other backend, MUMPS, talks to a subprocess and needs a library that PyPI has no wheel of.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from solvax.sparse_direct import CsrPattern, sparse_solve

from benchmarks.contestant import Contestant
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``sparse_solve`` on the compressed rows of A, jitted."""
    jax.config.update("jax_enable_x64", True)
    order = problem.matrix(0)
    order.data = np.arange(problem.indices.size)
    rows = order.tocsr()
    pattern = CsrPattern(rows.indptr, rows.indices, rows.shape)
    # From the order of the stored values to compressed rows, and back for the gradient.
    to_rows = rows.data

    def norm(values: jax.Array, b: jax.Array) -> jax.Array:
        return jnp.linalg.norm(sparse_solve(pattern, values, b))

    value_and_grad = jax.jit(jax.value_and_grad(norm))
    b = jnp.asarray(problem.b)
    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values[to_rows])),
        call=lambda values: jax.block_until_ready(value_and_grad(values, b)),
        expected=lambda gradient: gradient[to_rows],
        note="SuperLU",
        serial=True,
    )
