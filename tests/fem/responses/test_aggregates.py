"""Smooth maxima: bounds, closed forms, extreme numbers, and derivatives to second order, at zero too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.errors import DtypeError, ShapeError
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
responses = require("fem.responses")

RNG = np.random.default_rng(0)
VALUES = RNG.uniform(-1.0, 1.0, 40)
SHARES = RNG.random(40)
SHARES = SHARES / SHARES.sum()


def complex_slopes(function: Any, at: Any) -> Any:
    """Return the gradient of a real function by complex steps."""
    return np.array([np.imag(function(at + 1e-30j * unit)) / 1e-30 for unit in np.eye(len(at))])


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, 8.0, 60.0])
@pytest.mark.parametrize("weights", [None, SHARES])
def test_p_norm_and_its_gradient_are_the_formula(p: float, weights: Any) -> None:
    w = 1.0 if weights is None else weights

    def written_out(v: Any) -> Any:
        return (w * (v * np.sign(v.real)) ** p).sum() ** (1 / p)

    got, slope = jax.value_and_grad(lambda v: responses.p_norm(v, p, weights=weights))(VALUES)
    np.testing.assert_allclose(got, written_out(VALUES), rtol=1e-13)
    np.testing.assert_allclose(slope, complex_slopes(written_out, VALUES), rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize("r", [0.1, 10.0, 300.0])
@pytest.mark.parametrize("weights", [None, SHARES])
def test_ks_and_its_gradient_are_the_formula(r: float, weights: Any) -> None:
    w = 1.0 if weights is None else weights

    def written_out(v: Any) -> Any:
        return np.log((w * np.exp(r * v)).sum()) / r

    got, slope = jax.value_and_grad(lambda v: responses.ks(v, r, weights=weights))(VALUES)
    np.testing.assert_allclose(got, written_out(VALUES), rtol=1e-12)
    np.testing.assert_allclose(slope, complex_slopes(written_out, VALUES), rtol=1e-10, atol=1e-16)


def test_sums_are_above_and_means_below_the_largest_value() -> None:
    n, most = len(VALUES), np.abs(VALUES).max()
    assert most <= responses.p_norm(VALUES, 10.0) <= most * n**0.1
    assert responses.p_norm(VALUES, 10.0, weights=SHARES) <= most
    assert VALUES.max() <= responses.ks(VALUES, 30.0) <= VALUES.max() + np.log(n) / 30
    assert responses.ks(VALUES, 30.0, weights=SHARES) <= VALUES.max()


@pytest.mark.parametrize("size", [1e-280, 1e-100, 1e200, 1e300])
def test_extreme_numbers_neither_overflow_nor_vanish(size: float) -> None:
    value, slope = jax.value_and_grad(lambda v: responses.p_norm(v, 12.0))(size * VALUES)
    expected, known = jax.value_and_grad(lambda v: responses.p_norm(v, 12.0))(VALUES)
    assert float(value) == pytest.approx(size * float(expected), rel=1e-13)
    np.testing.assert_allclose(slope, known, rtol=1e-11, atol=1e-14)
    value, slope = jax.value_and_grad(lambda v: responses.ks(v, 50.0 / size))(size * VALUES)
    assert float(value) == pytest.approx(size * float(responses.ks(VALUES, 50.0)), rel=1e-13)
    assert float(slope.sum()) == pytest.approx(1.0, rel=1e-13)


def test_a_very_sharp_maximum_is_the_maximum() -> None:
    value, slope = jax.value_and_grad(lambda v: responses.ks(v, 1e7))(VALUES)
    assert 0.0 <= float(value) - VALUES.max() <= np.log(40) / 1e7
    np.testing.assert_allclose(slope, VALUES == VALUES.max(), atol=1e-12)


def test_values_without_weight_do_not_count_however_large() -> None:
    values, weights = [1.0, 1e200, 2.0], [1.0, 0.0, 1.0]
    for aggregate in (responses.p_norm, responses.ks):
        np.testing.assert_allclose(aggregate(values, 5.0, weights=weights), aggregate([1.0, 2.0], 5.0), rtol=1e-14)
        slope = jax.grad(lambda v, f=aggregate: f(v, 5.0, weights=weights))(jnp.array(values))
        assert slope[1] == 0.0 and np.isfinite(slope).all()


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 2.5, 8.0])
def test_derivatives_at_zero_are_finite(p: float) -> None:
    for values in (np.zeros(3), np.array([0.0, 1.0, -2.0])):
        slope = jax.grad(lambda v: responses.p_norm(v, p))(values)
        curvature = jax.hessian(lambda v: responses.p_norm(v, p))(values)
        assert np.isfinite(slope).all() and slope[0] == 0.0
        assert np.isfinite(curvature).all()


def test_second_derivatives_at_zero_are_those_of_the_euclidean_norm() -> None:
    """The Hessian of |v| is (1 - n n) / |v| with the direction n, also where a component is zero."""
    v = np.array([0.0, 3.0, -4.0])
    n = v / 5
    np.testing.assert_allclose(
        jax.hessian(lambda v: responses.p_norm(v, 2.0))(v), (np.eye(3) - np.outer(n, n)) / 5, atol=1e-15
    )


@pytest.mark.parametrize("aggregate", [responses.p_norm, responses.ks])
def test_second_derivatives_are_differences_of_the_gradient(aggregate: Any) -> None:
    slope = jax.grad(lambda v: aggregate(v, 6.0, weights=SHARES))
    d, h = RNG.normal(size=40), 1e-4
    _, curved = jax.jvp(slope, (VALUES,), (d,))
    one, two = ((slope(VALUES + s * d) - slope(VALUES - s * d)) / (2 * s) for s in (h, h / 2))
    np.testing.assert_allclose(curved, (4 * two - one) / 3, atol=1e-9 * np.abs(curved).max())


def test_a_sharper_aggregate_compiles_nothing() -> None:
    traced = []

    @jax.jit
    def both(v: Any, p: Any) -> Any:
        traced.append(p)
        return responses.p_norm(v, p), responses.ks(v, p)

    for p in (2.0, 4.0, 8.0):
        norm, smooth = both(VALUES, p)
        np.testing.assert_allclose(norm, responses.p_norm(VALUES, p), rtol=1e-14)
        np.testing.assert_allclose(smooth, responses.ks(VALUES, p), rtol=1e-14)
    assert len(traced) == 1


@pytest.mark.parametrize("aggregate", [responses.p_norm, responses.ks])
def test_along_an_axis_is_one_after_the_other(aggregate: Any) -> None:
    rows = VALUES.reshape(4, 10)
    by_axis = aggregate(rows, 7.0, weights=SHARES[:10], axis=-1)
    np.testing.assert_allclose(by_axis, [aggregate(row, 7.0, weights=SHARES[:10]) for row in rows], rtol=1e-14)
    np.testing.assert_allclose(jax.vmap(lambda row: aggregate(row, 7.0, weights=SHARES[:10]))(rows), by_axis)


@pytest.mark.parametrize(
    ("call", "got"),
    [
        (lambda: responses.p_norm([1.0], 0.5), "p = 0.5"),
        (lambda: responses.p_norm([1.0], float("nan")), "p = nan"),
        (lambda: responses.p_norm([1.0], float("inf")), "p = inf"),
        (lambda: responses.ks([1.0], 0.0), "sharpness = 0.0"),
        (lambda: responses.p_norm([]), r"shape \(0,\)"),
        (lambda: responses.ks(np.ones((3, 0)), 1.0, axis=1), r"shape \(3, 0\)"),
        (lambda: responses.ks([1.0, 2.0], 1.0, axis=1), r"axis = 1 of an array of shape \(2,\)"),
        (lambda: responses.p_norm([1.0, 2.0], weights=[1.0]), r"shape \(1,\)"),
        (lambda: responses.p_norm([1.0, 2.0], weights=[2.0, -1.0]), "a smallest weight of -1"),
        (lambda: responses.ks([1.0, 2.0], 1.0, weights=[0.0, 0.0]), "a smallest weight of 0 and a sum of 0"),
        (lambda: responses.adapted(1.0, peak=1.0, aggregate=0.0), "aggregate = 0"),
        (lambda: responses.adapted(1.0, peak=1.0, aggregate=1.0, step=0.0), "step = 0.0"),
    ],
)
def test_impossible_numbers_are_refused(call: Any, got: str) -> None:
    with pytest.raises(ShapeError, match=f"got: +{got}"):
        call()


def test_complex_values_are_refused() -> None:
    with pytest.raises(DtypeError, match=r"got: +[a-z]+ of type complex128"):
        responses.p_norm(np.array([1j]))


def test_the_adapted_factor_settles_where_the_aggregate_is_the_peak() -> None:
    assert responses.adapted(2.0, peak=3.0, aggregate=6.0, step=0.25) == 0.25 * 0.5 + 0.75 * 2.0
    scale = 1.0
    for _ in range(60):
        scale = responses.adapted(scale, peak=np.abs(VALUES).max(), aggregate=responses.p_norm(VALUES))
    np.testing.assert_allclose(scale * responses.p_norm(VALUES), np.abs(VALUES).max(), rtol=1e-12)
