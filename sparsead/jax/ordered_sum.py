"""Sums of triplets on an accelerator in one order, so that equal triplets make equal values, bit for bit.

A scatter adds there in the order in which its threads arrive [1]_: three numbers have
more than one rounded sum, so that the same matrix, computed again by `jax.checkpoint`
or in another run, may get other bits, and is factorized again. Here the triplets of each
stored entry are added two by two, the sums again, until one is left::

    t0 t1 t2 | t3 | t4 t5      three entries of three, one and two triplets
     s0   t2 | t3 |  s1        after one round
      s2     | t3 |  s1        after two

Rounds are gathers, as many as the logarithm of the most triplets of an entry.

References
----------
.. [1] XLA, "Determinism (GPU)", https://openxla.org/xla/determinism.
"""

from __future__ import annotations

import weakref

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from sparsead.jax.constants import constant
from sparsead.pattern.pattern import stable_order
from sparsead.pattern.slots import Slots

Indices = NDArray[np.integer]

# Kept with the slots: programs share them, and so does a device.
_rounds: weakref.WeakKeyDictionary[Slots, list[tuple[Indices, Indices]]] = weakref.WeakKeyDictionary()


def sum_in_order(triplets: jax.Array, slots: Slots) -> jax.Array:
    """Return the stored values, traced.

    Parameters
    ----------
    triplets : array, shape (b, t)
        Values to add.
    slots : Slots
        Stored entry of each triplet.

    Returns
    -------
    array, shape (b, s)
        Stored values; zero where no triplet adds.
    """
    if not triplets.size:
        return jnp.zeros((len(triplets), slots.size), triplets.dtype)
    if slots not in _rounds:
        _rounds[slots] = rounds(slots)
    # A product computed in the same kernel would be added without being rounded first, or not, as the program has it.
    sums = jax.lax.optimization_barrier(triplets)
    for left, right in _rounds[slots]:
        one, other = (sums.at[:, constant(at)].get(mode="fill", fill_value=0) for at in (left, right))
        sums = one + other
    return sums


def rounds(slots: Slots) -> list[tuple[Indices, Indices]]:
    """Return which two numbers make each sum of the next round, beyond the last number where there is none.

    Parameters
    ----------
    slots : Slots
        Stored entry of each triplet.

    Returns
    -------
    list of (int array, int array)
        For each round, of as many as it leaves; the last leaves one for each stored entry.
    """
    order, start = stable_order(slots.slot, slots.size)
    start, counts = start[:-1], np.diff(start)
    made: list[tuple[Indices, Indices]] = []
    while not made or counts.max(initial=0) > 1:
        given = int(counts.sum())
        left = np.maximum((counts + 1) // 2, 1)
        first = np.cumsum(left) - left
        within = 2 * (np.arange(left.sum()) - np.repeat(first, left))
        begin, many = np.repeat(start, left), np.repeat(counts, left)
        pair = [np.where(within + i < many, begin + within + i, given).astype(order.dtype) for i in (0, 1)]
        if not made:
            places = np.append(order, given).astype(order.dtype)
            pair = [places[at] for at in pair]
        made.append((pair[0], pair[1]))
        start, counts = first, left
    return made
