"""How accurate a gradient is: the errors of all steps, weighted by what they do to it.

Derivation
----------
The embedded solution of each step differs from it by e. With steps ``Φ − ε e`` the loss becomes L(ε, θ), and::

    ∂L/∂ε      = −Σᵢ λᵢ₊₁ᵀ eᵢ      error of the loss: local errors, weighted by the adjoint
    ∂²L/∂ε ∂θ                      error of the gradient

both at ε = 0 and on the accepted grid: one gradient, and one tangent of it. Like the error that controls the steps they
estimate that of the weaker solution of the pair, so they err on the safe side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jax.typing import ArrayLike

from sparsead.errors import ShapeError
from sparsead.transient.equations.field import field_of
from sparsead.transient.equations.traced import Data
from sparsead.transient.methods.explicit import ExplicitScheme
from sparsead.transient.methods.tableaus import EXPLICIT
from sparsead.transient.odesolve import arrays_of, name_in, parameter_of
from sparsead.transient.options import known
from sparsead.transient.reports.failures import Naming
from sparsead.transient.run import Options, run
from sparsead.transient.steps.times import check_times


class Accuracy(NamedTuple):
    """A loss, its gradient, and the estimated errors of both.

    Parameters
    ----------
    value : array, shape ()
        Loss.
    gradient : pytree like the parameters
        Its gradient.
    value_error : array, shape ()
        Error of the loss.
    gradient_error : pytree like the parameters
        Error of the gradient.
    relative : array, shape ()
        Norm of that error over the norm of the gradient.
    """

    value: Any
    gradient: Any
    value_error: Any
    gradient_error: Any
    relative: Any


def _inner(data: Data) -> Data:
    return data[0][:-1], data[1]


@dataclass(frozen=True)
class PerturbedScheme(ExplicitScheme):
    """Steps less ε times their error, ε being the last of the data; the grid is that of ε = 0."""

    def start(self, data: Data, t: Any, u: Any) -> Any:
        """Return what a step hands to the next."""
        return super().start(_inner(data), t, u)

    def probe(self, data: Data, t: Any, u: Any) -> Any:
        """Return the slope."""
        return super().probe(_inner(data), t, u)

    def attempt(self, data: Data, t: Any, h: Any, u: Any, memory: Any) -> tuple[Any, Any, Any]:
        """Return the next state, its error, and what is handed on."""
        return super().attempt(_inner(data), t, h, u, memory)

    def step(self, data: Data, t: Any, h: Any, u: Any) -> Any:
        """Return the next state less ε times its error."""
        u1, error, _ = super().attempt(_inner(data), t, h, u, ())
        return u1 - data[0][-1] * error


def gradient_accuracy(
    loss: Callable[[Any], Any],
    f: Callable[..., Any],
    u0: Any,
    t: ArrayLike | Sequence[ArrayLike],
    params: Any,
    *,
    method: str = "dormand_prince",
    rtol: float | None = None,
    atol: float | None = None,
    h: float | None = None,
    max_steps: int = 4096,
) -> Accuracy:
    """Return a loss of the states, its gradient in the parameters, and estimates of the errors of both.

    A tolerance holds for the state, and only in each step. Where trajectories part from each other, a gradient may be
    wrong in its first digit while every step is accepted; here it shows.

    Parameters
    ----------
    loss : callable
        ``loss(states)``, a number, from the states at `t`.
    f, u0, t, params, method, rtol, atol, h, max_steps
        As in `odesolve`; the method must be one that estimates its error. u0 and params have any structure, which no
        annotation says.

    Returns
    -------
    Accuracy
        Value, gradient and their errors.

    Raises
    ------
    ShapeError
        If the method has no embedded pair.
    SparseADError
        As `odesolve`.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from sparsead.transient import gradient_accuracy
    >>> found = gradient_accuracy(lambda u: u[-1], lambda t, u, k: k * u, 1.0, [0.0, 1.0], 1.0, rtol=1e-4, atol=1e-4)
    >>> bool(1e-7 < found.relative < 1e-2)
    True
    """
    tableau = EXPLICIT[known("method", method, EXPLICIT)]
    if not tableau.adaptive:
        raise ShapeError(
            f"{tableau.name} does not estimate its error",
            expected="a method with an embedded pair",
            got=f'method="{tableau.name}"',
            fix='method="dormand_prince"',
        )
    times, state = check_times(t), arrays_of("u0", u0)
    params = jax.tree.map(parameter_of, params)
    flat, unravel = ravel_pytree(state)
    options = Options(h, rtol, atol, "aca", "all", max_steps)

    def total(strength: Any, params: Any) -> Any:
        field, (moving, fixed) = field_of(f, state, params)
        scheme = PerturbedScheme(field, tableau)
        data = ((*moving, strength), fixed)
        out, _ = run(scheme, flat, times, data, options, flat.size, Naming(partial(name_in, state)))
        return loss(jax.vmap(unravel)(out))

    zero = jnp.zeros((), jnp.finfo(flat.dtype).dtype)
    value, (value_error, gradient) = jax.value_and_grad(total, (0, 1))(zero, params)
    error = jax.jvp(lambda e: jax.grad(total, 1)(e, params), (zero,), (jnp.ones_like(zero),))[1]
    size = jnp.linalg.norm(ravel_pytree(gradient)[0])
    relative = jnp.linalg.norm(ravel_pytree(error)[0]) / jnp.where(size > 0, size, 1.0)
    return Accuracy(value, gradient, value_error, error, relative)
