"""Index maps in programs: a large one is asked for when the program runs, not compiled into it.

A constant is written out, parsed and copied while a program is compiled, and kept
with every program that uses it. The maps of a mesh or of a matrix exist already,
once: asking for them makes the time to compile the same for every size, and the
program small. A program of the CPU copies them from the host's memory; one of a GPU
from a copy that stays on it.
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
from numpy.typing import NDArray

from sparsead.errors import DtypeError
from sparsead.jax.at_exit import wait_at_exit
from sparsead.jax.library import Primitive
from sparsead.jax.resident import copy_to_device

_LARGE = 1 << 20  # copying less is over before the host is asked

_constant = Primitive("sparsead_constant")


@dataclass(frozen=True, eq=False)
class _Source:
    """An array that a program asks for; compared by identity."""

    array: NDArray[Any]

    def copy(self, _: Any, out: Any) -> None:
        """Write it to the buffer of a program of the CPU."""
        np.copyto(np.asarray(out), self.array)

    def copy_on_device(self, context: Any, out: Any) -> None:
        """Write it to the buffer of a program of a GPU."""
        copy_to_device(self.array, out.__cuda_array_interface__["data"][0], context.stream)


def constant(array: NDArray[Any]) -> jax.Array:
    """Return an array, which must not change, as a constant that XLA does not fold: that takes minutes on large ones.

    Parameters
    ----------
    array : array, any shape
        Index map, or numbers that go with one.

    Returns
    -------
    array
        The same, compiled in if it has less than a MiB.

    Raises
    ------
    DtypeError
        If it has indices of 64 bits and JAX would truncate them.
    """
    if array.nbytes < _LARGE:
        return compiled_in(array)
    of_jax = jax.dtypes.canonicalize_dtype(_untruncated(array).dtype)  # float32 for float64 while 64-bit types are off
    return _constant.bind(source=_Source(np.ascontiguousarray(array, of_jax)))


def compiled_in(array: NDArray[Any]) -> jax.Array:
    """Return an array as part of the program, behind a barrier that keeps XLA from folding it.

    Raises
    ------
    DtypeError
        If it has indices of 64 bits and JAX would truncate them.
    """
    return jax.lax.optimization_barrier(jnp.asarray(_untruncated(array)))


def _untruncated(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype == np.int64 and not jax.config.jax_enable_x64:
        raise DtypeError(
            "JAX would truncate the indices of a large matrix",
            expected="64-bit types enabled, for more than 2**31 - 1 rows, columns, entries or triplets",
            got="indices of type int64 with jax_enable_x64 off: JAX makes them int32",
            fix='jax.config.update("jax_enable_x64", True) at the start',
        )
    return array


def _lower(platform: str | None, *, source: _Source) -> jax.Array:
    out = jax.ShapeDtypeStruct(source.array.shape, source.array.dtype)
    wait_at_exit()
    if platform == "cpu":
        return buffer_callback(source.copy, out)()
    if platform == "cuda":
        return buffer_callback(source.copy_on_device, out)()
    return compiled_in(source.array)


_constant.def_abstract_eval(lambda *, source: ShapedArray(source.array.shape, source.array.dtype))
_constant.def_impl(lambda *, source: jnp.asarray(source.array))
for _platform in ("cpu", "cuda", None):
    mlir.register_lowering(
        _constant, mlir.lower_fun(partial(_lower, _platform), multiple_results=False), platform=_platform
    )
