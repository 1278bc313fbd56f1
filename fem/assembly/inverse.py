"""The inverse of an operator times vectors: solved by the factors of its matrix, differentiated cell by cell.

Derivation
----------
With A known in two ways, by its stored values and by the product with vectors::

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

from sparsead.jax import SparseArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from sparsead.factors.options import SolveOptions
    from sparsead.pattern.pattern import Pattern


@dataclass(frozen=True)
class Matrix:
    """What is known of A before its values.

    Parameters
    ----------
    product : callable
        ``product(operator, z)`` returns A z, shape (k, n); differentiable in the operator, a pytree.
    pattern : Pattern
        Stored entries.
    options : SolveOptions
        Structure, backend.
    """

    product: Callable[[Any, Any], Any]
    pattern: Pattern
    options: SolveOptions


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def inverse(matrix: Matrix, operator: Any, values: Any, b: Any) -> Any:
    """Return z with ``A z = b``, shape (k, n); any derivative in the operator and b.

    Parameters
    ----------
    matrix : Matrix
        A but for its values.
    operator : pytree of arrays
        What the product is made of.
    values : array, shape (s,)
        Stored values of A; they find the factorization and carry no derivative.
    b : array, shape (k, n)
        Right-hand sides.
    """
    return _linear_solve(matrix, operator, values, b)


@partial(inverse.defjvp, symbolic_zeros=True)
def _tangent(matrix: Matrix, primals: Any, tangents: Any) -> tuple[Any, Any]:
    operator, values, b = primals
    d_operator, _, d_b = tangents
    z = inverse(replace(matrix, options=matrix.options.awaiting()), operator, values, b)
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
    return z, _linear_solve(matrix, operator, values, imbalance)


def _linear_solve(matrix: Matrix, operator: Any, values: Any, b: Any) -> Any:
    """The solve that JAX transposes, and differentiates once more."""

    def solution(options: SolveOptions, trans: str, _: Any, b: Any) -> Any:
        return SparseArray.binding.solve(values[None], b[None], pattern=matrix.pattern, options=options, trans=trans)[0]

    return jax.lax.custom_linear_solve(
        partial(matrix.product, operator),
        b,
        partial(solution, matrix.options, "N"),
        transpose_solve=partial(solution, matrix.options.adjoint(), "T"),
        symmetric=matrix.options.structure.symmetric,
    )
