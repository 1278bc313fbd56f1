"""Audit: planted errors are found and named, honest functions pass, and what cannot be told is not told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
errors = require("fem.errors")

RNG = np.random.default_rng(0)


def planted(wrong: Any) -> Any:
    """Return sum x^4 with a gradient written by hand, and an error added to it."""

    @jax.custom_vjp
    def energy(x: Any) -> Any:
        return (x**4).sum()

    energy.defvjp(lambda x: (energy(x), x), lambda x, e_bar: (e_bar * (4 * x**3 + wrong(x)),))
    return energy


def check(function: Any, x: Any, **bounds: Any) -> Any:
    return optimize.audit(function, x, **bounds).checks[0]


@pytest.mark.parametrize("n", [3, 40, 5000])
def test_one_wrong_entry_is_found_and_named(n: int) -> None:
    x, j = 1 + RNG.random(n), n // 3
    found = check(planted(lambda x: jnp.zeros(n).at[j].set(0.5)), x)
    assert found.verdict == "wrong"
    says, is_ = 4 * x[j] ** 3 + 0.5, 4 * x[j] ** 3
    assert found.why.endswith(f"most wrong is variable {j}: the gradient says {says:.6g}, differences {is_:.6g}")


def test_the_most_wrong_of_many_is_named() -> None:
    found = check(planted(lambda x: 0.01 * x * (1 + 5 * (jnp.arange(20) == 7))), np.full(20, 2.0))
    assert "most wrong is variable 7: the gradient says 32.12, differences 32" in found.why


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("factor", [-2.0, -1.0, 1e-4])
def test_errors_are_found_in_any_unit(unit: float, factor: float) -> None:
    """The opposite sign, a gradient of zeros, one part in ten thousand."""
    energy = planted(lambda x: factor * 4 * x**3)
    assert check(lambda x: unit * energy(x), [1.0, -2.0, 3.0]).verdict == "wrong"
    assert check(lambda x: energy(x / unit), unit * np.array([1.0, -2.0, 3.0])).verdict == "wrong"


def test_a_right_gradient_by_hand_passes_without_forward_mode() -> None:
    found = check(planted(jnp.zeros_like), [1.0, -2.0, 3.0])
    assert (found.verdict, found.forward) == ("right", None)
    assert found.why.endswith("there is no forward mode")


def test_forward_mode_that_says_something_else_is_wrong() -> None:
    @jax.custom_jvp
    def double(x: Any) -> Any:
        return 2 * x

    double.defjvp(
        lambda p, t: (double(*p), jax.custom_derivatives.linear_call(lambda _, v: 2 * v, lambda _, v: 3 * v, (), t[0]))
    )
    found = check(lambda x: double(x).sum(), [1.0, 2.0])
    assert found.verdict == "wrong"
    assert "reverse mode says" in found.why


def test_a_value_that_is_another_with_its_gradient_is_wrong() -> None:
    @jax.custom_vjp
    def energy(x: Any) -> Any:
        return (x**2).sum()

    energy.defvjp(lambda x: (energy(x) + 1.0, x), lambda x, e_bar: (e_bar * 2 * x,))
    assert "its value is 6 with the gradient and 5 without" in check(energy, [1.0, 2.0]).why


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: jnp.abs(x - 1).sum(), "it has a kink here: along a direction the slope jumps by 4"),
        (lambda x: jnp.maximum(x[0], 1.0) + x[1], "it has a kink here"),
        (lambda x: x.sum() + 1e-3 * jax.lax.stop_gradient(jnp.sin(1e9 * x)).sum(), "differences do not settle"),
        (lambda x: (x + jnp.where(x == 1.0, 0.0, jnp.nan)).sum(), "differences do not settle"),
    ],
)
def test_what_differences_cannot_tell_is_not_told(function: Any, why: str) -> None:
    report = optimize.audit(function, [1.0, 1.0])
    assert report.checks[0].verdict == "cannot tell"
    assert report.checks[0].why.startswith(why)
    assert report.passed
    assert report.verdict == "no wrong gradient was found, but nothing is known of the objective"


@pytest.mark.parametrize(
    "function", [lambda x: ((x - 1) ** 2).sum(), lambda x: jnp.exp(3 * x).sum(), lambda x: x.sum() * 0 + 5.0]
)
def test_smooth_functions_pass_at_special_points_too(function: Any) -> None:
    """A minimum, a steep slope, no slope at all."""
    assert check(function, [1.0, 1.0]).verdict == "right"


def test_no_design_outside_the_bounds_is_evaluated() -> None:
    """The root has no value below its bound, and variables at a bound stay there."""
    found = check(lambda x: jnp.sqrt(x - 0.1).sum(), [0.1 + 1e-5, 0.5, 0.9], lower=0.1, upper=0.9)
    assert found.verdict == "right"
    assert check(lambda x: x.sum(), [0.0, 1.0], lower=0.0, upper=1.0).verdict == "cannot tell"


def test_a_structure_is_right_and_its_cost_is_told() -> None:
    mesh = fem.rectangle((60, 20), size=(6.0, 2.0))  # smaller systems are solved again, not remembered
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = np.array(fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == 6), (0.0, -1.0)))
    tip = mesh.points_on(lambda p: p[:, 0] == 6)

    def displacement(x: Any) -> Any:
        young = fem.design.simp(x, solid=210e9, void=210.0)
        return fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), load, held)

    def deflection(x: Any) -> Any:
        return -displacement(x)[tip, 1].mean()

    report = optimize.audit(
        lambda x: (load * displacement(x)).sum(), np.full(1200, 0.5), [deflection], lower=0.0, upper=1.0
    )
    assert [found.verdict for found in report.checks] == ["right", "right"]
    assert report.verdict == "all gradients are right"
    assert (report.value.factorizations, report.gradients.factorizations) == (1, 1)
    assert (report.value.solves, report.gradients.solves) == (1, 2)  # the compliance is its own adjoint
    text = str(report).splitlines()
    assert text[0].startswith("the objective: right; differences agree to ")
    assert text[2] == f"values take {report.value}, with all gradients {report.gradients}"
    assert text[3] == "verdict: all gradients are right"


def test_a_run_checks_its_gradients_first_when_asked() -> None:
    energy = planted(lambda x: x)
    seen: list[Any] = []
    options = {"lower": 0.5, "upper": 3.0, "callback": lambda x, record: seen.append(x)}
    with pytest.raises(
        errors.OptimizationError, match=r"the gradient of constraint 0 is wrong\n.*\n +got: +along"
    ) as caught:
        optimize.mma(lambda x: x.sum(), [1.0, 2.0], [lambda x: energy(x) - 20.0], check_gradients=True, **options)
    assert caught.value.what == "the gradient of constraint 0 is wrong"
    assert not seen
    optimize.mma(lambda x: x.sum(), [1.0, 2.0], check_gradients=True, max_iterations=2, **options)
    assert len(seen) == 2


def test_what_cannot_be_checked_before_a_run_is_told() -> None:
    with pytest.warns(UserWarning, match="the gradient of the objective cannot be checked: it has a kink here") as told:
        optimize.mma(
            lambda x: jnp.abs(x - 1).sum(), [1.0], lower=0.0, upper=2.0, check_gradients=True, max_iterations=1
        )
    assert told[0].filename == __file__


def test_a_design_without_a_value_is_refused() -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +nan in iteration 0"):
        optimize.audit(lambda x: jnp.log(x).sum(), [-1.0])
