"""Raising from a compiled program: a host function that is called only when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental.buffer_callback import buffer_callback

_MARK = jax.ShapeDtypeStruct((), np.int32)


def checked(value: Any, good: Any, facts: Callable[[], tuple[Any, ...]], report: Callable[..., None]) -> Any:
    """Return `value` as it is; if not `good`, call ``report(*facts())`` with NumPy arrays, which raises.

    Parameters
    ----------
    value : pytree of arrays
        What must not leave before the check.
    good : bool array, shape ()
        Verdict.
    facts : callable
        Makes what the report needs; computed only where it is needed.
    report : callable
        Raises.
    """
    if not isinstance(good, jax.core.Tracer):
        if not good:
            report(*(np.asarray(x) for x in facts()))
        return value
    mark = lax.cond(good, lambda: jnp.zeros((), jnp.int32), lambda: on_host(_silent(report), facts()))
    # The value must depend on the mark, or the compiler drops the check; a barrier is not enough.
    return jax.tree.map(lambda x: jnp.where(mark == 0, x, jnp.nan), value)


def on_host(function: Callable[..., Any], facts: tuple[Any, ...]) -> Any:
    """Return a whole number, shape (), that a function makes from NumPy arrays when a compiled program comes to it.

    Parameters
    ----------
    function : callable
        From arrays to a number.
    facts : tuple of array
        What it gets.
    """

    def fill(_: Any, out: Any, *buffers: Any) -> None:
        np.asarray(out)[...] = function(*(np.asarray(b) for b in buffers))

    # A pure callback gets arrays of JAX, and waits for them for ever where there is one thread.
    return buffer_callback(fill, _MARK, vmap_method="sequential")(*facts)


def _silent(report: Callable[..., None]) -> Callable[..., int]:
    def call(*facts: Any) -> int:
        report(*facts)
        return 0

    return call
