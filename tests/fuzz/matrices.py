"""Families of small matrices, good and bad, as triplets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Triplets(NamedTuple):
    """A square matrix as generated: triplets of any order, with repetitions."""

    rows: Any
    cols: Any
    values: Any
    n: int


def _from_dense(full: Any, keep: Any = None) -> Triplets:
    """Triplets of the entries that are kept, by default those other than zero."""
    rows, cols = np.nonzero(full if keep is None else keep)
    return Triplets(rows, cols, full[rows, cols], len(full))


def _laplacian(n: int, free: bool = False) -> Any:
    full = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    if free and n:
        full[0, 0] = full[-1, -1] = 1 if n > 1 else 0
    return full


def _sparse(rng: Any, n: int, density: float = 0.4) -> Any:
    return rng.normal(size=(n, n)) * (rng.random((n, n)) < density)


def _symmetric(rng: Any, n: int) -> Any:
    full = _sparse(rng, n)
    return full + full.T + np.diag(rng.choice([-3.0, 3.0], n))


def dominant(rng: Any, n: int) -> Triplets:
    """Diagonally dominant, unsymmetric."""
    full = _sparse(rng, n)
    return _from_dense(full + np.diag(1 + np.abs(full).sum(1)))


def any_sparse(rng: Any, n: int) -> Triplets:
    """Random entries, often singular."""
    return _from_dense(_sparse(rng, n))


def integers(rng: Any, n: int) -> Triplets:
    """Small whole numbers: exactly singular every now and then."""
    full = rng.integers(-1, 2, (n, n)).astype(float)
    return _from_dense(full)


def laplacian(rng: Any, n: int) -> Triplets:
    """Positive definite, as of a chain of springs."""
    return _from_dense(_laplacian(n))


def positive_definite(rng: Any, n: int) -> Triplets:
    """Positive definite, random."""
    full = _sparse(rng, n)
    return _from_dense(full @ full.T + np.eye(n))


def hermitian(rng: Any, n: int) -> Triplets:
    """Complex Hermitian, indefinite."""
    full = _sparse(rng, n) + 1j * _sparse(rng, n)
    return _from_dense(full + full.conj().T + np.diag(rng.choice([-4.0, 4.0], n)))


def hermitian_definite(rng: Any, n: int) -> Triplets:
    """Complex Hermitian, positive definite."""
    full = _sparse(rng, n) + 1j * _sparse(rng, n)
    return _from_dense(full @ full.conj().T + np.eye(n))


def complex_symmetric(rng: Any, n: int) -> Triplets:
    """Complex and symmetric, not Hermitian, as of damped vibrations."""
    return _from_dense(_symmetric(rng, n) + 1j * _symmetric(rng, n))


def complex_general(rng: Any, n: int) -> Triplets:
    """Complex, unsymmetric."""
    return _from_dense(_sparse(rng, n) + 1j * _sparse(rng, n) + np.diag(rng.normal(size=n) + 4))


def indefinite(rng: Any, n: int) -> Triplets:
    """Symmetric with eigenvalues of both signs."""
    return _from_dense(_symmetric(rng, n))


def saddle(rng: Any, n: int) -> Triplets:
    """Stiffness with constraints: a block of zeros on the diagonal."""
    m = n // 3
    full = np.zeros((n, n))
    full[: n - m, : n - m] = _laplacian(n - m)
    full[n - m :, : n - m] = rng.integers(-1, 2, (m, n - m))
    full[: n - m, n - m :] = full[n - m :, : n - m].T
    return _from_dense(full)


def shifted(rng: Any, n: int) -> Triplets:
    """Vibration exactly between two modes: zeros on the diagonal, indefinite."""
    full = _laplacian(n) - 2 * np.eye(n)
    return _from_dense(full, (full != 0) | np.eye(n, dtype=bool))


def floating(rng: Any, n: int) -> Triplets:
    """A chain of springs that nothing holds: exactly singular."""
    return _from_dense(_laplacian(n, free=True), _laplacian(n) != 0)


def floating_inexact(rng: Any, n: int) -> Triplets:
    """A chain of unequal springs that nothing holds: singular but for rounding."""
    stretch = np.diff(np.eye(n), axis=0)
    full = stretch.T @ np.diag(rng.random(max(0, n - 1)) + 0.1) @ stretch
    return _from_dense(full)


def zero_row(rng: Any, n: int) -> Triplets:
    """A row of stored zeros."""
    full = _sparse(rng, n) + 3 * np.eye(n)
    keep = full != 0
    full[rng.integers(n) if n else slice(0)] = 0
    return _from_dense(full, keep)


def zero_column(rng: Any, n: int) -> Triplets:
    """A column that is not stored at all."""
    full = _sparse(rng, n) + 3 * np.eye(n)
    full[:, rng.integers(n) if n else slice(0)] = 0
    return _from_dense(full)


def empty(rng: Any, n: int) -> Triplets:
    """Nothing stored."""
    return _from_dense(np.zeros((n, n)))


def repeated(rng: Any, n: int) -> Triplets:
    """Every entry as the sum of several triplets, in random order."""
    rows, cols, values, _ = dominant(rng, n)
    order = rng.permutation(3 * len(rows))
    parts = np.concatenate([values / 4, values / 4, values / 2])
    return Triplets(np.tile(rows, 3)[order], np.tile(cols, 3)[order], parts[order], n)


def cancelling(rng: Any, n: int) -> Triplets:
    """Triplets that add to zero on the diagonal."""
    rows, cols, values, _ = laplacian(rng, n)
    i = rng.integers(n, size=min(n, 1))
    return Triplets(np.append(rows, i), np.append(cols, i), np.append(values, -2.0 * np.ones(len(i))), n)


def permutation(rng: Any, n: int) -> Triplets:
    """A permutation with signs: not one entry need be on the diagonal."""
    return Triplets(np.arange(n), rng.permutation(n), rng.choice([-1.0, 1.0], n), n)


def lower(rng: Any, n: int) -> Triplets:
    """Lower triangular."""
    return _from_dense(np.tril(_sparse(rng, n), -1) + np.diag(1 + rng.random(n)))


def upper(rng: Any, n: int) -> Triplets:
    """Upper triangular."""
    return _from_dense(np.triu(_sparse(rng, n), 1) + np.diag(1 + rng.random(n)))


def hilbert(rng: Any, n: int) -> Triplets:
    """Nearly singular, positive definite in exact arithmetic."""
    return _from_dense(1 / (np.add.outer(np.arange(n), np.arange(n)) + 1.0))


def nearly_singular(rng: Any, n: int) -> Triplets:
    """Rank one, and a little of the identity."""
    return _from_dense(np.ones((n, n)) + 10.0 ** rng.integers(-17, -3) * np.eye(n))


def growing(rng: Any, n: int) -> Triplets:
    """Pivots double at each step of elimination with partial pivoting."""
    full = np.eye(n) - np.tril(np.ones((n, n)), -1)
    full[:, -1:] = 1
    return _from_dense(full)


def graded(rng: Any, n: int) -> Triplets:
    """Rows and columns in very different units."""
    scales = 10.0 ** rng.integers(-8, 9, n)
    return _from_dense(scales[:, None] * (_laplacian(n)) * scales)


def mixed_units(rng: Any, n: int) -> Triplets:
    """Every equation and every unknown in a unit of its own, unsymmetric."""
    rows, cols, values, _ = dominant(rng, n)
    of_rows, of_cols = 10.0 ** rng.integers(-7, 8, (2, n))
    return Triplets(rows, cols, of_rows[rows] * values * of_cols[cols], n)


def mixed_units_indefinite(rng: Any, n: int) -> Triplets:
    """Symmetric and indefinite, every unknown in a unit of its own."""
    rows, cols, values, _ = indefinite(rng, n)
    units = 10.0 ** rng.integers(-6, 7, n)
    return Triplets(rows, cols, units[rows] * values * units[cols], n)


def stiff_supports(rng: Any, n: int) -> Triplets:
    """A chain of springs on supports many orders stiffer or softer: penalty methods, void material."""
    held = rng.random(n) < 0.4
    return _from_dense(_laplacian(n, free=True) + np.diag(np.where(held, 10.0 ** rng.integers(-12, 13, n), 1e-3)))


def growing_inverse(rng: Any, n: int) -> Triplets:
    """Pivots of one, and an inverse that doubles with each row: no pivot tells the condition number."""
    m = min(n, 50)  # beyond, the reference has no digits either
    return _from_dense(np.eye(n) - np.triu(np.ones((n, n)), 1) * (np.arange(n) < m))


def dependent(rng: Any, n: int) -> Triplets:
    """The last row is the sum of the others, up to rounding or a little more."""
    full = _sparse(rng, n, 0.6) + 3 * np.eye(n)
    if n > 1:
        full[-1] = full[:-1].sum(0) * (1 + rng.choice([0, 1e-16, 1e-14, 1e-12, 1e-8]) * rng.normal(size=n))
    return _from_dense(full)


def far_apart(rng: Any, n: int) -> Triplets:
    """A diagonal from the smallest to the largest numbers there are, and a few entries."""
    powers = rng.integers(-300, 301, n)
    full = np.diag(10.0**powers) + np.triu(_sparse(rng, n, 0.1), 1)
    return _from_dense(full)


FAMILIES: dict[str, Callable[[Any, int], Triplets]] = {
    family.__name__: family
    for family in (
        dominant, any_sparse, integers, laplacian, positive_definite, hermitian, hermitian_definite,
        complex_symmetric, complex_general, indefinite, saddle, shifted, floating, floating_inexact, zero_row,
        zero_column, empty, repeated, cancelling, permutation, lower, upper, hilbert, nearly_singular, growing,
        graded, mixed_units, mixed_units_indefinite, stiff_supports, growing_inverse, dependent, far_apart,
    )
}  # fmt: skip
