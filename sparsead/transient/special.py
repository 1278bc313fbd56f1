"""Rate functions of nerve cells without their holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike


_SERIES_BELOW = 0.5
# B_2k / (2k)!, k = 1 ...: at 0.5 the first one left out is 1e-18 of the value.
_EVEN = (
    1 / 12,
    -1 / 720,
    1 / 30240,
    -1 / 1209600,
    1 / 47900160,
    -691 / 1307674368000,
    1 / 74724249600,
    -3617 / 10670622842880000,
)


def x_over_expm1(x: ArrayLike) -> jax.Array:
    """Return ``x / (exp(x) - 1)``, which is 1 at zero, with all its derivatives to rounding.

    The rates of Hodgkin and Huxley have this form, ``a (v - b) / (1 - exp(-(v - b) / c))`` is
    ``a c x_over_expm1(-(v - b) / c)``; written out they are 0/0 at v = b, and their derivative loses all digits near
    it.

    Parameters
    ----------
    x : array
        Any real numbers.

    Returns
    -------
    array, shape of `x`
        Positive, falling from -x on the left to zero on the right.

    Examples
    --------
    >>> import jax
    >>> float(x_over_expm1(0.0)), float(jax.grad(x_over_expm1)(0.0))
    (1.0, -0.5)
    """
    x = jnp.asarray(x, jnp.result_type(float, jnp.result_type(x)) if not jnp.issubdtype(jnp.result_type(x), jnp.inexact)
                    else None)  # fmt: skip
    small = jnp.abs(x) < _SERIES_BELOW
    near = jnp.where(small, x, 0.0)
    square = near * near
    series = jnp.zeros_like(x)
    for coefficient in reversed(_EVEN):
        series = (series + coefficient) * square
    far = jnp.where(small, 1.0, x)  # both branches are differentiated: neither may divide by zero
    size = jnp.abs(far)
    quotient = size / -jnp.expm1(-size) * jnp.where(far > 0, jnp.exp(-size), 1.0)
    return jnp.where(small, 1.0 - near / 2 + series, quotient)
