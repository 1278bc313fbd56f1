"""The norm of a solution and its gradient, by autograd's `value_and_grad`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sparsead.arrays.norm_solve import differentiated
from sparsead.autograd.library import anp, getval, value_and_grad
from sparsead.autograd.sparse_array import SparseArray


def norm(u: Any) -> Any:
    """Return the Euclidean norm with the gradient zero at zero; no overflow for large or small units."""
    known = getval(u)
    largest = np.max(np.abs(known), initial=0.0)  # a factor that cancels: it needs no derivative
    if not largest > 0:
        return anp.sum(anp.real(0.0 * u))  # zero with gradient zero; NaN stays NaN
    scaled = u / largest
    squares = anp.real(scaled) ** 2 + anp.imag(scaled) ** 2 if np.iscomplexobj(known) else scaled**2
    return largest * anp.sqrt(anp.sum(squares))


def _value_and_grad(value: Callable[[Any, Any], Any], x: Any, b: Any, *, grad_b: bool) -> tuple[Any, Any]:
    found: tuple[Any, Any] = value_and_grad(value, argnum=(0, 1) if grad_b else 0)(x, b)
    return found


norm_solve_and_grad = differentiated(SparseArray, norm, _value_and_grad)
