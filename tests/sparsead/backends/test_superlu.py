"""SuperLU: which pivots tell that a matrix is positive definite."""

from __future__ import annotations

import numpy as np
import pytest

from sparsead.backends.superlu import SuperLU
from sparsead.errors import NotPositiveDefiniteError
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import Structure
from sparsead.testing.problems import plate

DEFINITE = Structure(symmetric=True, positive_definite=True)


def analyzed(full):
    cols, rows = np.nonzero(full.T)
    pattern = Pattern(full.shape, np.r_[0, np.cumsum(np.bincount(cols, minlength=len(full)))], rows)
    values = full[rows, cols]
    return SuperLU().analyze(pattern, DEFINITE, values), values


def test_definite_matrix_with_rounding_off_its_symmetric_pattern_is_accepted():
    full = plate(8)
    full[0, -1] = 1e-17  # on one side only: column mode, which permutes rows
    analysis, values = analyzed(full)
    b = np.ones((1, len(full)))
    x = analysis.factorize(values).solve(b)
    np.testing.assert_allclose(x @ full.T, b, atol=1e-10)


def test_indefinite_matrix_is_found_by_its_pivots():
    full = plate(8)
    full = (full + full.T) / 2
    full -= 0.5 * np.diag(full).min() * np.eye(len(full))
    analysis, values = analyzed(full)
    with pytest.raises(NotPositiveDefiniteError, match=r"got: +a pivot that is not positive in column \d+"):
        analysis.factorize(values)
