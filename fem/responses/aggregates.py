"""Aggregates: one smooth number for the largest of many.

Derivation
----------
With the largest value m, taken as a number so that nothing overflows::

    p-norm   (sum w |v|^p)^(1/p)       = m (sum w (|v| / m)^p)^(1/p)
    KS       log(sum w exp(r v)) / r   = m + log(sum w exp(r (v - m))) / r

The right-hand sides do not depend on m, which therefore takes no part in derivatives. Weights of one give upper bounds
of the largest value, weights whose sum is one lower bounds: of n values::

    m <= p-norm <= m n^(1/p),    m <= KS <= m + log(n) / r

KS is the function of Kreisselmeier and Steinhauser [1]_. Powers are written ``|v|^p = v^2 |v|^(p-2)``, so that
derivatives at the value zero are finite, and right to second order for p >= 2.

References
----------
.. [1] G. Kreisselmeier, R. Steinhauser, "Systematic control design by optimizing a vector performance index", IFAC
   Proceedings 12, 1979, doi:10.1016/S1474-6670(17)65584-8.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from fem.arrays import real
from fem.responses.checks import check_number
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def p_norm(
    values: ArrayLike, p: ArrayLike = 8.0, *, weights: ArrayLike | None = None, axis: int | None = None
) -> jax.Array:
    """Return the p-norm, a smooth number for the largest absolute value.

    Parameters
    ----------
    values : array, any shape
        Stresses, temperatures, compliances of load cases.
    p : array, shape ()
        At least 1. The larger, the closer to the largest value, and the less smooth: 8 to 12 are usual. It may be
        traced, so that raising it during an optimization compiles nothing again.
    weights : array, shape of values or of their last axes, optional
        Not negative; by default one for each value.
    axis : int, optional
        Axis along which to aggregate; all values by default.

    Returns
    -------
    scalar, or array without `axis`
        Where all values are zero, its derivative is taken as zero. Unit: that of values.

    Raises
    ------
    ShapeError
        If there are no values, weights do not fit, or numbers that are known are out of range.
    DtypeError
        If values are not real.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.responses.p_norm([3.0, 0.0, -4.0], p=2.0).item()
    5.0
    """
    check_number("p", p, 1.0, reached=True, fix="8 to 12 are usual; jax.numpy.max is the limit of large ones")
    numbers, w = _checked(values, weights, axis)
    return _p_norm(numbers, real("p", p), w, axis)


@partial(jax.jit, static_argnums=3)  # outside a trace each operation would be compiled by itself
def _p_norm(numbers: jax.Array, power: jax.Array, w: jax.Array, axis: int | None) -> jax.Array:
    size = jnp.abs(numbers)
    largest = jax.lax.stop_gradient(jnp.where(w > 0, size, 0.0).max(axis, keepdims=True))
    part = jnp.where(w > 0, numbers, 0.0) / jnp.where(largest == 0, 1.0, largest)
    zero = part == 0
    others = jnp.where(zero, jnp.where(power == 2, 1.0, 0.0), jnp.abs(jnp.where(zero, 1.0, part)) ** (power - 2))
    total = (w * part**2 * others).sum(axis)
    # A root has no derivative at zero; both branches must be finite for a derivative through `where`.
    some = total != 0
    root = jnp.where(some, jnp.where(some, total, 1.0) ** (1 / power), 0.0)
    return largest.reshape(total.shape) * root


def ks(
    values: ArrayLike, sharpness: ArrayLike, *, weights: ArrayLike | None = None, axis: int | None = None
) -> jax.Array:
    """Return the smooth maximum of Kreisselmeier and Steinhauser, with the signs of the values.

    Parameters
    ----------
    values : array, any shape
        Best of a size around 1, such as ``stress / limit``.
    sharpness : array, shape ()
        r, positive; it may be traced. The result is larger than the largest of n values by at most ``log(n) / r``.
        Unit: [1 / values].
    weights : array, shape of values or of their last axes, optional
        Not negative; by default one for each value.
    axis : int, optional
        Axis along which to aggregate; all values by default.

    Returns
    -------
    scalar, or array without `axis`
        Unit: that of values.

    Raises
    ------
    ShapeError
        If there are no values, weights do not fit, or numbers that are known are out of range.
    DtypeError
        If values are not real.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> round(fem.responses.ks([1.0, -2.0, 0.9], sharpness=50.0).item(), 6)
    1.000134
    """
    check_number("sharpness", sharpness, 0.0, fix="20 to 100 for values of a size around 1")
    numbers, w = _checked(values, weights, axis)
    return _ks(numbers, real("sharpness", sharpness), w, axis)


@partial(jax.jit, static_argnums=3)
def _ks(numbers: jax.Array, r: jax.Array, w: jax.Array, axis: int | None) -> jax.Array:
    counted = w > 0
    largest = jax.lax.stop_gradient(jnp.where(counted, numbers, -jnp.inf).max(axis, keepdims=True))
    # Values that do not count may be the largest: they must not overflow either.
    lower = jnp.where(counted, numbers - largest, 0.0)
    total = (w * jnp.exp(r * lower)).sum(axis)
    return largest.reshape(total.shape) + jnp.log(total) / r


def _checked(values: ArrayLike, weights: ArrayLike | None, axis: int | None) -> tuple[jax.Array, jax.Array]:
    """Return values and weights as arrays of one shape."""
    numbers = real("values", values)
    along = (numbers.size,) if axis is None else numbers.shape
    if axis is not None and not -numbers.ndim <= axis < numbers.ndim:
        raise ShapeError(
            "no such axis", expected=f"-{numbers.ndim} <= axis < {numbers.ndim}",
            got=f"axis = {axis} of an array of shape {numbers.shape}", fix="axis=-1 is the last",
        )  # fmt: skip
    if along[0 if axis is None else axis] == 0:
        raise ShapeError(
            "nothing has no largest value", expected="one value or more", got=f"shape {numbers.shape}",
            fix="look at the selection that the values come from",
        )  # fmt: skip
    return numbers, jnp.ones_like(numbers) if weights is None else _fitting(weights, numbers)


def _fitting(weights: ArrayLike, numbers: jax.Array) -> jax.Array:
    """Return weights spread over the axes in front."""
    w = real("weights", weights)
    if w.shape != numbers.shape[numbers.ndim - w.ndim :]:
        raise ShapeError(
            "weights do not fit the values", expected=f"shape {numbers.shape}, or its last axes",
            got=f"shape {w.shape}", fix="pass one weight for each value",
        )  # fmt: skip
    if not isinstance(w, jax.core.Tracer) and not ((w >= 0).all() and (w > 0).any()):
        raise ShapeError(
            "weights are not negative, and some are positive", expected="weights >= 0, with a sum > 0",
            got=f"a smallest weight of {float(w.min()):g} and a sum of {float(w.sum()):g}",
            fix="pass volumes, or shares of one",
        )  # fmt: skip
    return jnp.broadcast_to(w, numbers.shape)
