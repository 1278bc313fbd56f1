"""The norm of a solution and its gradient, in one call.

Derivation
----------
::

    A(x) u = b,  c = |u|                 primal
    u_bar = conj(u) / |u|                cotangent of u; zero, a subgradient, at u = 0
    A^T lam = u_bar                      adjoint solve, same factorization
    A_bar = -lam u^T on the pattern,  b_bar = lam
    x_bar = pullback of the assembly at A_bar
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from sparsead.arrays.solve import solve
from sparsead.checks import check_assembled
from sparsead.numpy.derivatives import vjp
from sparsead.numpy.sparse_array import SparseArray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Backend
    from sparsead.factors.options import Automatic

Assembled = tuple[SparseArray, Callable[[SparseArray], Any]]


@overload
def norm_solve_and_grad(
    assemble: Callable[[Any], Assembled],
    x: Any,
    b: Any,
    *,
    grad_b: Literal[False] = ...,
    backend: str | None = ...,
    method: Backend | Automatic | None = ...,
) -> tuple[float, Any]: ...
@overload
def norm_solve_and_grad(
    assemble: Callable[[Any], Assembled],
    x: Any,
    b: Any,
    *,
    grad_b: Literal[True],
    backend: str | None = ...,
    method: Backend | Automatic | None = ...,
) -> tuple[float, tuple[Any, NDArray[Any]]]: ...
def norm_solve_and_grad(
    assemble: Callable[[Any], Assembled],
    x: Any,
    b: Any,
    *,
    grad_b: bool = False,
    backend: str | None = None,
    method: Backend | Automatic | None = None,
) -> tuple[float, Any]:
    """Return the Euclidean norm of ``A(x)^-1 b`` and its gradient: one factorization, two solves.

    Parameters
    ----------
    assemble : callable
        ``assemble(x)`` returns the matrix and its pullback, which maps a cotangent `SparseArray` to the
        cotangent of x; what ``sp.vjp(f, x)`` returns fits too.
    x : any
        Parameters, passed to `assemble`.
    b : array, shape (n,) or (n, k)
        Right-hand sides. Unit: [A] [u].
    grad_b : bool
        Whether the gradient in b is wanted too.
    backend, method : optional
        As in `solve`.

    Returns
    -------
    value : float
        Norm of the solution; over all columns if b has several. Unit: [u].
    gradient : as the pullback returns, or tuple
        Gradient in x, or ``(gradient in x, gradient in b)``. Where the solution is zero the norm has no
        gradient: zero is returned, a subgradient.

    Raises
    ------
    SparseADError
        As `solve`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> spring = sp.triplets([0, 1], [0, 1], (2, 2), positive_definite=True)
    >>> k, load = np.array([2.0, 4.0]), np.array([6.0, 0.0])
    >>> value, gradient = sp.norm_solve_and_grad(lambda k: sp.vjp(spring, k), k, load)
    >>> round(value, 9), gradient + 0.0
    (3.0, array([-1.5,  0. ]))
    """
    matrix, assembly_pullback = check_assembled(assemble(x), SparseArray)
    u, solve_pullback = vjp(lambda a, load: solve(a, load, backend=backend, method=method), matrix, b)
    norm, direction = _norm_and_direction(u)
    u_bar = np.conj(direction)
    matrix_bar, b_bar = solve_pullback(u_bar)
    x_bar = assembly_pullback(matrix_bar)
    if isinstance(x_bar, tuple) and len(x_bar) == 1:
        (x_bar,) = x_bar
    return norm, ((x_bar, b_bar) if grad_b else x_bar)


def _norm_and_direction(u: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    """Return |u| and u / |u|, zero where u is; neither over- nor underflows before |u| does."""
    largest = np.abs(u).max(initial=0.0)
    if largest == 0:
        return 0.0, np.zeros_like(u)
    scaled = u / largest
    norm = np.linalg.norm(scaled)
    with np.errstate(over="ignore"):
        return float(largest * norm), scaled / norm
