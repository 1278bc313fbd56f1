"""Arithmetic on blocks of vectors, shape (k, n): one number for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def dots(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Return ``a^H b`` of each row, shape (k,)."""
    return np.array([np.vdot(x, y) for x, y in zip(a, b, strict=True)])


def norms(a: NDArray[Any]) -> NDArray[np.float64]:
    """Return the 2-norm of each row, shape (k,)."""
    return np.sqrt(np.array([np.vdot(x, x).real for x in a]))


def times(factors: NDArray[Any], a: NDArray[Any]) -> NDArray[Any]:
    """Return each row times its factor."""
    return factors[:, None] * a
