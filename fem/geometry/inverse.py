"""Determinants and inverses of small matrices in closed form.

Per-cell matrices of one to three rows are too small for a library: written out,
they become elementwise code over the cells.
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
    first = adjugate(m)[:, 0]
    return m[0, 0] * first[0] + m[0, 1] * first[1] + m[0, 2] * first[2]


def adjugate(m: Any) -> Any:
    """Return the transposed cofactors, shape (d, d, ...): the inverse times the determinant."""
    if m.shape[0] == 1:
        return jnp.ones_like(m)
    if m.shape[0] == 2:
        return jnp.stack([jnp.stack([m[1, 1], -m[0, 1]]), jnp.stack([-m[1, 0], m[0, 0]])])
    rows = []
    for i in range(3):
        row = []
        for j in range(3):
            r, s = [k for k in range(3) if k != j]
            t, u = [k for k in range(3) if k != i]
            minor = m[r, t] * m[s, u] - m[r, u] * m[s, t]
            row.append(minor if (i + j) % 2 == 0 else -minor)
        rows.append(jnp.stack(row))
    return jnp.stack(rows)


def gram(m: Any) -> Any:
    """Return m^T m, shape (k, d, ...) to (d, d, ...), as explicit sums."""
    columns = range(m.shape[1])
    if not columns:
        return jnp.zeros((0, 0, *m.shape[2:]), m.dtype)
    return jnp.stack([jnp.stack([(m[:, i] * m[:, j]).sum(0) for j in columns]) for i in columns])
