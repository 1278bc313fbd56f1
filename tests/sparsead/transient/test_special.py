"""x / (exp(x) - 1): value and derivatives to rounding on both sides of its removable singularity."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb, factorial
from typing import Any

import numpy as np
import pytest

from sparsead import errors
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")
models = require("tests.sparsead.transient.models")

x_over_expm1 = transient.x_over_expm1
POINTS = [0.0, 1e-300, 1e-12, -1e-8, 1e-5, -1e-3, 0.1, -0.499999, 0.5, -0.500001, 1.0, -2.0]


@cache
def bernoulli() -> list[Fraction]:
    """Coefficients of x^m / m! in x / (exp(x) - 1), as rational numbers."""
    numbers = [Fraction(1)]
    for m in range(1, 90):
        numbers.append(-sum((comb(m + 1, k) * numbers[k] for k in range(m) if numbers[k]), Fraction(0)) / (m + 1))
    return numbers


def reference(x: float, derivative: int) -> float:
    """Bernoulli's series of 90 terms in rational numbers, exact below 2 pi to far more than double precision."""
    point, power, total = Fraction(x), Fraction(1), Fraction(0)
    for m in range(derivative, 90):
        total += bernoulli()[m] / factorial(m - derivative) * power
        power *= point
    return float(total)


@pytest.mark.parametrize("derivative", [0, 1, 2])
def test_value_and_derivatives_to_rounding(derivative: int) -> None:
    f: Any = x_over_expm1
    for _ in range(derivative):
        f = jax.grad(f)
    for x in POINTS:
        assert float(f(x)) == pytest.approx(reference(x, derivative), rel=1e-14 * 30**derivative, abs=1e-15)


def test_far_out_it_neither_overflows_nor_divides_by_zero() -> None:
    x = jnp.array([-800.0, 800.0, 40.0])
    np.testing.assert_allclose(x_over_expm1(x), [800.0, 0.0, 40.0 * np.exp(-40.0)], rtol=1e-14)
    assert jnp.isfinite(jax.vmap(jax.grad(x_over_expm1))(x)).all()


@pytest.mark.parametrize("voltage", [-50.0, -23.0, -48.0])
def test_nerve_cell_starts_at_its_singular_voltages(voltage: float) -> None:
    """The literal rates are 0/0 there; these give the mean of the gradients on both sides."""
    start = jnp.array([voltage, 0.2, 0.9, 0.1])

    def last(e: Any, f: Any) -> Any:
        return jnp.sum(
            transient.odesolve(f, start.at[0].set(e), [0.0, 0.05], jnp.array(models.HH_PARAMS), method="euler", h=0.01)[
                -1
            ]
        )

    slope = jax.grad(last)
    with pytest.raises(errors.NonFiniteError, match=r"got: .*nan at t = 0.01, step 1"):
        slope(voltage, models.hodgkin_huxley)
    sides = [float(slope(voltage + d, models.regular_hodgkin_huxley)) for d in (-1e-3, 1e-3)]
    assert float(slope(voltage, models.regular_hodgkin_huxley)) == pytest.approx(np.mean(sides), rel=1e-6)
