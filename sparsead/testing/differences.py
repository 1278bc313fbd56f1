"""Derivatives by differences, and gaps without units: what the checkers measure with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_COMPLEX_STEP = 1e-30  # any step whose square vanishes beside one: the difference has no rounding error
_FIRST_STEP = 1e-2  # of the tangent, which is as large as the primal
_LEVELS = 6


def relative_gap(a: ArrayLike, b: ArrayLike, floor: float = 0.0) -> float:
    """Return the norm of a - b over the larger norm: no absolute tolerance, so that no unit can hide an error.

    Parameters
    ----------
    a, b : array, same shape
        What is compared.
    floor : float
        Smallest norm to divide by. Unit: that of `a`.

    Returns
    -------
    float
        Zero if both are zero; infinite if one is not finite or the shapes differ.

    Examples
    --------
    >>> relative_gap([1e-12, 0.0], [0.0, 0.0])
    1.0
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return np.inf
    unit = max(float(np.abs(a).max(initial=0.0)), float(np.abs(b).max(initial=0.0)), floor)
    if unit == 0:
        return 0.0
    a, b = a / unit, b / unit  # squares of small or large units would leave the range
    return float(np.linalg.norm(a - b)) / max(float(np.linalg.norm(a)), float(np.linalg.norm(b)), floor / unit)


def random_like(x: ArrayLike, rng: np.random.Generator) -> NDArray[Any]:
    """Return a random direction of the shape, the kind and the size of `x`: a tangent in the primal's own unit."""
    x = np.asarray(x)
    direction = rng.standard_normal(x.shape)
    if np.iscomplexobj(x):
        direction = direction + 1j * rng.standard_normal(x.shape)
    size = float(np.linalg.norm(x)) / np.sqrt(max(x.size, 1))
    return direction * (size or 1.0)


def pairing(a: ArrayLike, b: ArrayLike) -> float:
    """Return the real part of the sum of a times b, not conjugated: what pullbacks preserve here."""
    return float(np.real(np.sum(np.asarray(a) * np.asarray(b))))


def complex_step(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> NDArray[Any]:
    """Return the directional derivative of an analytic function of real arrays, exact to rounding.

    Parameters
    ----------
    f : callable
        ``f(*primals)``, made of operations that take complex numbers and never conjugate.
    primals, tangents : sequence of real array
        Where, and in which direction.

    Returns
    -------
    array
        Tangent of the value.

    References
    ----------
    W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real functions",
    SIAM Review 40 (1998), doi:10.1137/S003614459631241X.

    Examples
    --------
    >>> float(complex_step(lambda x: x**3, [2.0], [1.0]))
    12.0
    """
    moved = (np.asarray(p) + 1j * _COMPLEX_STEP * np.asarray(t) for p, t in zip(primals, tangents, strict=True))
    return np.imag(f(*moved)) / _COMPLEX_STEP


def extrapolated_difference(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, first_step: float = _FIRST_STEP
) -> tuple[NDArray[Any], float]:
    """Return the directional derivative by extrapolated central differences, and a bound of its error.

    For functions that are not analytic, and for complex arrays.

    Parameters
    ----------
    f : callable
        ``f(*primals)``.
    primals, tangents : sequence of array
        Where, and in which direction.
    first_step : float
        Largest multiple of the tangents to move by; halved for each column of the table.

    Returns
    -------
    derivative : array
        Tangent of the value.
    error : float
        Norm of the difference of the two best estimates.

    References
    ----------
    C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4
    (1982), doi:10.1016/S0141-1195(82)80057-0.
    """
    best, error = np.asarray(_central(f, primals, tangents, first_step)), np.inf
    above = [best]
    for level in range(1, _LEVELS):
        row = [np.asarray(_central(f, primals, tangents, first_step / 2**level))]
        for order, coarse in enumerate(above, start=1):
            row.append((4**order * row[-1] - coarse) / (4**order - 1))
            change = max(float(np.linalg.norm(row[-1] - row[-2])), float(np.linalg.norm(row[-1] - coarse)))
            if change < error:
                best, error = row[-1], change
        above = row
    return best, error


def _central(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], step: float) -> Any:
    ahead = f(*(p + step * t for p, t in zip(primals, tangents, strict=True)))
    behind = f(*(p - step * t for p, t in zip(primals, tangents, strict=True)))
    return (ahead - behind) / (2 * step)
