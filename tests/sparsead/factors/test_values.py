"""Values are checked before a library sees them, without waking threads or warnings."""

from __future__ import annotations

import numpy as np
import pytest

from sparsead.factors.values import all_finite


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_one_bad_value_is_seen(bad: float, dtype: type) -> None:
    array = np.ones((2, 50), dtype)
    assert all_finite(array)
    array[1, 49] = bad
    assert not all_finite(array)


def test_infinities_of_both_signs_do_not_cancel() -> None:
    assert not all_finite(np.array([np.inf, -np.inf]))


def test_not_a_number_in_an_imaginary_part_is_seen() -> None:
    assert not all_finite(np.array([1.0, complex(1.0, np.nan)]))


def test_finite_values_whose_sum_overflows_are_finite() -> None:
    assert all_finite(np.array([1e308, 1e308]))
    assert all_finite(np.full(3, 3e38, np.float32))


def test_no_values_are_finite() -> None:
    assert all_finite(np.empty((3, 0)))
