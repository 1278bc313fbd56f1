"""Scaling a view keeps the structure of the matrix that is stored."""

from __future__ import annotations

import numpy as np
import pytest

import sparsead.numpy as sp


@pytest.mark.parametrize("scale", [lambda A: 2.0 * A, lambda A: A / 0.5], ids=["times", "divided"])
def test_scaled_transpose_of_a_triangular_matrix(scale) -> None:
    lower = sp.coo([0, 1, 1], [0, 0, 1], np.array([2.0, 1.0, 3.0]), (2, 2), triangular="lower")
    scaled = scale(lower.T)
    assert scaled.structure.triangular == "upper"
    np.testing.assert_allclose(sp.to_dense(scaled), [[4.0, 2.0], [0.0, 6.0]])
    np.testing.assert_allclose(sp.solve(scaled, np.array([8.0, 6.0])), [1.5, 1.0])
