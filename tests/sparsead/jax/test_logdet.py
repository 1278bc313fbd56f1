"""Determinants and selected inverses in compiled programs: derivatives, batches, dead lanes, counts, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead import factor_cache
from sparsead.testing.differences import relative_gap
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")

N = 6
ROWS = np.r_[np.arange(N), np.arange(N - 1), np.arange(1, N), [0]]
COLS = np.r_[np.arange(N), np.arange(1, N), np.arange(N - 1), [4]]
VALUES = np.r_[np.linspace(3.0, 4.0, N), np.linspace(-1.0, 1.0, 2 * (N - 1)), [0.5]]
ASSEMBLE = sp.triplets(ROWS, COLS, (N, N))


def full(values: Any) -> Any:
    matrix = np.zeros((N, N), values.dtype)
    np.add.at(matrix, (ROWS, COLS), values)
    return matrix


def logdet(values: Any) -> Any:
    return sp.logdet(ASSEMBLE(values), backend="superlu", on_singular="nan")


@jax.jit
def everything(values: Any, direction: Any) -> Any:
    """Value, gradient, and the derivative of both along a direction."""
    return jax.jvp(jax.value_and_grad(logdet), (values,), (direction,))


def test_compiled_value_gradient_and_curvature_are_those_of_the_dense_matrix_by_one_factorization() -> None:
    direction = np.random.default_rng(0).standard_normal(len(VALUES))
    (value, gradient), (slope, curved) = everything(VALUES, direction)
    assert factor_cache.stats().factorizations == 1
    inverse = np.linalg.inv(full(VALUES))
    moved = -inverse @ full(direction) @ inverse
    assert float(value) == pytest.approx(np.linalg.slogdet(full(VALUES))[1], rel=1e-14)
    assert relative_gap(gradient, inverse[COLS, ROWS]) < 1e-13
    assert float(slope) == pytest.approx(float(gradient @ direction), rel=1e-13)
    assert relative_gap(curved, moved[COLS, ROWS]) < 1e-13


def test_batch_and_its_dead_lane() -> None:
    lanes = np.stack([VALUES, 2 * VALUES, np.zeros_like(VALUES)])

    def alive(values: Any) -> Any:
        return jax.lax.cond(values[0] > 0, logdet, lambda v: 0.0 * v.sum(), values)

    value, gradient = jax.jit(jax.vmap(jax.value_and_grad(alive)))(lanes)
    one = float(everything(VALUES, VALUES)[0][0])
    np.testing.assert_allclose(value, [one, one + N * np.log(2), 0.0], rtol=1e-13)
    np.testing.assert_allclose(gradient[1], gradient[0] / 2, rtol=1e-12)
    assert np.array_equal(gradient[2], np.zeros(len(VALUES)))


def test_reverse_over_reverse_of_the_selected_inverse() -> None:
    def energy(values: Any) -> Any:
        return (sp.selected_inverse(ASSEMBLE(values)).values ** 2).sum()

    along = jax.grad(lambda v: jax.grad(energy)(v) @ VALUES)(VALUES)
    # homogeneous: energy(c v) = c^-2 energy(v), so that H v = -3 grad
    assert relative_gap(along, -3 * jax.grad(energy)(VALUES)) < 1e-12


def test_error_of_a_compiled_program_keeps_its_text() -> None:
    with pytest.raises(Exception, match=r"(?s)determinant is negative.*got: +det A = -exp\("):
        jax.block_until_ready(jax.jit(lambda v: sp.logdet(ASSEMBLE(v)))(np.r_[-3.0, VALUES[1:]]))
