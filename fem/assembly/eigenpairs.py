"""Eigenpairs of two operators under constraints; derivatives are taken cell by cell.

Derivation
----------
With ``u = T z`` and the pairs ``T^T K T z = lambda T^T M T z``, as in `sparsead.rules.eigsh`::

    d lambda_i = u_i . (dK - lambda_i dM) u_i
    B dz_i     = (u_i dM u_i / 2,  - T^T (dK - lambda_i dM) u_i)

The first is a number for each mode and linear in the numbers m of the operators, so its coefficients are made, one row
for each mode, by as many pullbacks through the cells, and hold for any number of cotangents::

    d lambda = G dm,   G_i = gradient of  u_i . K(m) u_i - lambda_i u_i . M(m) u_i,   m_bar = G^T lambda_bar

All gradients of k eigenvalues cost k pullbacks, not k^2, and no solve. The second is solved only where a shape is
differentiated; ``dK u`` is applied cell by cell, so no array of the size of the matrix is made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from fem.assembly.operator import Operator, apply, assemble
from fem.assembly.solve import expand_vectors, reduce_values, reduce_vectors, reduction_of
from fem.errors import SpaceError
from sparsead.jax.constants import constant
from sparsead.jax.primitives import KERNELS
from sparsead.rules.pairs import dot, join, split

if TYPE_CHECKING:
    from fem.dofs.constraints import Held
    from fem.dofs.reduction import Reduction
    from sparsead.eigen.options import EigenOptions


@dataclass(frozen=True)
class Request:
    """Which pairs, under which constraints; compared by value.

    Parameters
    ----------
    held : Held
        Constraints.
    options : EigenOptions
        Which pairs.
    """

    held: Held
    options: EigenOptions

    def differentiated(self) -> Request:
        """Return the request of pairs of which one more derivative follows."""
        return replace(self, options=self.options.differentiated())

    def static(self, reduction: Reduction) -> dict[str, Any]:
        """Return static arguments of the kernels."""
        pattern = reduction.maps.system.pattern
        return {"patterns": (pattern, pattern), "options": self.options.settled()}


def reduced(request: Request, stiffness: Operator, mass: Operator) -> tuple[Any, Any]:
    """Return the stored values of K and of M under the constraints, shape (s,) each.

    Parameters
    ----------
    request : Request
        Which pairs will be wanted: constrained dofs have none of them.
    stiffness, mass : Operator
        K and M.
    """
    reduction = reduction_of(stiffness.space.topology, request.held)
    system = reduction.maps.system
    K, M = (reduce_values(reduction, assemble(one, system)) for one in (stiffness, mass))
    if request.options.sigma == jnp.inf:
        return _without_held(reduction, K), M
    return K, _without_held(reduction, M)


def eigenpairs(
    request: Request, operators: tuple[Operator, Operator], matrices: tuple[Any, Any]
) -> tuple[jax.Array, jax.Array]:
    """Return eigenvalues, shape (k,), and shapes u of unit mass, shape (k, n).

    Parameters
    ----------
    request : Request
        Which.
    operators : tuple of Operator
        K and M.
    matrices : tuple of array, shape (s,)
        Their stored values, of `reduced`.
    """
    found, z = _pairs(request, operators, matrices)
    return found, expand_vectors(reduction_of(operators[0].space.topology, request.held), z)


def check_operators(named: dict[str, Operator]) -> None:
    """Raise unless both are symmetric linear operators of one space.

    Raises
    ------
    SpaceError
        Which is not.
    """
    for name, operator in named.items():
        if not isinstance(operator, Operator) or not operator.symmetric:
            raise SpaceError(
                f"{name} is not a symmetric linear operator",
                expected="what fem.elements.elasticity, euler_bernoulli, mass ... return",
                got=f"{operator!r}" if isinstance(operator, Operator) else f"{type(operator).__name__}",
                fix="for another matrix use sparsead.jax.eigsh",
            )
    (first, one), (second, other) = named.items()
    if one.space.topology is not other.space.topology:
        raise SpaceError(
            f"{first} and {second} of different spaces",
            expected=f"a {second} on the space of the {first}, {one.space!r}",
            got=f"one on another space, {other.space!r}",
            fix="make the space once, and both operators on it",
        )


def _without_held(reduction: Reduction, values: Any) -> Any:
    """Return reduced stored values with zero at constrained dofs, which so have no eigenvalue that is found."""
    if not len(reduction.maps.kept):
        return values
    return values.at[constant(reduction.maps.kept)].set(0.0, unique_indices=True, mode="promise_in_bounds")


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _pairs(request: Request, operators: tuple[Operator, Operator], values: tuple[Any, Any]) -> tuple[Any, Any]:
    """Eigenvalues (k,) and vectors z (k, n) of matrices, by their stored values."""
    reduction = reduction_of(operators[0].space.topology, request.held)
    static = {**request.static(reduction), "options": request.options}
    pairs = KERNELS.eigsh(values[0][None], values[1][None], **static)
    return pairs[0, :, 0], pairs[0, :, 1:]


@partial(_pairs.defjvp, symbolic_zeros=True)
def _tangent(request: Request, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Pairs and their tangents: those of stored values are those of the operators again, and not looked at."""
    operators, values = primals
    found, z = _pairs(request.differentiated(), operators, values)
    reduction = reduction_of(operators[0].space.topology, request.held)
    K, M = (one[None] for one in values)
    static = request.static(reduction)
    moved = _Moved(operators, tangents[0])
    if not moved.leaves:
        return (found, z), (jnp.zeros_like(found), jnp.zeros_like(z))
    u = expand_vectors(reduction, z)
    along = moved.contracted(_rayleigh, u, found)
    pairs = join(KERNELS, found[None, :, None], z[None])
    d_found = KERNELS.alike(K, M, pairs, along[None, None], checked=False, **static)[0, 0]
    by_stiffness, by_mass = moved.tangent(lambda *both: [reduce_vectors(reduction, apply(one, u)) for one in both])
    r = join(KERNELS, 0.5 * dot(z[None], by_mass[None]), (found[:, None] * by_mass - by_stiffness)[None])
    _, d_z = split(KERNELS.bordered(K, M, pairs, r, trans="N", checked=False, **static))
    d_z = d_z + KERNELS.repeated(K, M, pairs, -0.5 * by_mass[None], **static)
    return (found, z), (d_found, d_z[0])


def _rayleigh(stiffness: Operator, mass: Operator, u: Any, value: Any) -> Any:
    """``u K u - lambda u M u`` of one mode, whose derivative in K and M is that of lambda."""
    return u @ (apply(stiffness, u[None])[0] - value * apply(mass, u[None])[0])


class _Moved:
    """The numbers of operators that a tangent moves.

    Parameters
    ----------
    operators : tuple of Operator
        K and M.
    tangents : tuple of Operator
        Their tangents, symbolic zeros for what stands still.
    """

    def __init__(self, operators: tuple[Operator, Operator], tangents: Any) -> None:
        self._leaves, self._tree = jax.tree.flatten(operators)
        directions = jax.tree.leaves(tangents, is_leaf=lambda leaf: isinstance(leaf, SymbolicZero))
        moves = [not isinstance(d, SymbolicZero) and d.dtype != jax.dtypes.float0 for d in directions]
        self._places = [i for i, moving in enumerate(moves) if moving]
        self.leaves = [self._leaves[i] for i in self._places]
        self._directions = [directions[i] for i in self._places]

    def contracted(self, form: Any, *modes: Any) -> Any:
        """Return the tangent of ``form(K, M, *mode)`` of each mode, through the gradients, one row for each mode."""

        def gradients(*mode: Any) -> Any:
            return jax.grad(lambda leaves: form(*self._with(leaves), *mode))(self.leaves)

        rows = jax.vmap(gradients)(*modes)
        return sum(
            row.reshape(len(row), -1) @ direction.reshape(-1)
            for row, direction in zip(rows, self._directions, strict=True)
        )

    def tangent(self, function: Any) -> Any:
        """Return the tangent of ``function(K, M)``."""
        return jax.jvp(lambda leaves: function(*self._with(leaves)), (self.leaves,), (self._directions,))[1]

    def _with(self, leaves: Any) -> Any:
        places = dict(zip(self._places, leaves, strict=True))
        return self._tree.unflatten([places.get(i, leaf) for i, leaf in enumerate(self._leaves)])
