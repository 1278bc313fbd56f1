"""Matrices that the tests of the factor store share."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse

import sparsead.numpy as sp


def grid(side: int, scale: Any = 1.0, **declared: Any) -> sp.SparseArray:
    """Return the five-point Laplacian of a square grid, n = side**2, fixed at its rim."""
    line = scipy.sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(side, side))
    eye = scipy.sparse.eye_array(side)
    return sp.from_scipy(scipy.sparse.kron(line, eye) + scipy.sparse.kron(eye, line), **declared) * scale


def springs(n: int, supported: bool, **declared: Any) -> scipy.sparse.csc_array:
    """Return a chain of n masses; without support it floats."""
    rows, cols, values = [], [], []
    for e in range(n - 1):
        k = 1.0 + e % 3
        for a in (0, 1):
            for b in (0, 1):
                rows.append(e + a), cols.append(e + b), values.append(k if a == b else -k)
    if supported:
        rows.append(0), cols.append(0), values.append(1.0)
    return scipy.sparse.coo_array((values, (rows, cols)), shape=(n, n)).tocsc()


def residual(matrix: sp.SparseArray, x: Any, b: Any) -> float:
    """Return the largest residual beside the largest load."""
    return float(np.abs(matrix @ x - b).max() / np.abs(b).max())
