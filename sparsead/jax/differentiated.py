"""What is checked of a function whose Jacobian or Hessian is asked for, and of its arguments and results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from sparsead.errors import DtypeError, ShapeError

if TYPE_CHECKING:
    from sparsead.pattern.pattern import Pattern


def misfit(name: str, shape: tuple[int, ...], extent: int, axis: str, pattern: Pattern) -> ShapeError:
    """Return the error for an argument or a result that has not as many numbers as the pattern rows or columns."""
    return ShapeError(
        f"{name} does not fit the pattern",
        expected=f"shape ({extent},): {pattern} has {extent} {axis}",
        got=f"shape {tuple(shape)}",
        fix="ravel it, or pass the pattern of this function",
    )


def checked_tolerance(tolerance: float | None) -> float | None:
    """Return the tolerance of a Jacobian.

    Raises
    ------
    DtypeError
        If it is no number >= 0.
    """
    if tolerance is None or (isinstance(tolerance, int | float) and tolerance >= 0):
        return tolerance
    raise DtypeError(
        "tolerance is no size of rounding",
        expected="a number >= 0, relative to the derivatives of a result, or None for eps^0.75",
        got=f"tolerance={tolerance!r}",
        fix="pass for example tolerance=1e-9; tolerance=np.inf looks for no missing entry",
    )


def check_result(result: Any) -> None:
    """Raise `DtypeError` unless a function returned one array of floating-point numbers."""
    dtype = getattr(result, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.inexact):
        raise DtypeError(
            "the function does not return an array of floating-point numbers",
            expected="one array, of numbers that have derivatives",
            got=type(result).__name__ if dtype is None else f"an array of type {dtype}",
            fix="return one array, jnp.concatenate of several; whole numbers have no derivatives",
        )


def complex_hessian(got: str) -> DtypeError:
    """Return the error for a Hessian of complex numbers."""
    return DtypeError(
        "the function of a Hessian is complex",
        expected="a real function of real numbers",
        got=got,
        fix="pass a function of the real and the imaginary part, or the gradient to jacobian if it is holomorphic",
    )
