"""The inverse of an operator times vectors: solved in one of several ways, differentiated cell by cell.

Derivation
----------
With A known in two ways, by what the solver prepared (its stored values, levels of a multigrid) and by the product with
vectors::

    A z = b
    A dz = db - dA z

JAX's own linear solve transposes this and differentiates it again, but has one function for the value and for all
derivatives. Here the two are told apart, so that the factor store keeps a matrix whose derivative is still to come,
and no other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
from jax.custom_derivatives import SymbolicZero

if TYPE_CHECKING:
    from collections.abc import Callable

    from fem.assembly.solver import Solver


@dataclass(frozen=True)
class Matrix:
    """What is known of A before its values.

    Parameters
    ----------
    product : callable
        ``product(operator, z)`` returns A z, shape (k, n); differentiable in the operator, a pytree.
    solver : Solver
        What solves, from what it prepared.
    """

    product: Callable[[Any, Any], Any]
    solver: Solver


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def inverse(matrix: Matrix, operator: Any, prepared: Any, b: Any) -> Any:
    """Return z with ``A z = b``, shape (k, n); any derivative in the operator and b.

    Parameters
    ----------
    matrix : Matrix
        A but for its values.
    operator : pytree of arrays
        What the product is made of.
    prepared : pytree of arrays
        What the solver prepared, such as the stored values of A; carries no derivative.
    b : array, shape (k, n)
        Right-hand sides.
    """
    return _linear_solve(matrix, operator, prepared, b)


@partial(inverse.defjvp, symbolic_zeros=True)
def _tangent(matrix: Matrix, primals: Any, tangents: Any) -> tuple[Any, Any]:
    operator, prepared, b = primals
    d_operator, _, d_b = tangents
    z = inverse(replace(matrix, solver=matrix.solver.awaiting()), operator, prepared, b)
    imbalance = None if type(d_b) is SymbolicZero else d_b
    leaves, tree = jax.tree.flatten(operator)
    directions = jax.tree.leaves(d_operator)
    moved = [i for i, direction in enumerate(directions) if type(direction) is not SymbolicZero]
    if moved:

        def of_moved(*chosen: Any) -> Any:
            found = dict(zip(moved, chosen, strict=True))
            return matrix.product(tree.unflatten([found.get(i, leaf) for i, leaf in enumerate(leaves)]), z)

        forces = jax.jvp(of_moved, [leaves[i] for i in moved], [directions[i] for i in moved])[1]
        imbalance = -forces if imbalance is None else imbalance - forces
    return z, _linear_solve(matrix, operator, prepared, imbalance, known=(b, z))


def _linear_solve(matrix: Matrix, operator: Any, prepared: Any, b: Any, known: Any = None) -> Any:
    """The solve that JAX transposes, and differentiates once more."""
    solver = matrix.solver

    def solution(_: Any, b: Any) -> Any:
        return solver.solve(prepared, b, known)

    def adjoint(_: Any, b: Any) -> Any:
        return solver.solve_transposed(prepared, b, known)

    product = partial(matrix.product, operator)
    return jax.lax.custom_linear_solve(product, b, solution, transpose_solve=adjoint, symmetric=solver.symmetric)
