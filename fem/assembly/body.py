"""Body: operators, loads and constraints of a space, reduced to what a time integration takes.

Derivation
----------
With ``u = T z + g(t)``, as in `fem.solve`, and matrices assembled once::

    T^T M T z'' + T^T C T z' + T^T r(T z + g) = T^T (f - M g'' - C g')

Constrained dofs stay in z, decoupled and at rest at zero: so every dof has its number of the space, and all matrices
have one pattern.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp

from fem.assembly.nonlinear import NonlinearOperator, internal_forces
from fem.assembly.operator import Operator, assemble
from fem.assembly.solve import all_of, expand_vectors, prescribed_part, reduce_values, reduce_vectors, reduction_of
from fem.errors import SpaceError
from sparsead.jax import SparseArray
from sparsead.transient.equations.motion import derivatives

if TYPE_CHECKING:
    from fem.dofs.reduction import Reduction
    from fem.dofs.space import Space


class Shared(NamedTuple):
    """Everything that may carry a derivative; a pytree.

    Attributes
    ----------
    params : pytree
        The user's.
    supports : Constraints or None
        Supports that do not move.
    load : array, shape (n,), or None
        Constant load.
    nonlinear : NonlinearOperator or None
        Forces that are not linear.
    whole : tuple of SparseArray or None
        M, C, K of all dofs, where supports have values.
    """

    params: Any
    supports: Any
    load: Any
    nonlinear: Any
    whole: tuple[Any, ...]


@dataclass(frozen=True)
class Body:
    """What marches.

    Attributes
    ----------
    space : Space
        Where.
    reduction : Reduction
        T.
    supports, load : callable or None
        The user's functions of ``(t, params)``, where they are functions.
    moved : bool
        Whether there is a g.
    second : bool
        Whether M belongs to the second derivative.
    """

    space: Space
    reduction: Reduction
    supports: Callable[..., Any] | None
    load: Callable[..., Any] | None
    moved: bool
    second: bool

    def prescribed(self, t: Any, shared: Shared) -> Any:
        """Return g, shape (n,)."""
        given = shared.supports if self.supports is None else self.supports(t, shared.params)
        return prescribed_part(self.reduction, all_of(given, self.space.count))

    def motion(self, t: Any, shared: Shared) -> tuple[Any, Any, Any]:
        """Return g and its first two derivatives in time."""
        if self.supports is None:
            g = self.prescribed(t, shared)
            return g, jnp.zeros_like(g), jnp.zeros_like(g)
        return derivatives(self.prescribed, t, shared)

    def free(self, u: Any) -> Any:
        """Return z of a state, shape (n,): its free dofs."""
        return u * self.reduction.mask

    def states(self, z: Any, t: Any, shared: Shared) -> Any:
        """Return u, or u, v and a, from rows of z at one time, each (n,)."""
        rows = [expand_vectors(self.reduction, row[None])[0] for row in z]
        if not self.moved:
            return rows
        return [row + g for row, g in zip(rows, self.motion(t, shared), strict=False)]

    def forces(self, t: Any, shared: Shared) -> Any:
        """Return ``T^T (f - M g'' - C g' - K g)``, shape (n,)."""
        total = jnp.zeros(self.space.count)
        if self.load is not None:
            total = vector(self.space, "load(t, params)", self.load(t, shared.params))
        elif shared.load is not None:
            total = shared.load
        if self.moved:
            u, v, a = self.motion(t, shared)
            for matrix, g in zip(shared.whole, (a if self.second else v, v, u), strict=True):
                total = total if matrix is None else total - matrix @ g
        return reduce_vectors(self.reduction, total[None])[0]

    def internal(self, t: Any, z: Any, shared: Shared) -> Any:
        """Return ``T^T r(u)``, shape (n,)."""
        u = self.states([z], t, shared)[0]
        return reduce_vectors(self.reduction, internal_forces(shared.nonlinear, u)[None])[0]

    def tangent(self, t: Any, z: Any, shared: Shared) -> Any:
        """Return ``T^T K T`` at a state, a sparse matrix."""
        operator = shared.nonlinear.tangent(self.states([z], t, shared)[0])
        system = self.reduction.maps.system
        values = reduce_values(self.reduction, assemble(operator, system))
        return SparseArray(values, system.pattern, operator.structure)


def body_of(
    mass: Operator, damping: Any, stiffness: Any, load: Any, supports: Any, params: Any, *, second: bool
) -> tuple[Body, Shared, Any]:
    """Return a body, what it shares, and its reduced matrices M, C, K.

    Parameters
    ----------
    mass, damping, stiffness, load, supports, params
        As `fem.march`.
    second : bool
        Whether M belongs to the second derivative.
    """
    space = mass.space
    nonlinear = None
    if isinstance(stiffness, NonlinearOperator):
        nonlinear, stiffness = replace(stiffness, linear=None), stiffness.linear
    fixed = None if callable(supports) else all_of(supports, space.count)
    held, moved = _held(supports, params, space) if fixed is None else (fixed.held, fixed.values is not None)
    reduction = reduction_of(space.topology, held)
    operators = (mass, damping, stiffness)
    pairs = [(None, None) if x is None else _matrices(x, reduction, whole=moved) for x in operators]
    reduced, whole = zip(*pairs, strict=True)
    constant = None if load is None or callable(load) else vector(space, "load", load)
    shared = Shared(params, fixed, constant, nonlinear, whole)
    body = Body(space, reduction, supports if fixed is None else None, load if callable(load) else None, moved, second)
    return body, shared, reduced


def _held(supports: Any, params: Any, space: Space) -> tuple[Any, bool]:
    """Which dofs moving supports constrain, and whether they give them values."""
    found: list[Any] = []

    def look(t: Any, params: Any) -> Any:
        constraints = all_of(supports(t, params), space.count)
        found.append((constraints.held, constraints.values is not None))
        return constraints.values

    jax.eval_shape(look, jnp.zeros(()), params)
    return found[0]


def _matrices(operator: Operator, reduction: Reduction, *, whole: bool) -> tuple[Any, Any]:
    """The matrix ``T^T K T`` of an operator, and if wanted K itself."""
    pattern = reduction.maps.system.pattern
    values, reduced = _assembled(operator, reduction=reduction, whole=whole)
    return SparseArray(reduced, pattern, operator.structure), SparseArray(values, pattern) if whole else None


@partial(jax.jit, static_argnames=("reduction", "whole"))
def _assembled(operator: Operator, *, reduction: Reduction, whole: bool) -> tuple[Any, Any]:
    values = assemble(operator, reduction.maps.system)
    return values if whole else None, reduce_values(reduction, values)


def vector(space: Space, name: str, u: Any) -> Any:
    """Return a state or a load as one vector, shape (n,).

    Raises
    ------
    SpaceError
        If it does not fit the space, or is several.
    """
    vectors, shape = space.flatten(u)
    if len(vectors) != 1:
        raise SpaceError(
            f"several vectors as {name} of one march",
            expected=f"shape {space.shape}, or ({space.count},)",
            got=f"{name} of shape {shape}, {len(vectors)} vectors",
            fix="march them one after the other, or with jax.vmap",
        )
    return vectors[0]
