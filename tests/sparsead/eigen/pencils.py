"""Pencils that the tests of eigenpairs share, as SciPy's matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csc_array, diags_array, eye_array, kron


def chain(n: int, seed: int = 0) -> tuple[csc_array, csc_array]:
    """Stiffness and consistent mass of a string held at both ends, of uneven material."""
    rng = np.random.default_rng(seed)
    k, m = 1 + rng.random(n + 1), 1 + rng.random(n + 1)
    stiffness = diags_array([-k[1:-1], k[:-1] + k[1:], -k[1:-1]], offsets=[-1, 0, 1])
    mass = diags_array([m[1:-1] / 6, (m[:-1] + m[1:]) / 3, m[1:-1] / 6], offsets=[-1, 0, 1])
    return csc_array(stiffness), csc_array(mass)


def square(m: int) -> tuple[csc_array, Any]:
    """The grid Laplacian of a square, and its eigenvalues ascending: all with unequal numbers come in pairs."""
    one = diags_array([-np.ones(m - 1), 2 * np.ones(m), -np.ones(m - 1)], offsets=[-1, 0, 1])
    single = 2 - 2 * np.cos(np.pi * np.arange(1, m + 1) / (m + 1))
    return csc_array(kron(one, eye_array(m)) + kron(eye_array(m), one)), np.sort(np.add.outer(single, single).ravel())


def symmetric_direction(matrix: csc_array, seed: int) -> csc_array:
    """A random symmetric matrix on the pattern of one."""
    drawn = matrix.copy()
    drawn.data = np.random.default_rng(seed).standard_normal(matrix.nnz)
    return csc_array((drawn + drawn.T) / 2)
