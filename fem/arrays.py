"""What a user gives for numbers, as a floating array of JAX, or four lines that say what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

from sparsead.errors import DtypeError
from sparsead.jax import SparseArray

if TYPE_CHECKING:
    import jax
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
        If they are no numbers, or masked, or JAX would truncate their digits because 64-bit types are off.

    Examples
    --------
    >>> numbers("x", [1, 2]).tolist()
    [1.0, 2.0]
    >>> numbers("x", "many")
    Traceback (most recent call last):
    sparsead.errors.DtypeError: x is not an array of numbers
      expected: float32, float64, complex64, complex128, or whole numbers
      got:      x of str
      fix:      convert x to numbers of one of these types first
    """
    return SparseArray.binding.asarray(name, value)


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
        If they are complex, or as `numbers`.

    Examples
    --------
    >>> real("x", 1).item()
    1.0
    >>> real("x", 1j)
    Traceback (most recent call last):
    sparsead.errors.DtypeError: x is not an array of real numbers
      expected: a real type
      got:      x of type complex128
      fix:      pass x.real
    """
    array = numbers(name, value)
    if jnp.iscomplexobj(array):
        raise DtypeError(
            f"{name} is not an array of real numbers", expected="a real type", got=f"{name} of type {array.dtype}",
            fix=f"pass {name}.real",
        )  # fmt: skip
    return array
