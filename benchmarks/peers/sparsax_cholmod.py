"""sparsax ``solve``: CHOLMOD through XLA FFI; it reads the upper triangle, so it is given that alone."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import sparsax

from benchmarks.contestant import Contestant
from benchmarks.peers.jitted import value_and_grad
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``solve`` on the upper triangle, jitted.

    Its gradient of an off-diagonal entry is that of the pair (i, j), (j, i).

    Raises
    ------
    ValueError
        If the problem is not symmetric positive definite.
    """
    if not problem.positive_definite:
        raise ValueError("CHOLMOD takes symmetric positive definite matrices only")
    jax.config.update("jax_enable_x64", True)
    upper = np.flatnonzero(problem.indices <= problem.cols)
    rows, cols = problem.indices[upper], problem.cols[upper]
    b = jnp.asarray(problem.b)

    def norm(values: jax.Array, b: jax.Array, rows: jax.Array, cols: jax.Array) -> jax.Array:
        return jnp.linalg.norm(sparsax.solve(rows, cols, values, b))

    def expected(gradient: np.ndarray) -> np.ndarray:
        full = problem.matrix(0)
        full.data = gradient
        mirrored = full.T.tocsc().data
        return (gradient + np.where(problem.indices == problem.cols, 0.0, mirrored))[upper]

    return Contestant(
        put=lambda values: jax.block_until_ready(jnp.asarray(values[upper])),
        call=value_and_grad(norm, b, rows, cols),
        expected=expected,
        note="CHOLMOD, upper triangle",
        serial=True,
    )
