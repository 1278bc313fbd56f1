"""How far to walk before the next snapshot: the binomial schedule in closed form.

With c snapshots, the one at the start counted, N steps are reversed by ``r N - C(c + r, r - 1)`` steps forward, where r
is the least number with ``C(c + r, c) >= N``; no schedule takes fewer.

References
----------
A. Griewank and A. Walther, "Algorithm 799: Revolve", 2000, doi:10.1145/347837.347846.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import lax


def advances(steps: int, snapshots: int) -> int:
    """Return the least number of steps forward that reverses `steps` with `snapshots`; taped ones are not counted.

    Examples
    --------
    >>> advances(10, 3), advances(10, 1), advances(10, 10)
    (15, 45, 9)
    """
    if steps <= 1:
        return 0
    r = _repetitions(steps, snapshots)
    return r * steps - math.comb(snapshots + r, r - 1)


def _repetitions(steps: int, snapshots: int) -> int:
    if snapshots == 1:
        return steps - 1
    r = 0
    while math.comb(snapshots + r, snapshots) < steps:
        r += 1
    return r


def next_distance(steps: int, snapshots: int) -> int:
    """Return how many steps to walk from a snapshot before taking the next, `snapshots` counting the one at the start.

    Parameters
    ----------
    steps : int
        Steps from the snapshot to the end, at least two.
    snapshots : int
        Snapshots that may be held, at least two.

    Returns
    -------
    int
        Between 1 and ``steps - 1``.

    Examples
    --------
    >>> next_distance(10, 3)
    4
    """
    r = _repetitions(steps, snapshots)
    beta = [math.comb(snapshots - k + r - 1, r - 1) if snapshots >= k else 0 for k in range(3)]
    fewer = math.comb(snapshots + r - 2, snapshots) if r >= 2 else 0
    if steps <= beta[0] + beta[2]:
        return max(fewer, 1)
    most = math.comb(snapshots + r, snapshots)
    if steps >= most - (math.comb(snapshots - 3 + r, r) if snapshots >= 3 else 0):
        return beta[0]
    return steps - beta[1] - beta[2]


def traced_distance(steps: Any, snapshots: Any) -> Any:
    """Return `next_distance` of traced numbers, whole numbers in float64 or float32.

    The binomials are carried along from one r to the next, so that no table is needed.
    """
    real = jnp.result_type(float)
    n, c = jnp.asarray(steps, real), jnp.asarray(snapshots, real)

    def grow(carry: Any) -> Any:
        r, beta = carry
        return r + 1, jnp.round(beta * (c + r + 1) / (r + 1))

    r, most = lax.while_loop(lambda carry: carry[1] < n, grow, (jnp.zeros((), real), jnp.ones((), real)))
    first = jnp.round(most * r / (c + r))  # C(c + r - 1, r - 1)
    second = jnp.round(first * c / (c + r - 1))
    third = jnp.round(second * (c - 1) / jnp.maximum(c + r - 2, 1))
    fewer = jnp.round(second * (r - 1) / c)
    above = jnp.where(c >= 3, jnp.round(third * (c - 2) / jnp.maximum(r, 1)), 0)
    inner = jnp.where(n >= most - above, first, n - second - third)
    return jnp.where(n <= first + third, jnp.maximum(fewer, 1), inner).astype(jnp.int32)


def positions(steps: int, snapshots: int) -> list[int]:
    """Return the steps before which the first walk takes its snapshots.

    Examples
    --------
    >>> positions(10, 3)
    [0, 4, 7]
    """
    places, left, at = [0], snapshots, 0
    while left > 1 and steps - at > 1:
        at += next_distance(steps - at, left)
        places.append(at)
        left -= 1
    return places
