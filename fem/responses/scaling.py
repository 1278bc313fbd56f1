"""From an aggregate to the true peak: a factor that is passed on from one stage of an optimization to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax

from fem.arrays import real
from sparsead.errors import ShapeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def adapted(scale: ArrayLike, *, peak: ArrayLike, aggregate: ArrayLike, step: float = 0.5) -> jax.Array:
    """Return the factor that makes an aggregate the true peak, moved on from the last one.

    A norm of many stresses is larger than the largest by a factor that hardly changes from one design to the next. A
    constraint ``scale * p_norm(stress / limit) <= 1`` then holds the peak itself. The factor is a number that is passed
    on from one stage of an optimization to the next; within a stage it is constant, so that gradients stay exact.

    Parameters
    ----------
    scale : array, shape () or one for each aggregate
        The last factor, 1 at the start.
    peak : array, shape of scale
        The largest value at the design that was reached, from wherever it is known best.
    aggregate : array, shape of scale
        What the aggregate is there. Unit: that of `peak`.
    step : float
        Share of the new in the old, 0 < step <= 1: less than 1 where the factor oscillates.

    Returns
    -------
    array, shape of scale
        ``step peak / aggregate + (1 - step) scale``.

    Raises
    ------
    ShapeError
        If the step is out of range, or an aggregate that is known is not positive.

    References
    ----------
    C. Le, J. Norato, T. Bruns, C. Ha, D. Tortorelli, 2010, doi:10.1007/s00158-009-0440-y.

    Examples
    --------
    >>> import fem
    >>> fem.responses.adapted(1.0, peak=90.0, aggregate=150.0).item()
    0.8
    """
    if not 0 < step <= 1:
        raise ShapeError(
            "step is no share", expected="0 < step <= 1", got=f"step = {step!r}", fix="1 takes the new factor alone"
        )
    whole = real("aggregate", aggregate)
    if not isinstance(whole, jax.core.Tracer) and not (whole > 0).all():
        raise ShapeError(
            "an aggregate is not positive", expected="aggregate > 0", got=f"aggregate = {float(whole.min()):g}",
            fix="a structure without stress has no factor: keep the last one",
        )  # fmt: skip
    return step * real("peak", peak) / whole + (1 - step) * real("scale", scale)
