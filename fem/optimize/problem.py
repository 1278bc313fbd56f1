"""What is minimized under which constraints: one compiled program for all values and all derivatives."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from fem.errors import OptimizationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Function = Callable[..., Any]  # of a design, and of the numbers of a stage where there are stages
    Guard = Callable[[NDArray[np.float64]], str | None]


@dataclass(frozen=True, eq=False)
class Point:
    """A design and everything that an optimizer asks about it.

    Attributes
    ----------
    x : float array, shape (n,)
        Design variables.
    value : float
        Objective.
    slope : float array, shape (n,)
        Its gradient.
    constraints : float array, shape (m,)
        Constraints; met where not positive.
    jacobian : float array, shape (m, n)
        Their gradients.
    """

    x: NDArray[np.float64]
    value: float
    slope: NDArray[np.float64]
    constraints: NDArray[np.float64]
    jacobian: NDArray[np.float64]


def factor_of(first: Point, given: float | None) -> float:
    """Return the factor of the objective inside a method: the given one, or what makes it 1 at the first design.

    Raises
    ------
    OptimizationError
        If the given one is not positive: a negative one would look for the worst design.
    """
    if given is None:
        return 1 / abs(first.value or 1.0)
    if not 0 < given < np.inf:
        raise OptimizationError(
            "scale is no factor of an objective", expected="0 < scale < inf", got=f"scale = {given!r}",
            fix="leave it out: the objective is then 1 at the start; to maximize f, minimize -f",
        )  # fmt: skip
    return given


class Problem:
    """Functions of a design, compiled together.

    Objective and constraints are traced into one program, so that whatever they share is computed once; a matrix that
    several of them solve with is factorized once in any case.

    Parameters
    ----------
    objective : callable
        From a design, of the shape of `x0`, to a real number.
    constraints : sequence of callables
        From a design to a real number or a vector of them, met where not positive.
    x0 : array, any shape
        Start.
    lower, upper : array, shape () or that of x0
        Bounds.

    Attributes
    ----------
    guard : callable or None
        ``guard(x)`` says in words why the functions must not be evaluated at a design, and returns None where they may.

    Raises
    ------
    OptimizationError
        If bounds cross, or the start is not finite or outside of them.
    """

    def __init__(
        self, objective: Function, constraints: Sequence[Function], x0: ArrayLike, lower: ArrayLike, upper: ArrayLike
    ) -> None:
        start = np.array(x0, dtype=float)
        self.shape = start.shape
        self.start = start.reshape(-1)
        self.lower, self.upper = (self._bound(name, b) for name, b in (("lower", lower), ("upper", upper)))
        self._check_start()
        self.guard: Guard | None = None
        self._functions = {"the objective": objective} | {f"constraints[{i}]": c for i, c in enumerate(constraints)}
        self._beside: tuple[Any, ...] = ()
        self._evaluate = jax.jit(self._traced(objective, tuple(constraints)))
        self._values = jax.jit(lambda x, *b: (objective(x, *b), _joined([c(x, *b) for c in constraints])))
        self._constraints = jax.jit(lambda x, *b: _joined([c(x, *b) for c in constraints]))
        self._curvature = jax.jit(self._weighted_curvature)
        self._tangents = jax.jit(lambda x, d_x, *b: jax.jvp(lambda x: self._values(x, *b), (x,), (d_x,))[1])

    def enter(self, beside: tuple[Any, ...]) -> None:
        """Take further arguments of all functions; new numbers in the same form compile nothing anew.

        Parameters
        ----------
        beside : tuple of pytrees of float arrays
            What comes after the design.

        Raises
        ------
        OptimizationError
            If a function takes no such arguments.
        """
        for name, function in self._functions.items() if beside else ():
            _check_takes(name, function, 1 + len(beside))
        self._beside = beside

    def refusal(self, x: NDArray[np.float64]) -> str | None:
        """Return why the functions must not be evaluated at a design, shape (n,), in words; None if they may."""
        words = self.guard(x.reshape(self.shape)) if self.guard is not None else None
        if not (words is None or isinstance(words, str)):
            raise OptimizationError(
                "the guard does not say what is wrong", expected="words, or None for a design that may be evaluated",
                got=f"{words!r}", fix="fem.shape.guard(mesh, place) is one; or return 'why' if wrong else None",
            )  # fmt: skip
        return words

    def evaluate(self, x: NDArray[np.float64]) -> Point:
        """Return values and gradients at a design, shape (n,)."""
        found = jax.block_until_ready(self._evaluate(x.reshape(self.shape), *self._beside))
        value, slope, constraints, jacobian = found
        return Point(
            x,
            float(value),
            np.asarray(slope).reshape(-1),
            np.asarray(constraints),
            np.asarray(jacobian).reshape(-1, x.size),
        )

    def values(self, x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return objective and constraints alone, without their gradients."""
        value, constraints = jax.block_until_ready(self._values(x.reshape(self.shape), *self._beside))
        return float(value), np.asarray(constraints)

    def tangents(self, x: NDArray[np.float64], d_x: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the derivatives of objective and constraints along a direction, by forward mode, shape (1 + m,).

        None where a function has reverse mode only, as those of `jax.custom_vjp`.
        """
        try:
            found = self._tangents(x.reshape(self.shape), d_x.reshape(self.shape), *self._beside)
            value, constraints = jax.block_until_ready(found)
        except TypeError:
            return None
        return np.concatenate([[float(value)], np.asarray(constraints)])

    def curvature(
        self, x: NDArray[np.float64], weights: NDArray[np.float64], d_x: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return H d_x, shape (n,): the second derivative of a weighted sum of objective and constraints.

        Parameters
        ----------
        x, d_x : float array, shape (n,)
            Where, and along which direction.
        weights : float array, shape (1 + m,)
            Of the objective and of each constraint.

        Raises
        ------
        TypeError
            If a function has no second derivative, as those of `jax.custom_vjp`.
        """
        product = self._curvature(x.reshape(self.shape), weights, d_x.reshape(self.shape), *self._beside)
        return np.asarray(product).reshape(-1)

    def constraints(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the constraints alone, shape (m,)."""
        return np.asarray(self._constraints(x.reshape(self.shape), *self._beside))

    def _weighted_curvature(self, x: jax.Array, weights: jax.Array, d_x: jax.Array, *beside: Any) -> jax.Array:
        def total(x: jax.Array) -> jax.Array:
            value, constraints = self._values(x, *beside)
            return weights[0] * value + weights[1:] @ constraints

        return jax.jvp(jax.grad(total), (x,), (d_x,))[1]

    def _traced(self, objective: Function, constraints: tuple[Function, ...]) -> Function:
        def everything(x: jax.Array, *beside: Any) -> Any:
            value, slope = jax.value_and_grad(lambda x: _number("the objective", objective(x, *beside)))(x)
            found = [_with_rows(lambda x, c=c: c(x, *beside), i, x) for i, c in enumerate(constraints)]
            rows = [jacobian for _, jacobian in found]
            jacobian = jnp.concatenate(rows) if rows else jnp.zeros((0, *x.shape), x.dtype)
            return value, slope, _joined([value for value, _ in found]), jacobian

        return everything

    def _bound(self, name: str, bound: ArrayLike) -> NDArray[np.float64]:
        array = np.asarray(bound, dtype=float)
        if array.shape not in ((), self.shape) or np.isnan(array).any():
            raise OptimizationError(
                f"{name} bounds do not fit the design",
                expected=f"numbers of shape () or {self.shape}",
                got=f"shape {array.shape}" if array.shape not in ((), self.shape) else "NaN",
                fix="pass one bound for all variables, or one for each",
            )
        return np.broadcast_to(array, self.shape).reshape(-1).copy()

    def _check_start(self) -> None:
        for wrong, what, expected in (
            (~(self.lower <= self.upper), "bounds cross", "lower <= upper"),
            (~np.isfinite(self.start), "the start is not finite", "finite numbers"),
            (
                ~((self.lower <= self.start) & (self.start <= self.upper)),
                "the start is out of bounds",
                "a start inside",
            ),
        ):
            if wrong.any():
                i = int(np.argmax(wrong))
                place = ", ".join(str(k) for k in np.unravel_index(i, self.shape))
                raise OptimizationError(
                    what, expected=expected, fix="numpy.clip(x0, lower, upper) is a start inside", index=i,
                    got=f"lower = {self.lower[i]:.6g}, x0[{place}] = {self.start[i]:.6g}, upper = {self.upper[i]:.6g}",
                )  # fmt: skip


def _check_takes(name: str, function: Function, count: int) -> None:
    """Refuse a function that does not take so many arguments; one that does not tell is let pass."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*range(count))
    except TypeError:
        raise OptimizationError(
            f"{name} does not take the numbers of a stage", expected="a function f(x, numbers)",
            got=f"a function of {signature}", fix="with stages objective and constraints all have a second argument",
        ) from None  # fmt: skip


def _number(what: str, value: Any) -> jax.Array:
    """A real number."""
    value = jnp.asarray(value)
    if value.shape != () or not jnp.issubdtype(value.dtype, jnp.floating):
        raise OptimizationError(
            f"{what} is no real number", expected="shape () and a floating type",
            got=f"shape {value.shape} of type {value.dtype}", fix="return a sum, a norm, or .real of it",
        )  # fmt: skip
    return value


def _with_rows(constraint: Function, i: int, x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A constraint as a vector, shape (k,), and its gradients, shape (k, *x.shape)."""
    value, pullback = jax.vjp(lambda x: jnp.asarray(constraint(x)), x)
    if value.ndim > 1 or not jnp.issubdtype(value.dtype, jnp.floating):
        raise OptimizationError(
            f"constraint {i} is no vector of real numbers", expected="shape () or (k,) and a floating type",
            got=f"shape {value.shape} of type {value.dtype}", fix="return one number for each constraint",
        )  # fmt: skip
    if value.ndim == 0:
        return value[None], pullback(jnp.ones_like(value))[0][None]
    return value, jax.vmap(lambda one: pullback(one)[0])(jnp.eye(value.size, dtype=value.dtype))


def _joined(values: list[jax.Array]) -> jax.Array:
    return jnp.concatenate([jnp.atleast_1d(value) for value in values]) if values else jnp.zeros(0)
