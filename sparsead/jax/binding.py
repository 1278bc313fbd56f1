"""The JAX front-end's arrays and kernels."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.checks import not_numbers
from sparsead.errors import DtypeError, NoDerivativeError
from sparsead.jax.primitives import PrimitiveKernels


class JaxBinding(PrimitiveKernels):
    """Arrays are JAX's, concrete or traced."""

    name = "sparsead.jax"
    xp = jnp

    @property
    def default_dtype(self) -> np.dtype[Any]:
        """float64, or float32 while 64-bit types are off."""
        return np.dtype(jnp.result_type(float))

    def asarray(self, name: str, x: Any) -> Any:
        """Return `x` as an array of floating type; whole numbers become floats.

        Raises
        ------
        DtypeError
            If it is no array of numbers, or JAX would truncate its digits because 64-bit types are off.
        """
        array = x if isinstance(x, jax.Array) else self._arriving(name, x)
        if jnp.issubdtype(array.dtype, jnp.inexact):
            return array.astype(jnp.float32) if array.dtype.itemsize < 4 else array
        if jnp.issubdtype(array.dtype, jnp.integer) or array.dtype == bool:
            return array.astype(self.default_dtype)
        raise not_numbers(name, f"{name} of type {array.dtype}")

    def _arriving(self, name: str, x: Any) -> Any:
        """What is no array of JAX yet, as one; whole numbers become floats before JAX could wrap them."""
        if isinstance(x, np.ndarray | np.generic):
            if isinstance(x, np.ma.MaskedArray):
                raise not_numbers(name, f"{name}, a masked array")
            _check_digits(name, x.dtype)
            if x.dtype.kind in "iub":
                return jnp.asarray(x.astype(self.default_dtype))
            x = x.astype(x.dtype.newbyteorder("="), copy=False)
        if any(isinstance(leaf, str | bytes) for leaf in jax.tree.leaves(x)):  # JAX may take one for the name of a type
            raise not_numbers(name, f"{name} of {type(x).__name__}")
        try:
            return jnp.asarray(x)
        except (TypeError, ValueError, OverflowError) as error:
            given = getattr(x, "dtype", None)
            of = type(x).__name__ if given is None else f"type {given}"
            raise not_numbers(name, f"{name} of {of}") from error

    def dtype(self, x: Any) -> np.dtype[Any]:
        """Return the type of an array."""
        return np.dtype(x.dtype)

    def astype(self, x: Any, dtype: np.dtype[Any]) -> Any:
        """Return the array in another type."""
        return x if x.dtype == dtype else x.astype(dtype)

    def concrete(self, name: str, x: Any) -> Any:
        """Return the array as NumPy.

        Raises
        ------
        NoDerivativeError
            If it is traced.
        """
        if isinstance(x, jax.core.Tracer):
            raise NoDerivativeError(
                f"{name} are traced",
                expected="concrete values",
                got=f"{x.aval} inside jit, vmap or grad",
                fix="convert outside the traced function, or use to_dense, which can be traced",
            )
        return np.asarray(x)


def _check_digits(name: str, given: np.dtype[Any]) -> None:
    if jax.config.jax_enable_x64 or given not in (np.float64, np.complex128):
        return
    truncated = "float32" if given == np.float64 else "complex64"
    raise DtypeError(
        f"JAX would truncate {name}",
        expected=f"64-bit types enabled, to keep {given}",
        got=f"{name} of type {given} with jax_enable_x64 off: JAX makes it {truncated}",
        fix=f'jax.config.update("jax_enable_x64", True) at the start; or pass {name}.astype("{truncated}")',
    )
