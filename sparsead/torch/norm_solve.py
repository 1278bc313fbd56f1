"""The norm of a solution and its gradient, by `torch.autograd.grad` on leaves of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparsead.arrays.norm_solve import differentiated
from sparsead.torch.library import torch
from sparsead.torch.sparse_array import SparseArray


def norm(u: torch.Tensor) -> torch.Tensor:
    """Return the Euclidean norm with the gradient zero at zero; no overflow for large or small units."""
    largest = u.detach().abs().max() if u.numel() else u.new_zeros(()).real  # cancels: needs no derivative
    if not largest > 0:
        return (0.0 * u).sum().real  # zero with gradient zero; NaN stays NaN
    scaled = u / largest
    squares = scaled.real**2 + scaled.imag**2 if u.is_complex() else scaled**2
    return largest * squares.sum().sqrt()


def _value_and_grad(
    value: Callable[[Any, torch.Tensor], torch.Tensor], x: Any, b: torch.Tensor, *, grad_b: bool
) -> tuple[torch.Tensor, Any]:
    leaves: list[Any] = []
    with torch.enable_grad():
        parameters = _map(lambda leaf: _leaf("x", leaf, leaves), x)
        norm_of_solution = value(parameters, _leaf("b", b, leaves) if grad_b else b.detach())
        found = iter(torch.autograd.grad(norm_of_solution, leaves, materialize_grads=True))
    gradient = _map(lambda leaf: next(found), x)
    return norm_of_solution.detach(), (gradient, next(found)) if grad_b else gradient


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


norm_solve_and_grad = differentiated(SparseArray, norm, _value_and_grad)
