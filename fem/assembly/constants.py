"""Index maps in programs: a large one is asked from the host when the program runs, not compiled into it.

A constant is written out, parsed and copied while a program is compiled, and kept
with every program that uses it. The maps of a mesh exist already, once: asking for
them makes the time to compile the same for every mesh, and the program small.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import ShapedArray
from jax.experimental.buffer_callback import buffer_callback
from jax.interpreters import mlir

from sparsead.jax.library import Primitive

_LARGE = 1 << 20  # copying less is over before the host is asked

_constant = Primitive("fem_constant")


@dataclass(frozen=True, eq=False)
class _Source:
    """An array that a program asks for; compared by identity."""

    array: np.ndarray[Any, Any]

    def copy(self, _: Any, out: Any) -> None:
        """Write it to the buffer of the program."""
        np.copyto(np.asarray(out), self.array)


def constant(array: np.ndarray[Any, Any]) -> Any:
    """Return an array, which must not change, as a constant that XLA does not fold: that takes minutes on large meshes.

    Parameters
    ----------
    array : array, any shape
        Index map of a mesh.
    """
    return _compiled_in(array) if array.nbytes < _LARGE else _constant.bind(source=_Source(array))


def _compiled_in(array: np.ndarray[Any, Any]) -> Any:
    return jax.lax.optimization_barrier(jnp.asarray(array))


def _lower(platform: str | None, *, source: _Source) -> Any:
    if platform != "cpu":
        return _compiled_in(source.array)
    return buffer_callback(source.copy, jax.ShapeDtypeStruct(source.array.shape, source.array.dtype))()


_constant.def_abstract_eval(lambda *, source: ShapedArray(source.array.shape, source.array.dtype))
_constant.def_impl(lambda *, source: jnp.asarray(source.array))
for _platform in ("cpu", None):
    mlir.register_lowering(
        _constant, mlir.lower_fun(partial(_lower, _platform), multiple_results=False), platform=_platform
    )
