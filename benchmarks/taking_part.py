"""What takes part in a measurement of gradients through time; every environment of these peers has JAX too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Differentiator:
    """A run through time and its gradient, by one library.

    Parameters
    ----------
    put : callable
        Parameters, shape (p,), to the library's own kind of input. Not timed.
    run : callable
        That input to the value, done when it returns.
    gradient : callable
        That input to the value and the gradient, done when it returns.
    note : str
        The configuration that was used, for the table.
    """

    put: Callable[[NDArray[np.float64]], Any]
    run: Callable[[Any], Any]
    gradient: Callable[[Any], tuple[Any, Any]]
    note: str = ""


def jitted(last: Callable[[Any], Any], note: str = "") -> Differentiator:
    """Return a run in JAX, shape (p,) to a number, and its reverse gradient, both compiled."""
    run, gradient = jax.jit(last), jax.jit(jax.value_and_grad(last))
    return Differentiator(
        put=lambda params: jax.block_until_ready(jnp.asarray(params)),
        run=lambda params: jax.block_until_ready(run(params)),
        gradient=lambda params: jax.block_until_ready(gradient(params)),
        note=note,
    )
