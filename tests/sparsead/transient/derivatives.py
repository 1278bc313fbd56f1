"""The two checks of every derivative through time, differences and the pairing of tangent and adjoint; matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sparsead.testing.differences import extrapolated_difference, pairing, relative_gap
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")


def check_derivatives(
    run: Callable[..., Any],
    primals: tuple[Any, ...],
    *,
    part: float = 0.05,
    gap: float = 1e-6,
    differences: bool = True,
) -> None:
    """Check ``run(*primals)``, an array, along a direction that changes each number by a part of itself.

    The tangent is compared with extrapolated differences, to `gap`; the adjoint with the tangent, to 1e-12. An adaptive
    run has no differences: at a distance the accepted grid is another one.
    """
    rng = np.random.default_rng(0)
    primals = tuple(jnp.asarray(np.asarray(x)) for x in primals)  # a weak type would be another program
    moves = tuple(x * rng.standard_normal(x.shape) for x in primals)

    def evaluated(*primals: Any) -> Any:
        """Value, tangent, cotangent drawn, cotangents of the primals."""
        # The tangent of the run that is kept for going back: `jax.jvp` and `jax.vjp` would compile it once each.
        out, along = jax.linearize(run, *primals)
        bar = jnp.asarray(np.random.default_rng(2).standard_normal(out.shape))
        return out, along(*moves), bar, jax.linear_transpose(along, *primals)(bar)

    # Compiling is what this costs: the differences are of values of the same program.
    evaluate = jax.jit(evaluated) if differences else evaluated
    _, tangent, bar, bars = evaluate(*primals)
    ahead, back = pairing(tangent, bar), sum(pairing(m, b) for m, b in zip(moves, bars, strict=True))
    assert abs(ahead - back) <= 1e-12 * max(abs(ahead), abs(back))
    if differences:
        found = extrapolated_difference(lambda *x: evaluate(*x)[0], primals, moves, first_step=0.02)[0]
        assert relative_gap(found, tangent) < gap


def jacobian(run: Callable[..., Any], *primals: Any) -> Any:
    """Return the matrix of ``run(*primals)`` in its first argument, shape (out.size, in.size), row by row.

    `jax.jacrev` pulls all rows back in one batch: another program, and its own of every small operation around it.
    """
    out, pull = jax.vjp(run, *primals)
    rows = np.eye(out.size, dtype=out.dtype).reshape(-1, *out.shape)
    return np.stack([np.ravel(pull(jnp.asarray(row))[0]) for row in rows])
