"""Saddle point problems: springs that share what they extend by, counts of signs, errors in words of the parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import (
    BackendError,
    DtypeError,
    NonFiniteError,
    NotPositiveDefiniteError,
    ShapeError,
    SingularMatrixError,
    StructureError,
)
from sparsead.factors import inertia
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip

jax = require("jax")
sj = require("sparsead.jax")

N = 6
K = np.array([2.0, 1.0, 4.0, 8.0, 5.0, 10.0])  # [N/m]
TOGETHER = np.zeros((2, N))
TOGETHER[0, :3] = TOGETHER[1, 3:] = 1.0  # three springs in series, twice
EXTENSION = np.array([0.07, -0.34])  # [m]


def constraints(front: Any = sp, values: Any = K / K) -> Any:
    return front.coo(np.repeat([0, 1], 3), np.arange(N), values, (2, N))


def springs(k: Any = K, front: Any = sp) -> Any:
    return front.diags([k])


def test_springs_in_series_carry_one_force() -> None:
    x, y = sp.solve_saddle(springs(), constraints(), np.zeros(N), EXTENSION)
    force = EXTENSION / (1 / K).reshape(2, 3).sum(1)
    assert np.allclose(x, np.repeat(force, 3) / K, rtol=1e-14)
    assert np.allclose(y, -force, rtol=1e-14)


def test_compliance_of_a_constraint_is_one_more_spring() -> None:
    soft = np.array([0.3, 0.02])  # [m/N]
    _, y = sp.solve_saddle(springs(), constraints(), np.zeros(N), EXTENSION, sp.diags([soft]))
    assert np.allclose(y, -EXTENSION / (soft + (1 / K).reshape(2, 3).sum(1)), rtol=1e-14)


@pytest.mark.parametrize("backend", ["pardiso", "superlu", "umfpack", "dense"])
def test_energy_may_be_negative_where_constraints_hold_it(backend: str) -> None:
    backend_or_skip(backend)
    k = np.where(np.arange(N) == 1, -0.5, K)  # positive on what has no sum: 1 / 2 + 1 / 4 - 1 / 0.5 < 0
    x, _ = sp.solve_saddle(springs(k), constraints(), np.zeros(N), EXTENSION, backend=backend)
    force = EXTENSION / (1 / k).reshape(2, 3).sum(1)
    assert np.allclose(x, np.repeat(force, 3) / k, rtol=1e-13)


@pytest.mark.parametrize("backend", ["pardiso", "superlu", "umfpack", "dense"])
def test_stationary_point_that_is_no_minimum_is_refused_with_the_counts(backend: str) -> None:
    backend_or_skip(backend)
    k = np.where(np.arange(N) % 3 == 1, -20.0, K)
    with pytest.raises(
        NotPositiveDefiniteError, match=r"6 positive and 2 negative.*\n.*got:      4 positive and 4 neg"
    ):
        sp.solve_saddle(springs(k), constraints(), np.zeros(N), EXTENSION, backend=backend)
    with pytest.raises(NotPositiveDefiniteError, match=r"got:      7 positive and 1 .* C y < 0 in 1 independent"):
        C = sp.diags([np.array([-9.0, 1.0])])
        sp.solve_saddle(springs(), constraints(), np.zeros(N), EXTENSION, C, backend=backend)


def test_several_right_hand_sides_and_complex_ones() -> None:
    f, g = np.outer(np.arange(N), [1.0, 1j]), np.outer(EXTENSION, [1.0, -2.0])
    x, y = sp.solve_saddle(springs(), constraints(), f, g)
    assert np.allclose(K[:, None] * x + TOGETHER.T @ y, f) and np.allclose(TOGETHER @ x, g)


def test_gradient_and_curvature_take_one_factorization() -> None:
    def energy(k: Any, e: Any) -> Any:
        x, _ = sj.solve_saddle(springs(k, sj), constraints(sj), np.zeros(N), e)
        return (k * x**2).sum() / 2

    def closed(k: Any, e: Any) -> Any:
        return (e**2 / (1 / k).reshape(2, 3).sum(1)).sum() / 2

    found = jax.jit(jax.hessian(energy, (0, 1)))(K, EXTENSION)
    assert factor_cache.stats().factorizations == 1
    expected = jax.hessian(closed, (0, 1))(K, EXTENSION)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert np.abs(one - other).max() < 1e-12 * np.abs(other).max()
    with pytest.raises(jax.errors.JaxRuntimeError, match="5 positive and 3 negative"):
        jax.block_until_ready(jax.jit(energy)(np.where(np.arange(N) == 1, -20.0, K), EXTENSION))


def test_dead_lane_of_a_batch_is_nan() -> None:
    lanes = np.stack([K, np.where(np.arange(N) == 1, -20.0, K)])

    def multipliers(k: Any) -> Any:
        return sj.solve_saddle(springs(k, sj), constraints(sj), np.zeros(N), EXTENSION, on_singular="nan")[1]

    y = jax.vmap(multipliers)(lanes)
    assert np.isfinite(y[0]).all() and np.isnan(y[1]).all()


def test_large_matrix_is_counted_by_the_library_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inertia, "_FEW_UNKNOWNS", N)
    backend_or_skip("pardiso")
    sp.solve_saddle(springs(), constraints(), np.zeros(N), EXTENSION, backend="superlu")
    assert factor_cache.stats().factorizations == 2
    with pytest.raises(BackendError, match=r"fix:      install PARDISO, .*unchecked: solve\(block"):
        sp.solve_saddle(springs(K + 0j), constraints(), np.zeros(N), EXTENSION, backend="superlu")


NAN, SKEW = (
    np.where(np.arange(N) == 4, np.nan, K),
    sp.coo([0, 0, 1, 1], [0, 1, 0, 1], np.array([1, 0.2, 0.1, 1]), (2, 2)),
)
SAME = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], np.array([1.0, 2.0, 2.0, 4.0]), (2, N))


def solved(H: Any = None, B: Any = None, f: Any = None, g: Any = EXTENSION, C: Any = None, **options: Any) -> Any:
    H, B = springs() if H is None else H, constraints() if B is None else B
    return sp.solve_saddle(H, B, np.zeros(N) if f is None else f, g, C, **options)


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (lambda: solved(B=SAME), SingularMatrixError, r"a combination of rows of B.* row [01] has the largest share"),
        (lambda: solved(B=sp.coo([0], [0], [1.0], (2, N))), SingularMatrixError, r"rows of B.* row 1 has the largest"),
        (
            lambda: solved(springs(K * (np.arange(N) > 1))),
            SingularMatrixError,
            r"nothing resists; x\[[01]\] moves most",
        ),
        (lambda: solved(springs(NAN)), NonFiniteError, r"H\[4, 4\] = nan"),
        (lambda: solved(B=constraints(values=NAN)), NonFiniteError, r"B\[1, 4\] = nan"),
        (lambda: solved(f=NAN), NonFiniteError, r"f\[4\] of right-hand side 0 = nan"),
        (lambda: solved(g=EXTENSION * np.inf), NonFiniteError, r"g\[0\] of right-hand side 0 = inf"),
        (lambda: solved(C=SKEW), StructureError, r"-C\[1, 0\] = -0.1, -C\[0, 1\] = -0.2"),
        (
            lambda: solved(sp.block([[SKEW, None], [None, sp.eye(4)]])),
            StructureError,
            r"H\[1, 0\] = 0.1, H\[0, 1\] = 0.2",
        ),
        (lambda: solved(sp.coo([0], [0], [1.0], (N, 2))), ShapeError, r"shape \(6, 2\)"),
        (lambda: solved(B=sp.eye(3)), ShapeError, r"\(3, 3\)"),
        (lambda: solved(f=np.zeros(3)), ShapeError, r"f of shape \(3,\)"),
        (lambda: solved(g=np.zeros((2, 3))), ShapeError, r"f of shape \(6,\), g of shape \(2, 3\)"),
        (lambda: solved(B=TOGETHER), DtypeError, r"numpy\.ndarray"),
        (lambda: solved(g="none"), DtypeError, "g of type"),
        (lambda: solved(backend="no"), BackendError, "backend='no'"),
        (lambda: solved(backend="cholmod"), BackendError, "a symmetric matrix"),
    ],
)
def test_error_says_what_was_got(wrong: Callable[[], Any], error: type[Exception], got: str) -> None:
    with pytest.raises(error, match="got:      .*" + got):
        wrong()
