"""Determinants and inverses of small matrices in closed form.

Per-cell matrices of one to three rows are too small for a library: written out,
they become elementwise code over the cells. Each entry is taken out once: taken where it is used, entries would be
half of the program, and their pullbacks most of its gradient.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp


def determinant(m: Any) -> Any:
    """Return the determinants of matrices, shape (d, d, ...) to (...); d is at most 3, and 0 at a point: 1."""
    if m.shape[0] == 0:
        return jnp.ones(m.shape[2:], m.dtype)
    if m.shape[0] == 1:
        return m[0, 0]
    if m.shape[0] == 2:
        return m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    # By the first column of the adjugate, which is needed beside it: XLA computes the cofactors once.
    first = adjugate(m)[:, 0]
    return m[0, 0] * first[0] + m[0, 1] * first[1] + m[0, 2] * first[2]


def adjugate(m: Any) -> Any:
    """Return the transposed cofactors, shape (d, d, ...): the inverse times the determinant."""
    if m.shape[0] == 1:
        return jnp.ones_like(m)
    rows = entries(m)
    if m.shape[0] == 2:
        (a, b), (c, d) = rows
        return jnp.stack([jnp.stack([d, -b]), jnp.stack([-c, a])])
    return jnp.stack([jnp.stack([_cofactor(rows, j, i) for j in range(3)]) for i in range(3)])


def entries(m: Any) -> list[tuple[Any, ...]]:
    """Return the entries of matrices row by row, shape (k, l, ...) to k tuples of l arrays."""
    flat, width = jnp.unstack(m.reshape(-1, *m.shape[2:])), m.shape[1]
    return [flat[i : i + width] for i in range(0, len(flat), width)]


def _cofactor(rows: list[tuple[Any, ...]], i: int, j: int) -> Any:
    """The determinant without row i and column j, of matrices of three rows, with its sign."""
    r, s = [k for k in range(3) if k != i]
    t, u = [k for k in range(3) if k != j]
    minor = rows[r][t] * rows[s][u] - rows[r][u] * rows[s][t]
    return minor if (i + j) % 2 == 0 else -minor


def gram(m: Any) -> Any:
    """Return m^T m, shape (k, d, ...) to (d, d, ...), as explicit sums."""
    columns = range(m.shape[1])
    if not columns:
        return jnp.zeros((0, 0, *m.shape[2:]), m.dtype)
    return jnp.stack([jnp.stack([(m[:, i] * m[:, j]).sum(0) for j in columns]) for i in columns])
