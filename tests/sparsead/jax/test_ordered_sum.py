"""Sums of triplets on an accelerator: the same as on the host, in an order that nothing changes."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from sparsead import kernels
from sparsead.pattern.slots import Slots
from tests.conftest import require

jax = require("jax")
lowered = require("sparsead.jax.lowered")
rounds = require("sparsead.jax.ordered_sum").rounds


def on_an_accelerator(slots: Slots) -> Any:
    return jax.jit(partial(lowered.lower, "sum_triplets", None, slots=slots))


@pytest.mark.parametrize(
    ("triplets", "entries"), [(0, 3), (1, 1), (5, 9), (60, 12), (1000, 1), (1000, 3), (3000, 3000)], ids=str
)
def test_it_is_what_the_host_sums(triplets: int, entries: int) -> None:
    rng = np.random.default_rng(0)
    slots = Slots(rng.integers(0, entries, triplets), entries)
    values = rng.standard_normal((2, triplets))
    # a thousand numbers of size one, in another order
    np.testing.assert_allclose(
        on_an_accelerator(slots)(values), kernels.sum_triplets(values, slots=slots), rtol=0, atol=1e-12
    )


def test_triplets_of_an_entry_are_added_two_by_two() -> None:
    slots = Slots(np.array([0, 2, 0, 0, 0]), 3)
    big = 2.0**53
    values = np.array([[1.0, 7.0, big, 1.0, -big]])
    one_after_the_other, two_by_two = [0.0, 0.0, 7.0], [(1.0 + big) + (1.0 - big), 0.0, 7.0]
    assert two_by_two != one_after_the_other
    assert on_an_accelerator(slots)(values).tolist() == [two_by_two]


@pytest.mark.parametrize(("most", "expected"), [(1, 1), (2, 1), (3, 2), (8, 3), (9, 4), (1000, 10)])
def test_rounds_are_the_logarithm_of_the_most_triplets_of_an_entry(most: int, expected: int) -> None:
    assert len(rounds(Slots(np.repeat([0, 1], [most, 1]), 2))) == expected
