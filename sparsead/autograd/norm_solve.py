"""The norm of a solution and its gradient, in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sparsead.arrays.solve import solve
from sparsead.autograd.library import anp, getval, value_and_grad
from sparsead.autograd.sparse_array import SparseArray


def norm_solve_and_grad(
    assemble: Callable[[Any], SparseArray], x: Any, b: Any, *, grad_b: bool = False, backend: str | None = None
) -> tuple[Any, Any]:
    """Return the Euclidean norm of ``A(x)^-1 b`` and its gradient: one factorization, two solves.

    Parameters
    ----------
    assemble : callable
        ``assemble(x)`` returns the matrix; differentiable by autograd.
    x : array, or nested list, tuple or dict of arrays
        Parameters.
    b : array, shape (n,) or (n, k)
        Right-hand sides. Unit: [A] [u].
    grad_b : bool
        Whether the gradient in b is wanted too.
    backend : str, optional
        As in `solve`.

    Returns
    -------
    value : float
        Norm of the solution; over all columns if b has several. Unit: [u].
    gradient : like `x`, or tuple
        Gradient in x, or ``(gradient in x, gradient in b)``, in JAX's convention for complex numbers. Where
        the solution is zero the norm has no gradient: zero is returned, a subgradient.

    Raises
    ------
    SparseADError
        As `solve`.

    Examples
    --------
    >>> import numpy as np, sparsead.autograd as sp
    >>> spring = sp.triplets([0, 1], [0, 1], (2, 2), positive_definite=True)
    >>> value, gradient = sp.norm_solve_and_grad(spring, np.array([2.0, 4.0]), np.array([6.0, 0.0]))
    >>> round(float(value), 9), gradient + 0.0
    (3.0, array([-1.5,  0. ]))
    """
    b = SparseArray.binding.asarray("b", b)

    def value(parameters: Any, load: Any) -> Any:
        return norm(solve(assemble(parameters), load, backend=backend))

    return value_and_grad(value, argnum=(0, 1) if grad_b else 0)(x, b)


def norm(u: Any) -> Any:
    """Return the Euclidean norm with the gradient zero at zero; no overflow for large or small units."""
    known = getval(u)
    largest = np.max(np.abs(known), initial=0.0)  # a factor that cancels: it needs no derivative
    if not largest > 0:
        return anp.sum(anp.real(0.0 * u))  # zero with gradient zero; NaN stays NaN
    scaled = u / largest
    squares = anp.real(scaled) ** 2 + anp.imag(scaled) ** 2 if np.iscomplexobj(known) else scaled**2
    return largest * anp.sqrt(anp.sum(squares))
