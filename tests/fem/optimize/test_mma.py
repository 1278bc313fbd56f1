"""MMA on published problems: optima, first iterates, and what it does with bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
approximation = require("fem.optimize.approximation")
subproblem = require("fem.optimize.subproblem")
errors = require("fem.errors")

RNG = np.random.default_rng(0)


def discs(x: Any) -> Any:
    """Two constraints of Svanberg's note on GCMMA: the distance to two centers is at most 3."""
    centers = jnp.array([[5.0, 2.0, 1.0], [3.0, 4.0, 3.0]])
    return ((x - centers) ** 2).sum(1) - 9.0


def deflection(x: Any) -> Any:
    """Tip of Svanberg's cantilever of five hollow square sections, over its limit, minus 1."""
    return (jnp.array([61.0, 37.0, 19.0, 7.0, 1.0]) / x**3).sum() - 1.0


def test_toy_problem_of_the_note() -> None:
    found = optimize.mma(lambda x: (x**2).sum(), [4.0, 3.0, 2.0], [discs], lower=0.0, upper=5.0, change=1e-7, scale=1.0)
    np.testing.assert_allclose(found.x, [2.0175, 1.7800, 1.2375], atol=5e-5)  # K. Svanberg, MMA and GCMMA, 2007
    assert found.converged
    assert found.history.residual[-1] < 1e-6
    assert np.abs(found.constraints).max() < 1e-6  # both are active


def test_cantilever_of_five_sections() -> None:
    """K. Svanberg, 1987, table 1: the optimum 1.340, x = (6.016, 5.309, 4.494, 3.502, 2.153)."""
    found = optimize.mma(
        lambda x: 0.0624 * x.sum(), np.full(5, 5.0), [deflection], lower=1.0, upper=10.0, change=1e-7, scale=1.0
    )
    np.testing.assert_allclose(found.x, [6.016, 5.309, 4.494, 3.502, 2.153], atol=1e-3)  # its last digit
    # With x_i^4 proportional to c_i the conditions of Kuhn and Tucker have a solution in closed form.
    c = np.array([61.0, 37.0, 19.0, 7.0, 1.0])
    np.testing.assert_allclose(found.x, c**0.25 * (c**0.25).sum() ** (1 / 3), rtol=1e-6)
    assert np.isclose(found.value, 0.0624 * (c**0.25).sum() ** (4 / 3), rtol=1e-7)


@pytest.mark.parametrize(
    ("t", "weights"),
    [
        (1 / 16, [1.560, 1.274, 1.270, 1.304, 1.319, 1.329, 1.333, 1.336]),
        (1 / 8, [1.560, 1.285, 1.307, 1.331, 1.337, 1.339, 1.340]),
        (1 / 4, [1.560, 1.309, 1.335, 1.340]),
        (1 / 3, [1.560, 1.327, 1.338, 1.340]),
        (1 / 2, [1.560, 1.387, 1.346, 1.341]),
    ],
)
def test_first_iterates_of_the_cantilever_are_the_printed_ones(t: float, weights: list[float]) -> None:
    """The tables of K. Svanberg, 1987: poles at t x and x / t, designs between x / 2 and 2 x."""
    x, slopes = np.full(5, 5.0), np.full(5, 0.0624)
    found = []
    for _ in weights:
        found.append(0.0624 * x.sum())
        asymptotes = approximation.Asymptotes(
            t * x, x / t, np.maximum(1.01 * t * x, x / 2), np.minimum(0.99 * x / t, 2 * x)
        )
        falls = np.stack([np.zeros(5), -np.asarray(jax.grad(deflection)(x))])  # the deflection falls, the weight rises
        p = (asymptotes.high - x) ** 2 * np.stack([slopes, np.zeros(5)])
        q = (x - asymptotes.low) ** 2 * falls
        values = np.array([found[-1], float(deflection(x))])
        x = subproblem.solve(subproblem.subproblem(p, q, values, x, asymptotes, 1000.0)).x
    np.testing.assert_allclose(found, weights, atol=1e-3)  # their last digit


@pytest.mark.parametrize("method", [optimize.mma, optimize.gcmma])
def test_two_bar_truss(method: Any) -> None:
    """The truss of K. Svanberg, 1987: area and half width of two bars under stress limits, in closed form.

    The first stress limit alone is active; put into the weight it leaves 16 z^3 + z^2 = 1 for the slope z.
    """

    def stresses(x: Any) -> Any:
        return 0.124 * jnp.sqrt(1 + x[1] ** 2) * (8 / x[0] + jnp.array([1.0, -1.0]) / (x[0] * x[1])) - 1.0

    found = method(
        lambda x: x[0] * jnp.sqrt(1 + x[1] ** 2), [1.5, 0.5], [stresses], lower=[0.2, 0.1], upper=[4.0, 1.6],
        change=1e-8,
    )  # fmt: skip
    z = next(root.real for root in np.roots([16, 1, 0, -1]) if abs(root.imag) < 1e-12)
    np.testing.assert_allclose(found.x, [0.124 * np.sqrt(1 + z**2) * (8 + 1 / z), z], rtol=1e-6)
    assert np.isclose(found.value, 0.124 * (1 + z**2) * (8 + 1 / z), rtol=1e-7)


def test_approximation_has_value_and_slope_and_is_convex() -> None:
    x, slopes = RNG.random(6), RNG.standard_normal((3, 6))
    around = optimize.Motion().follow([x], None, np.zeros(6) - 1, np.full(6, 3.0))
    p, q = approximation.poles(x, slopes, 1e-5, around, np.full(6, 4.0))
    np.testing.assert_allclose(p / (around.high - x) ** 2 - q / (x - around.low) ** 2, slopes, rtol=1e-9)
    assert (p > 0).all() and (q > 0).all()


def test_asymptotes_close_in_on_what_oscillates() -> None:
    motion, lower, upper = optimize.Motion(), np.zeros(3), np.ones(3)
    before = motion.follow([np.full(3, 0.5)], None, lower, upper)
    designs = [np.array([0.5, 0.6, 0.5]), np.array([0.4, 0.5, 0.5]), np.array([0.5, 0.4, 0.5])]
    after = motion.follow(designs, before, lower, upper)
    # the distance in the last iteration was 0.5 - (0.4, 0.5, 0.5) from low = 0: 0.4, 0.5, 0.5
    np.testing.assert_allclose(designs[0] - after.low, [0.7 * 0.4, 1.2 * 0.5, 0.5], rtol=1e-14)


@pytest.mark.parametrize(("m", "n"), [(0, 5), (1, 40), (3, 40), (20, 6)])
def test_subproblem_meets_its_conditions(m: int, n: int) -> None:
    x, width = RNG.random(n), np.ones(n)
    around = optimize.Motion().follow([x], None, np.zeros(n), width)
    p, q = approximation.poles(x, RNG.standard_normal((1 + m, n)), 1e-5, around, width)
    values = np.concatenate([[1.0], 0.1 * RNG.standard_normal(m)])
    problem = subproblem.subproblem(p, q, values, x, around, 1000.0)
    np.testing.assert_allclose(problem.values(x), values, atol=1e-12)
    got = subproblem.solve(problem)
    slopes = p / (around.high - got.x) ** 2 - q / (got.x - around.low) ** 2
    np.testing.assert_allclose(slopes[0] + got.lam @ slopes[1:], got.xi - got.eta, atol=1e-7)
    assert np.all((around.alpha < got.x) & (got.x < around.beta))
    assert (problem.values(got.x)[1:] - got.y).max(initial=0.0) < 1e-7
    assert np.abs(got.lam * (problem.values(got.x)[1:] - got.y)).max(initial=0.0) < 1e-7


@pytest.mark.filterwarnings("ignore:the start violates")
def test_an_infeasible_start_becomes_feasible() -> None:
    found = optimize.mma(
        lambda x: x.sum(), [0.1, 0.2], [lambda x: 1.0 - x[0] * x[1]], lower=0.0, upper=5.0, change=1e-6
    )
    np.testing.assert_allclose(found.x, [1.0, 1.0], rtol=1e-4)


@pytest.mark.filterwarnings("ignore:the start violates")
def test_constraints_that_cannot_be_met_are_violated_as_little_as_possible() -> None:
    found = optimize.mma(lambda x: x[0], [0.5], [lambda x: 2.0 - x], lower=0.0, upper=1.0, change=1e-6)
    np.testing.assert_allclose(found.x, [1.0], rtol=1e-6)
    np.testing.assert_allclose(found.constraints, [1.0], rtol=1e-6)


def test_units_do_not_matter() -> None:
    """Forces in mN instead of N: the same designs."""
    runs = [
        optimize.mma(lambda x, k=k: k * (x**2).sum(), [4.0, 3.0, 2.0], [discs], lower=0.0, upper=5.0, max_iterations=6)
        for k in (1.0, 1e6)
    ]
    np.testing.assert_allclose(runs[0].x, runs[1].x, rtol=1e-9)


def test_a_design_may_have_any_shape() -> None:
    weight = np.array([[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]])
    upper = np.arange(1.0, 7.0).reshape(2, 3)
    found = optimize.mma(lambda x: (weight * x).sum(), np.zeros((2, 3)), lower=-1.0, upper=upper, change=1e-6)
    np.testing.assert_allclose(found.x, np.where(weight > 0, -1.0, upper), rtol=1e-5)
    assert found.history.residual[-1] < 1e-5


@pytest.mark.parametrize(
    ("change", "got"),
    [
        ({"lower": -np.inf}, "lower = -inf, upper = 1.0 of variable 0"),
        ({"lower": 2.0}, r"lower = 2, x0\[0\] = 0.5, upper = 1"),
        ({"upper": [1.0, 0.4]}, r"lower = 0, x0\[1\] = 0.5, upper = 0.4"),
        ({"x0": [0.5, np.nan]}, r"x0\[1\] = nan"),
        ({"lower": np.zeros(3)}, r"shape \(3,\)"),
        ({"upper": np.nan}, "NaN"),
        ({"objective": lambda x: x}, r"shape \(2,\) of type float64"),
        ({"objective": lambda x: x[0] + 1j}, r"shape \(\) of type complex128"),
        ({"constraints": [lambda x: x[None]]}, r"shape \(1, 2\)"),
        ({"objective": lambda x: jnp.log(x[1] - 0.5)}, "-inf in iteration 0"),
        ({"objective": lambda x: jnp.sqrt(jnp.abs(x[1] - 0.5))}, "in iteration 0, variable 1"),
    ],
)
def test_bad_input_is_refused(change: dict[str, Any], got: str) -> None:
    good = {"objective": lambda x: x.sum(), "x0": [0.5, 0.5], "constraints": [], "lower": 0.0, "upper": 1.0}
    with pytest.raises(errors.OptimizationError, match=f"got: +.*{got}"):
        optimize.mma(**(good | change))


def test_what_was_found_before_a_failure_is_kept() -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +nan in iteration 1") as caught:
        optimize.mma(lambda x: jnp.where(x[0] < 0.5, jnp.nan, x[0]), [0.5], lower=0.0, upper=1.0)
    assert caught.value.result.x == [0.5]
    assert len(caught.value.result.history) == 1


def test_equal_constraints_near_their_solution_need_no_warning() -> None:
    """Of a system that grows the worse, the nearer the solution: three rows alike, and hardly any slack."""
    subproblem = require("fem.optimize.subproblem")
    step, multipliers = subproblem._reduced(np.ones((3, 2)), np.full(3, 1e-15), np.zeros(2), np.full(3, 2.0))
    np.testing.assert_allclose(step, [-1.0, -1.0], rtol=1e-12)
    assert np.isfinite(multipliers).all()
