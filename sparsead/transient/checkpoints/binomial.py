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
import numpy as np
from jax import lax


def advances(steps: Any, snapshots: int) -> Any:
    """Return the least number of steps forward that reverses `steps` with `snapshots`; taped ones are not counted.

    Parameters
    ----------
    steps : int or int array, shape (...)
        Steps to reverse.
    snapshots : int
        Snapshots that may be held, the one at the start counted.

    Returns
    -------
    int or int array, shape (...)
        Steps forward.

    Examples
    --------
    >>> [int(advances(10, c)) for c in (3, 1, 10)]
    [15, 45, 9]
    """
    n = np.asarray(steps, np.int64)
    if snapshots == 1:
        return n * (n - 1) // 2
    r = _repetitions(n, snapshots)
    return np.where(n > 1, r * n - _binomials(snapshots + 1, r - 1), 0)


def _binomials(c: int, r: Any) -> Any:
    """C(c + r, r), zero where c or r is negative; shape of `r`."""
    table = np.array([math.comb(c + i, i) if c >= 0 else 0 for i in range(int(np.max(r)) + 1)] or [0], np.int64)
    return np.where(r >= 0, table[np.maximum(r, 0)], 0)


def _repetitions(n: Any, snapshots: int) -> Any:
    """The least r with C(snapshots + r, r) >= n: how often a step is walked at most."""
    longest, row = int(np.max(n)), [1]
    while row[-1] < longest:
        row.append(math.comb(snapshots + len(row), snapshots))
    return np.searchsorted(row, n)


def next_distance(steps: Any, snapshots: int) -> Any:
    """Return how many steps to walk from a snapshot before taking the next, `snapshots` counting the one at the start.

    Parameters
    ----------
    steps : int or int array, shape (...)
        Steps from the snapshot to the end, at least two.
    snapshots : int
        Snapshots that may be held, at least two.

    Returns
    -------
    int or int array, shape (...)
        Between 1 and ``steps - 1``.

    Examples
    --------
    >>> int(next_distance(10, 3))
    4
    """
    n = np.asarray(steps, np.int64)
    r = _repetitions(n, snapshots)
    first, second, third = (_binomials(snapshots - k, r - 1) for k in range(3))
    inner = np.where(n >= _binomials(snapshots, r) - _binomials(snapshots - 3, r), first, n - second - third)
    return np.where(n <= first + third, np.maximum(_binomials(snapshots, r - 2), 1), inner)


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
        at += int(next_distance(steps - at, left))
        places.append(at)
        left -= 1
    return places
