"""Schur complements and static condensation: springs in series, superelements, counts, errors of the inner part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import (
    BackendError,
    NonFiniteError,
    NotPositiveDefiniteError,
    PatternError,
    ShapeError,
    SingularMatrixError,
)
from tests.conftest import require

jax = require("jax")
sj = require("sparsead.jax")

N = 6
K = np.array([1.0, 2.0, 0.5, 4.0, 8.0])  # [N/m]
LOADS = np.array([1.0, 0.0, -2.0, 3.0, 0.0, 5.0])  # [N]


def chain(k: Any = K, front: Any = sp) -> Any:
    """Return the stiffness of springs in a row."""
    ones = np.ones(N - 1)
    extend = front.diags([-ones, ones], [0, 1], (N - 1, N))
    return (extend.T @ front.diags([k]) @ extend).declare(symmetric=True)


def test_springs_in_series_are_one() -> None:
    S = sp.schur(chain(), [0, N - 1])
    assert np.allclose(S, np.array([[1, -1], [-1, 1]]) / (1 / K).sum(), rtol=1e-14)
    mask = np.isin(np.arange(N), [0, N - 1])
    assert np.array_equal(sp.schur(chain(), mask), S)
    assert np.allclose(sp.schur(chain(), [N - 1, 0]), S[::-1, ::-1])


def test_nothing_and_everything_may_be_kept() -> None:
    held = chain() + sp.eye(N)
    assert np.array_equal(sp.schur(held, np.arange(N)), sp.to_dense(held))
    S, g, expand = sp.condense(held, LOADS, [])
    assert S.shape == (0, 0) and np.allclose(expand(g), sp.solve(held, LOADS))


@pytest.mark.parametrize("b", [LOADS, np.stack([LOADS, LOADS[::-1]], 1), LOADS * 1j, np.ones((N, 0))])
def test_superelement_gives_the_solution_of_the_whole(b: Any) -> None:
    matrix = chain() + sp.eye(N)
    S, g, expand = sp.condense(matrix, b, [4, 0, 1])
    assert np.allclose(expand(np.linalg.solve(S, g)), sp.solve(matrix, b), rtol=1e-13)


def test_gradient_takes_one_factorization_and_one_solve_for_all_right_hand_sides() -> None:
    _, pullback = sp.vjp(lambda k: sp.schur(chain(k), [0, 3, N - 1]), K)
    (k_bar,) = pullback(np.eye(3)[:, [1, 0, 2]])
    stats = factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 2, 6)
    # 1 / S = sum of 1 / k between those kept: S_01 = -c, S_22 = d, where d is what is beyond
    first, beyond = 1 / (1 / K[:3]).sum(), 1 / (1 / K[3:]).sum()
    assert np.allclose(k_bar[:3], -2 * (first / K[:3]) ** 2, rtol=1e-13)
    assert np.allclose(k_bar[3:], (beyond / K[3:]) ** 2, rtol=1e-13)


def test_curvature_is_that_of_the_closed_form() -> None:
    found = jax.jit(jax.hessian(lambda k: sj.schur(chain(k, sj), [0, N - 1])[0, 0]))(K)
    assert factor_cache.stats().factorizations == 1
    assert np.allclose(found, jax.hessian(lambda k: 1 / (1 / k).sum())(K), rtol=1e-12)


NAN = np.where(np.arange(N) == 2, np.nan, LOADS)


def poked(row: int, column: int, value: float) -> Any:
    return chain() + sp.coo([row], [column], [value], (N, N))


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (
            lambda: sp.schur(chain(K * (np.arange(5) % 2)), [0]),
            SingularMatrixError,
            r"nothing resists; x\[[1-5]\] moves",
        ),
        (
            lambda: sp.schur((-1.0 * chain()).declare(positive_definite=True), [0]),
            NotPositiveDefiniteError,
            "a pivot that is not positive in column [1-5]",
        ),
        (lambda: sp.schur(poked(3, 4, np.nan), [0, 1]), NonFiniteError, r"A\[3, 4\] = nan"),
        (lambda: sp.schur(poked(3, 1, np.inf), [0, 1]), NonFiniteError, r"A\[3, 1\] = inf"),
        (lambda: sp.condense(chain(), NAN, [0, 1]), NonFiniteError, r"b\[2\] of right-hand side 0 = nan"),
        (lambda: sp.schur(chain(), [0, 3, 0]), PatternError, "index 0 in 2 places"),
        (lambda: sp.schur(chain(), [N]), PatternError, r"kept\[0\] = 6"),
        (lambda: sp.schur(chain(), np.ones(3, bool)), ShapeError, r"shape \(3,\)"),
        (lambda: sp.schur(chain()[:3], [0]), ShapeError, r"shape \(3, 6\)"),
        (lambda: sp.condense(chain(), LOADS[:3], [0]), ShapeError, r"b of shape \(3,\)"),
        (lambda: sp.condense(chain(), LOADS, [0])[2](np.ones(2)), ShapeError, r"x_b of shape \(2,\)"),
        (lambda: sp.condense(chain(), LOADS, [0])[2](np.ones((1, 2))), ShapeError, r"x_b of shape \(1, 2\)"),
        (lambda: sp.schur(chain(), [0], backend="no"), BackendError, "backend='no'"),
    ],
)
def test_error_says_what_was_got(wrong: Callable[[], Any], error: type[Exception], got: str) -> None:
    with pytest.raises(error, match="got:      .*" + got):
        wrong()
