"""Colours of columns: none twice in a row, few where neighbours have near numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

from sparsead.pattern.colouring import colours, read_off
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.triplets import from_triplets

LINE = scipy.sparse.diags_array([np.ones(9), np.ones(8), np.ones(8)], offsets=[0, 1, -1])


def pattern_of(matrix: Any) -> Pattern:
    stored = scipy.sparse.coo_array(matrix)
    return from_triplets(*stored.coords, stored.shape)[0]


SOME = {
    "band": (LINE, 3),
    "nine-point grid": (scipy.sparse.kron(LINE, LINE), 9),
    "two unknowns a node": (scipy.sparse.kron(scipy.sparse.kron(LINE, LINE), np.ones((2, 2))), 18),
    "one full row of 70": (np.ones((1, 70)), 70),
    "random": (scipy.sparse.random_array((40, 30), density=0.1, rng=np.random.default_rng(0)), None),
    "nothing stored": (np.zeros((3, 4)), 1),
    "no columns": (np.zeros((3, 0)), 0),
}


@pytest.mark.parametrize("name", SOME)
def test_columns_of_one_colour_share_no_row(name: str) -> None:
    matrix, expected = SOME[name]
    pattern = pattern_of(matrix)
    of_column = colours(pattern)
    pairs = set(zip(pattern.indices.tolist(), of_column[pattern.cols].tolist(), strict=True))
    assert len(pairs) == pattern.size
    assert expected is None or of_column.max(initial=-1) + 1 == expected


def test_entries_are_read_off_the_products_with_their_colour() -> None:
    pattern = pattern_of(SOME["random"][0])
    values, of_column = np.random.default_rng(1).standard_normal(pattern.size), colours(pattern)
    full = np.zeros(pattern.shape)
    full[pattern.indices, pattern.cols] = values
    products = np.array([full @ (of_column == colour) for colour in range(of_column.max() + 1)])
    assert np.array_equal(products.ravel()[read_off(pattern).slot], values)
