"""What the fuzzer found in the library, one test each."""

from __future__ import annotations

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead.errors import NonFiniteError


def test_substitution_out_of_range_is_an_error_without_a_warning() -> None:
    A = sp.coo([0, 0, 1], [0, 1, 1], [1e-300, 1.0, 1e-200], (2, 2), triangular="upper")
    with pytest.raises(NonFiniteError, match=r"got: +x\[0\] = (-)?inf"):
        sp.solve(A, np.array([1.0, 1.0]), backend="triangular")
