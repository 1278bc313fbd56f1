"""What a path of equilibrium is made of: points, steps, what controls them, and how a point answers to a change.

Derivation
----------
A point is a state u under a load factor c, ``T^T (r(u) - c f) = 0`` with ``u = T z + c g``. Whatever moves, with K the
tangent at the point::

    T^T K T dz = T^T (d(c f - r) - K d(c g)),     du = T dz + d(c g)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from fem.assembly.newton import Problem, Settings, State, reduction_for
from fem.assembly.nonlinear import NonlinearOperator, internal_forces
from fem.assembly.operator import apply
from fem.assembly.solve import expand_vectors, prescribed_part, reduce_vectors, reduced_product
from fem.assembly.solver import Sparing
from fem.dofs.constraints import Constraints
from sparsead.jax.inverse import Matrix, inverse

if TYPE_CHECKING:
    from collections.abc import Callable


class Path(NamedTuple):
    """States of equilibrium, one after the other; a pytree.

    Attributes
    ----------
    factors : array, shape (m,)
        By which load and prescribed values are multiplied.
    states : array, shape (m, points, components)
        States. Unit: [u].
    operator : NonlinearOperator
        As the last state leaves it.
    """

    factors: jax.Array
    states: jax.Array
    operator: NonlinearOperator


class Point(NamedTuple):
    """A state, shape (n,), and its load factor."""

    u: Any
    factor: Any


class Step(NamedTuple):
    """What a point depends on; a pytree.

    Attributes
    ----------
    operator : NonlinearOperator
        With the history that the last state left.
    load : array, shape (n,)
        Load of factor one.
    constraints : Constraints
        With prescribed values of factor one.
    begin : Point
        Where the step begins.
    goal : array, shape ()
        What the control wants.
    along : array, shape (n,)
        How far the step before went.
    least : array, shape ()
        Of what the imbalance is measured at least: the largest force so far, for at the end of a cycle there is none.
    number : int
        For messages.
    """

    operator: NonlinearOperator
    load: Any
    constraints: Constraints
    begin: Point
    goal: Any
    along: Any
    least: Any
    number: Any

    def problem(self, factor: Any) -> Problem:
        """Return the problem of equilibrium under a part of the load."""
        return Problem(self.operator, factor * self.load, self.constraints, self.begin.u)

    def prescribed(self, factor: Any) -> Any:
        """Return g under a load factor, shape (n,), or None if nothing is prescribed."""
        g = prescribed_part(reduction_for(self.problem(factor)), self.constraints)
        return None if g is None else factor * g

    def at_rest(self, u: Any, factor: Any) -> tuple[Any, Any]:
        """Return ``f - r(u)`` and g of a state that stands still, whatever else moves."""
        return factor * self.load - internal_forces(self.operator, u), self.prescribed(factor)

    def per_factor(self) -> tuple[Any, Any]:
        """Return the derivative of `at_rest` in the load factor."""
        return self.load, self.prescribed(jnp.ones(()))


class Attempt(NamedTuple):
    """Where an iteration ended, with the state of the iteration, and whether that is a point of the path."""

    point: Point
    state: State
    converged: Any


class Control(ABC):
    """What beside equilibrium makes a point: a load factor, or a distance; hashable, without arrays.

    Attributes
    ----------
    words : str
        What its goals are.
    """

    words: ClassVar[str]

    @abstractmethod
    def advance(self, step: Step, point: Point, part: Any, settings: Settings) -> Attempt:
        """Return the attempt to come from a point of the path to where a part of the step is done.

        Parameters
        ----------
        step : Step
            The step.
        point : Point
            Where smaller parts of it led.
        part : array, shape ()
            Part, at most one.
        settings : Settings
            How to iterate.
        """

    @abstractmethod
    def tangent(self, step: Step, d_step: Step, point: Point, settings: Settings) -> Point:
        """Return the tangent of the point that was reached; `STILL` stands for what does not move."""


def response(step: Step, point: Point, settings: Settings) -> Callable[[tuple[Any, Any]], Any]:
    """Return the function from the tangents of `Step.at_rest` to that of the state, du.

    ``du = T z + dg`` with ``T^T K T z = T^T (d(f - r) - K dg)``, K the tangent at the point, factorized once.

    Parameters
    ----------
    step, settings
        As in `Control.advance`.
    point : Point
        Where.
    """
    reduction, tangent = reduction_for(step.problem(point.factor)), step.operator.tangent(point.u)
    matrix = Matrix(partial(reduced_product, reduction), Sparing(settings.approach.solver(tangent, reduction)))
    prepared = settings.approach.prepared(jax.lax.stop_gradient(tangent), reduction)

    def of(moved: tuple[Any, Any]) -> Any:
        forces, d_g = moved
        rest = forces if d_g is None else forces - apply(tangent, d_g[None])[0]
        z = inverse(matrix, tangent, prepared, reduce_vectors(reduction, rest[None]))
        d_u = expand_vectors(reduction, z)[0]
        return d_u if d_g is None else d_u + d_g

    return of
