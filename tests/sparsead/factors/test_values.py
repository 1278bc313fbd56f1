"""Values are checked before a library sees them, without waking threads or warnings."""

from __future__ import annotations

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead.errors import StructureError
from sparsead.factors.equilibrated import sizes
from sparsead.factors.values import all_finite, check_structure


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


# As of a prestress in shear: no sign on the diagonal, and an entry that the sum over the cells cancels. Unknowns are in
# units as far apart as displacements and rotations may be.
UNITS = np.array([1e3, 1.0, 1e-3, 1.0])
SHEAR = UNITS[:, None] * np.array([[0, 1, -2, 1], [1, 0, 0, -3], [-2, 0, 1, 2], [1, -3, 2, 0.0]]) * UNITS


@pytest.mark.parametrize("size", [1e-15, 1e-10])
def test_symmetry_of_an_indefinite_matrix_is_measured_by_its_rows_in_their_units(size: float) -> None:
    """Entry (1, 2) is zero up to rounding; a difference that is more than rounding of its row is none."""
    A = SHEAR.copy()
    A[1, 2] += size * UNITS[1] * UNITS[2]
    A[0, 0] = 1e-16 * UNITS[0] ** 2
    i, j = np.indices(A.shape).reshape(2, -1)
    matrix = sp.coo(i, j, A[i, j], A.shape, symmetric=True)
    assert matrix.pattern.size == 16
    d = sizes(matrix.pattern, matrix.values)
    np.testing.assert_allclose(np.abs(A / d / d[:, None]).sum(0), 1.0, rtol=0.1)
    if size < 1e-13:
        check_structure(matrix.pattern, matrix.structure, matrix.values)
        return
    with pytest.raises(StructureError, match=r"got: +A\[2, 1\] = 0.0, A\[1, 2\] = 1e-13"):
        check_structure(matrix.pattern, matrix.structure, matrix.values)
