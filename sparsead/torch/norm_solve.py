"""The norm of a solution and its gradient, in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparsead.arrays.solve import solve
from sparsead.torch.library import torch
from sparsead.torch.sparse_array import SparseArray


def norm_solve_and_grad(
    assemble: Callable[[Any], SparseArray], x: Any, b: Any, *, grad_b: bool = False, backend: str | None = None
) -> tuple[Any, Any]:
    """Return the Euclidean norm of ``A(x)^-1 b`` and its gradient: one factorization, two solves.

    Parameters
    ----------
    assemble : callable
        ``assemble(x)`` returns the matrix; differentiable by PyTorch.
    x : array, or nested list, tuple or dict of arrays
        Parameters. They are detached first: no gradient flows further back, and nothing is added to ``x.grad``.
    b : array, shape (n,) or (n, k)
        Right-hand sides. Unit: [A] [u].
    grad_b : bool
        Whether the gradient in b is wanted too.
    backend : str, optional
        As in `solve`.

    Returns
    -------
    value : tensor, shape ()
        Norm of the solution; over all columns if b has several. Unit: [u].
    gradient : like `x`, or tuple
        Gradient in x, or ``(gradient in x, gradient in b)``, in PyTorch's convention for complex numbers.
        Where the solution is zero the norm has no gradient: zero is returned, a subgradient.

    Raises
    ------
    SparseADError
        As `solve`.

    Examples
    --------
    >>> import torch, sparsead.torch as sp
    >>> spring = sp.triplets([0, 1], [0, 1], (2, 2), positive_definite=True)
    >>> value, gradient = sp.norm_solve_and_grad(spring, torch.tensor([2.0, 4.0]), torch.tensor([6.0, 0.0]))
    >>> value.item(), gradient.tolist()
    (3.0, [-1.5, -0.0])
    """
    leaves: list[Any] = []
    with torch.enable_grad():
        parameters = _map(lambda leaf: _leaf("x", leaf, leaves), x)
        load = _leaf("b", b, leaves) if grad_b else SparseArray.binding.asarray("b", b).detach()
        value = norm(solve(assemble(parameters), load, backend=backend))
        found = iter(torch.autograd.grad(value, leaves, materialize_grads=True))
    gradient = _map(lambda leaf: next(found), x)
    return value.detach(), (gradient, next(found)) if grad_b else gradient


def norm(u: Any) -> Any:
    """Return the Euclidean norm with the gradient zero at zero; no overflow for large or small units."""
    largest = u.detach().abs().max() if u.numel() else u.new_zeros(()).real  # cancels: needs no derivative
    if not largest > 0:
        return (0.0 * u).sum().real  # zero with gradient zero; NaN stays NaN
    scaled = u / largest
    squares = scaled.real**2 + scaled.imag**2 if u.is_complex() else scaled**2
    return largest * squares.sum().sqrt()


def _leaf(name: str, x: Any, leaves: list[Any]) -> Any:
    """Return `x` as a tensor that asks for its own gradient, in the same memory; note it in `leaves`."""
    leaves.append(SparseArray.binding.asarray(name, x).detach().requires_grad_())
    return leaves[-1]


def _map(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to every array of nested lists, tuples and dicts."""
    if isinstance(tree, dict):
        return {name: _map(function, branch) for name, branch in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_map(function, branch) for branch in tree)
    return function(tree)
