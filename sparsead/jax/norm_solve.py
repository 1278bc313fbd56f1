"""The norm of a solution and its gradient, in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparsead.arrays.solve import solve
from sparsead.jax.library import jax, jnp
from sparsead.jax.sparse_array import SparseArray


def norm_solve_and_grad(
    assemble: Callable[[Any], SparseArray], x: Any, b: Any, *, grad_b: bool = False, backend: str | None = None
) -> tuple[Any, Any]:
    """Return the Euclidean norm of ``A(x)^-1 b`` and its gradient: one factorization, two solves.

    Parameters
    ----------
    assemble : callable
        ``assemble(x)`` returns the matrix; differentiable by JAX.
    x : pytree of arrays
        Parameters.
    b : array, shape (n,) or (n, k)
        Right-hand sides. Unit: [A] [u].
    grad_b : bool
        Whether the gradient in b is wanted too.
    backend : str, optional
        As in `solve`.

    Returns
    -------
    value : array, shape ()
        Norm of the solution; over all columns if b has several. Unit: [u].
    gradient : pytree like `x`, or tuple
        Gradient in x, or ``(gradient in x, gradient in b)``, in JAX's convention for complex numbers. Where
        the solution is zero the norm has no gradient: zero is returned, a subgradient.

    Raises
    ------
    SparseADError
        As `solve`; within ``jit`` JAX raises its own exception with the same text.

    Examples
    --------
    >>> import jax.numpy as jnp, sparsead.jax as sp
    >>> spring = sp.triplets([0, 1], [0, 1], (2, 2), positive_definite=True)
    >>> value, gradient = sp.norm_solve_and_grad(spring, jnp.array([2.0, 4.0]), jnp.array([6.0, 0.0]))
    >>> bool(abs(value - 3) < 1e-6), bool(abs(gradient - jnp.array([-1.5, 0.0])).max() < 1e-6)
    (True, True)
    """
    b = SparseArray.binding.asarray("b", b)

    def value(parameters: Any, load: Any) -> Any:
        return norm(solve(assemble(parameters), load, backend=backend))

    return jax.value_and_grad(value, argnums=(0, 1) if grad_b else 0)(x, b)


def norm(u: Any) -> Any:
    """Return the Euclidean norm with the gradient zero at zero; no overflow for large or small units."""
    largest = jax.lax.stop_gradient(jnp.abs(u).max(initial=0.0))
    unit = jnp.where(largest > 0, largest, 1.0)
    scaled = u / unit
    total = (scaled.real**2 + scaled.imag**2 if jnp.iscomplexobj(u) else scaled**2).sum()
    return jnp.where(largest > 0, unit * jnp.sqrt(jnp.where(largest > 0, total, 1.0)), 0.0)
