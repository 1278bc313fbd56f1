"""The norm of a solution and its gradient in one call, for the front-ends whose library differentiates a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from sparsead.arrays.dense import Array
from sparsead.arrays.solve import solve

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sparsead.arrays.sparse_array import SparseArray
    from sparsead.backends.backend import Backend
    from sparsead.factors.options import Automatic

NormSolve = Callable[..., tuple[Array, Any]]


class ValueAndGrad(Protocol[Array]):
    """How the front-end's library differentiates ``value(x, b)``: in x, or in both."""

    def __call__(self, value: Callable[[Any, Array], Array], x: Any, b: Array, *, grad_b: bool) -> tuple[Array, Any]:
        """Return the value and its gradient, in x or in ``(x, b)``."""


def differentiated(
    array_type: type[SparseArray[Array]], norm: Callable[[Array], Array], value_and_grad: ValueAndGrad[Array]
) -> NormSolve[Array]:
    """Return the front-end's `norm_solve_and_grad`.

    Parameters
    ----------
    array_type : type
        The front-end's `SparseArray`.
    norm : callable
        Euclidean norm of an array: its gradient zero at zero, no overflow for large or small units.
    value_and_grad : callable
        See `ValueAndGrad`.

    Returns
    -------
    callable
        Public, with its documentation.
    """

    def norm_solve_and_grad(
        assemble: Callable[[Any], SparseArray[Array]],
        x: Any,
        b: ArrayLike | Array,
        *,
        grad_b: bool = False,
        backend: str | None = None,
        method: Backend | Automatic | None = None,
    ) -> tuple[Array, Any]:
        """Return the Euclidean norm of ``A(x)^-1 b`` and its gradient: one factorization, two solves.

        Parameters
        ----------
        assemble : callable
            ``assemble(x)`` returns the matrix; differentiable by the library of the front-end.
        x : array, or arrays in lists, tuples and dicts
            Parameters; with JAX any pytree. PyTorch's are detached first: no gradient flows further back, and
            nothing is added to ``x.grad``.
        b : array, shape (n,) or (n, k)
            Right-hand sides. Unit: [A] [u].
        grad_b : bool
            Whether the gradient in b is wanted too.
        backend, method : optional
            As in `solve`.

        Returns
        -------
        value : array, shape ()
            Norm of the solution; over all columns if b has several. Unit: [u].
        gradient : like `x`, or tuple
            Gradient in x, or ``(gradient in x, gradient in b)``, in the library's convention for complex
            numbers. Where the solution is zero the norm has no gradient: zero is returned, a subgradient.

        Raises
        ------
        SparseADError
            As `solve`; within ``jit`` JAX raises its own exception with the same text.

        Examples
        --------
        With JAX; the call is the same with autograd and PyTorch.

        >>> import jax.numpy as jnp, sparsead.jax as sp
        >>> spring = sp.triplets([0, 1], [0, 1], (2, 2), positive_definite=True)
        >>> value, gradient = sp.norm_solve_and_grad(spring, jnp.array([2.0, 4.0]), jnp.array([6.0, 0.0]))
        >>> bool(abs(value - 3) < 1e-6), bool(abs(gradient - jnp.array([-1.5, 0.0])).max() < 1e-6)
        (True, True)
        """

        def value(parameters: Any, load: Array) -> Array:
            return norm(solve(assemble(parameters), load, backend=backend, method=method))

        return value_and_grad(value, x, array_type.binding.asarray("b", b), grad_b=grad_b)

    norm_solve_and_grad.__qualname__ = norm_solve_and_grad.__name__
    norm_solve_and_grad.__module__ = array_type.__module__.rpartition(".")[0]
    return norm_solve_and_grad
