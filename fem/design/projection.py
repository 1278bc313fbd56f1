"""Projection: densities between 0 and 1 are pushed to the ends by a smooth step at a threshold.

Derivation
----------
::

    H(x) = (tanh(b e) + tanh(b (x - e))) / (tanh(b e) + tanh(b (1 - e))),   H(0) = 0, H(1) = 1

b is the steepness, e the threshold [1]_. Three thresholds make three designs out of one: eroded, intermediate and
dilated, as if too much or too little had been printed; what is best in the worst of them has a minimum size [1]_.

References
----------
.. [1] F. Wang, B. S. Lazarov, O. Sigmund, "On projection methods, convergence and robust formulations in topology
   optimization", Structural and Multidisciplinary Optimization 43, 2011, doi:10.1007/s00158-010-0602-y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp

from fem.arrays import real
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    import jax
    from numpy.typing import ArrayLike


class Robust(NamedTuple):
    """Three designs, each of the shape of x."""

    eroded: jax.Array
    intermediate: jax.Array
    dilated: jax.Array


def project(x: ArrayLike, beta: ArrayLike, eta: ArrayLike = 0.5) -> jax.Array:
    """Return densities pushed to 0 and 1 by a smooth step.

    Parameters
    ----------
    x : array, any shape
        Densities between 0 and 1.
    beta : array, shape ()
        Steepness: 1 changes little, 32 leaves few intermediate densities. It may be traced: raised in the ``stages`` of
        an optimizer it compiles nothing again.
    eta : array, shape () or that of x
        Threshold, between 0 and 1.

    Returns
    -------
    array, shape of x
        0 and 1 stay what they are.

    Raises
    ------
    ShapeError
        If a beta that is known is not positive, or a threshold that is known is not between 0 and 1.

    References
    ----------
    F. Wang, B. S. Lazarov, O. Sigmund, 2011, doi:10.1007/s00158-010-0602-y.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> fem.design.project([0.0, 0.4, 0.5, 1.0], beta=8.0).round(3).tolist()
    [0.0, 0.168, 0.5, 1.0]
    """
    _check("beta", beta, 0.0, float("inf"))
    _check("eta", eta, 0.0, 1.0)
    steepness, threshold = real("beta", beta), real("eta", eta)
    low, high = jnp.tanh(steepness * threshold), jnp.tanh(steepness * (1 - threshold))
    return (low + jnp.tanh(steepness * (real("x", x) - threshold))) / (low + high)


def robust(x: ArrayLike, beta: ArrayLike, *, eta: float = 0.5, margin: float = 0.2) -> Robust:
    """Return the eroded, the intermediate and the dilated design.

    Parameters
    ----------
    x : array, any shape
        Filtered densities between 0 and 1.
    beta : array, shape ()
        Steepness, as of `project`.
    eta : float
        Threshold of the intermediate design.
    margin : float
        Thresholds of the others are ``eta + margin`` and ``eta - margin``.

    Returns
    -------
    Robust
        ``eroded, intermediate, dilated``. The objective is that of the worst, mostly the eroded; the volume is bounded
        on the dilated.

    Raises
    ------
    ShapeError
        If a threshold is not between 0 and 1.

    References
    ----------
    F. Wang, B. S. Lazarov, O. Sigmund, 2011, doi:10.1007/s00158-010-0602-y.

    Examples
    --------
    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> thin, _, thick = fem.design.robust(0.5, beta=8.0)
    >>> round(float(thin), 3), round(float(thick), 3)
    (0.039, 0.961)
    """
    return Robust(*(project(x, beta, at) for at in (eta + margin, eta, eta - margin)))


def _check(name: str, value: Any, low: float, high: float) -> None:
    """Raise `ShapeError` if a plain number is not strictly between two; traced ones are not looked at."""
    if isinstance(value, int | float) and not low < value < high:
        raise ShapeError(
            f"{name} is out of range", expected=f"{low:g} < {name} < {high:g}", got=f"{name} = {value:g}",
            fix="beta from 1 to 64 and thresholds around 0.5 are usual",
        )  # fmt: skip
