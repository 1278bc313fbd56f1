"""Matrices and right-hand sides that the tests of iterative methods share."""

from __future__ import annotations

from typing import Any

import numpy as np

import sparsead.numpy as sp
from sparsead.testing.problems import from_dense, plate
from tests.sparsead.factors.matrices import grid

__all__ = ["complex_hermitian", "grid", "loads", "membrane", "relative_residual", "steel_plate"]


def membrane(side: int = 24, scale: Any = 1.0) -> Any:
    """Return the Laplacian of a square grid, declared positive definite, n = side**2."""
    return grid(side, scale, positive_definite=True)


def steel_plate(cells: int = 8) -> Any:
    """Return a plane plate, two dofs a node, in SI units, n = 2 cells (cells + 1)."""
    full = plate(cells)
    problem = from_dense("plate", 2.1e11 * (full + full.T) / 2)
    rows, cols = np.r_[problem.rows, problem.cols], np.r_[problem.cols, problem.rows]
    values = np.r_[problem.values, problem.values] / 2
    return sp.coo(rows, cols, values, problem.shape, positive_definite=True)


def complex_hermitian(side: int = 12) -> Any:
    """Return a positive definite matrix whose entries off the diagonal are complex."""
    laplacian = sp.to_scipy(grid(side)).tocoo()
    phase = np.exp(0.7j * np.sign(laplacian.col - laplacian.row))
    return sp.coo(laplacian.row, laplacian.col, laplacian.data * phase, laplacian.shape, positive_definite=True)


def loads(n: int, k: int | None = None, *, is_complex: bool = False, seed: int = 0) -> Any:
    """Return random right-hand sides, shape (n,) or (n, k)."""
    rng = np.random.default_rng(seed)
    shape = (n,) if k is None else (n, k)
    real = rng.standard_normal(shape)
    return real + 1j * rng.standard_normal(shape) if is_complex else real


def relative_residual(matrix: Any, x: Any, b: Any) -> Any:
    """Return |b - A x| / |b| of each right-hand side."""
    return np.linalg.norm(b - matrix @ x, axis=0) / np.linalg.norm(b, axis=0)
