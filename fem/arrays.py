"""What a user gives for numbers, as a floating array of JAX, or four lines that say what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.errors import DtypeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def numbers(name: str, value: ArrayLike) -> jax.Array:
    """Return numbers, real or complex; whole ones become floating.

    Parameters
    ----------
    name : str
        What the user calls them.
    value : array, any shape
        The numbers, concrete or traced.

    Raises
    ------
    DtypeError
        If they are no numbers, or masked.

    Examples
    --------
    >>> numbers("x", [1, 2]).tolist()
    [1.0, 2.0]
    >>> numbers("x", "many")
    Traceback (most recent call last):
    sparsead.errors.DtypeError: x is no array of numbers
      expected: floating or whole numbers
      got:      x of type <U4
      fix:      convert x to numbers first
    """
    fix = f"convert {name} to numbers first"
    try:
        array = value if isinstance(value, jax.Array) else np.asanyarray(value)
    except ValueError as error:  # rows of different lengths
        raise _no_numbers(name, f"{name} of {type(value).__name__}, {error}", fix) from error
    if isinstance(array, np.ma.MaskedArray):
        raise _no_numbers(name, f"{name}, a masked array", f"{name}.filled(0.0) gives masked entries a value")
    if array.dtype.kind in "iub":
        return jnp.asarray(array, float)
    if not jnp.issubdtype(array.dtype, jnp.inexact):
        raise _no_numbers(name, f"{name} of type {array.dtype}", fix)
    return jnp.asarray(array)


def real(name: str, value: ArrayLike) -> jax.Array:
    """Return real numbers; whole ones become floating.

    Parameters
    ----------
    name : str
        What the user calls them.
    value : array, any shape
        The numbers, concrete or traced.

    Raises
    ------
    DtypeError
        If they are no numbers, or masked, or complex.

    Examples
    --------
    >>> real("x", 1).item()
    1.0
    >>> real("x", 1j)
    Traceback (most recent call last):
    sparsead.errors.DtypeError: x is no array of real numbers
      expected: a real type
      got:      x of type complex128
      fix:      pass x.real
    """
    array = numbers(name, value)
    if jnp.iscomplexobj(array):
        raise DtypeError(
            f"{name} is no array of real numbers", expected="a real type", got=f"{name} of type {array.dtype}",
            fix=f"pass {name}.real",
        )  # fmt: skip
    return array


def _no_numbers(name: str, got: str, fix: str) -> DtypeError:
    return DtypeError(f"{name} is no array of numbers", expected="floating or whole numbers", got=got, fix=fix)
