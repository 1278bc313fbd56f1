"""Hand-over to SciPy, NLopt and Ipopt: optima, one evaluation for each design, the same history, the same messages."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
errors = require("fem.errors")
problem = require("fem.optimize.problem")
nlopt = require("nlopt")
problems = require("tests.fem.optimize.test_mma")

SCIPY = ("trust-constr", "SLSQP", "L-BFGS-B")
NLOPT = ("LD_CCSAQ", "LD_MMA", "LD_SLSQP", "LD_LBFGS", "LD_TNEWTON_PRECOND_RESTART")
CONSTRAINED = ("trust-constr", "SLSQP", "LD_CCSAQ", "LD_MMA", "LD_SLSQP", "ipopt")


def by(name: str, *arguments: Any, **options: Any) -> Any:
    if name == "ipopt":
        require("cyipopt")
        return optimize.ipopt(*arguments, **options)
    if name in SCIPY:
        return optimize.scipy(*arguments, method=name, **options)
    return optimize.nlopt(*arguments, algorithm=name, **options)


def rosenbrock(x: Any) -> Any:
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


@pytest.mark.parametrize("name", CONSTRAINED)
def test_cantilever_of_five_sections(name: str) -> None:
    """K. Svanberg, 1987: the optimum 1.340; a constraint that does not bind is there as well."""
    found = by(
        name, lambda x: 0.0624 * x.sum(), np.full(5, 5.0), [problems.deflection, lambda x: x - 8.0],
        lower=1.0, upper=10.0,
    )  # fmt: skip
    c = np.array([61.0, 37.0, 19.0, 7.0, 1.0])
    assert np.isclose(found.value, 0.0624 * (c**0.25).sum() ** (4 / 3), rtol=1e-5)
    assert found.constraints.max() < 1e-5
    assert found.converged
    assert found.reason.startswith(f"{name}: ")
    assert len(found.history) > 3
    np.testing.assert_array_equal(found.history.constraints[-1], found.constraints)
    assert found.history.residual[-1] < 0.02 * found.history.residual.max()


@pytest.mark.parametrize("name", [*SCIPY, *NLOPT[3:], "ipopt"])
def test_without_constraints(name: str) -> None:
    found = by(name, rosenbrock, [-1.2, 1.0], lower=-2.0, upper=2.0)
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=0.01)
    assert found.history.residual[-1] < 1e-4


def cantilever(cells: tuple[int, int]) -> tuple[Any, Any]:
    """Return the functions of a design: compliance, and a deflection and a volume that are limited."""
    mesh = fem.rectangle(cells, size=cells)
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = np.array(fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == cells[0]), (0.0, -1.0)))

    def displacement(x: Any) -> Any:
        young = fem.design.simp(x, solid=1.0, void=1e-6)
        return fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), load, held)

    def limits(x: Any) -> Any:
        top = displacement(x)[len(mesh.points) // 2, 1]
        return jnp.array([-top / 1e4 - 1.0, fem.design.volume_fraction(mesh, x) - 0.6])

    return lambda x: (load * displacement(x)).sum(), limits


@pytest.mark.parametrize("name", CONSTRAINED)
def test_each_design_is_evaluated_once_with_one_factorization(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where second derivatives are asked for: their products find the factors that the gradient left."""
    compliance, limits = cantilever((6, 2))
    designs: list[bytes] = []
    evaluate = problem.Problem.evaluate
    monkeypatch.setattr(problem.Problem, "evaluate", lambda self, x: designs.append(x.tobytes()) or evaluate(self, x))
    found = by(name, compliance, np.full(12, 0.5), [limits], lower=0.01, upper=1.0, max_iterations=6)
    assert len(found.history) >= 4
    assert len(designs) == len(set(designs))
    assert sparsead.factor_cache.stats().factorizations == len(designs)
    assert found.history.factorizations.sum() <= len(designs)


@pytest.mark.parametrize("name", ["trust-constr", "LD_CCSAQ", "ipopt"])
def test_the_callback_sees_every_iterate_and_may_stop(name: str) -> None:
    seen: list[Any] = []

    def watch(x: Any, record: Any) -> bool:
        seen.append((x, record.value))
        return len(seen) == 4

    found = by(name, lambda x: rosenbrock(x[0]), [[-1.2, 1.0]], lower=-2.0, upper=2.0, callback=watch)
    assert (found.converged, found.reason) == (False, "the callback asked for it")
    assert len(seen) == len(found.history) == 4
    np.testing.assert_array_equal(seen[0][0], [[-1.2, 1.0]])
    np.testing.assert_array_equal(seen[3][0], found.x)
    assert [value for _, value in seen] == found.history.value.tolist()


@pytest.mark.parametrize("name", [*SCIPY, *NLOPT, "ipopt"])
def test_the_budget_is_kept_and_said(name: str) -> None:
    found = by(name, rosenbrock, [-1.2, 1.0], lower=-2.0, upper=2.0, max_iterations=3)
    assert (found.converged, found.reason, len(found.history)) == (False, "3 iterations were allowed", 3)


def test_refused_steps_count_in_the_budget() -> None:
    compliance, limits = cantilever((6, 2))
    options = {"lower": 0.01, "upper": 1.0, "max_iterations": 8}
    found = optimize.scipy(compliance, np.full(12, 0.5), [limits], options={"initial_tr_radius": 100.0}, **options)
    assert found.reason == "8 iterations were allowed"
    assert len(found.history) < 8


@pytest.mark.parametrize("name", ["trust-constr", "L-BFGS-B", "LD_LBFGS", "ipopt"])
def test_no_design_outside_the_bounds_is_evaluated(name: str) -> None:
    """The root has no value there; the start is at a bound."""
    found = by(name, lambda x: jnp.sqrt(x - 0.1).sum() + x[1], [0.9, 0.6], lower=0.1 + 1e-9, upper=0.9)
    np.testing.assert_allclose(found.x, 0.1, atol=2e-3)


def test_functions_without_second_derivatives_get_an_approximation() -> None:
    """The gradient is itself a function with reverse mode only."""

    @jax.custom_vjp
    def cube(x: Any) -> Any:
        return x**3

    @jax.custom_vjp
    def energy(x: Any) -> Any:
        return (x**4).sum()

    cube.defvjp(lambda x: (cube(x), x), lambda x, y_bar: (y_bar * 3 * x**2,))
    energy.defvjp(lambda x: (energy(x), x), lambda x, e_bar: (e_bar * 4 * cube(x),))
    with pytest.raises(TypeError):
        jax.jvp(jax.grad(energy), (jnp.ones(2),), (jnp.ones(2),))
    found = optimize.scipy(energy, [1.0, 2.0], [lambda x: 1.0 - x.sum()])
    np.testing.assert_allclose(found.x, [0.5, 0.5], rtol=1e-3)  # as far from its constraint as the last barrier


@pytest.mark.parametrize("name", ["SLSQP", "trust-constr", "LD_CCSAQ", "LD_LBFGS", "ipopt"])
def test_what_was_found_before_a_failure_is_kept(name: str) -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +nan in iteration [12]") as caught:
        by(name, lambda x: (jnp.where(x < 0.5, jnp.nan, x) ** 2).sum(), [0.9], lower=0.0, upper=1.0)
    assert caught.value.result.x >= 0.5
    assert len(caught.value.result.history) == caught.value.iteration


@pytest.mark.parametrize("name", ["SLSQP", "LD_SLSQP", "ipopt"])
def test_an_infeasible_start_is_told_where_the_user_called(name: str) -> None:
    call = {"SLSQP": optimize.scipy, "LD_SLSQP": optimize.nlopt, "ipopt": optimize.ipopt}[name]
    with pytest.warns(UserWarning, match="the start violates constraint 0 by 0.7") as told:
        found = call(lambda x: x.sum(), [0.1, 0.2], [lambda x: 1.0 - x.sum()], lower=0.0, upper=1.0)
    assert told[0].filename == __file__
    assert np.isclose(found.value, 1.0, rtol=1e-5)


@pytest.mark.parametrize(("name", "got"), [("COBYLA", "method = 'COBYLA'"), ("L-BFGS-B", "method = 'L-BFGS-B'")])
def test_methods_that_do_not_fit_are_refused(name: str, got: str) -> None:
    with pytest.raises(errors.OptimizationError, match=f"got: +{got}"):
        optimize.scipy(lambda x: x.sum(), [0.5], [lambda x: 0.2 - x], method=name)


@pytest.mark.parametrize(("name", "got"), [("LN_COBYLA", "'LN_COBYLA'"), ("LD_LBFGS", "'LD_LBFGS'")])
def test_algorithms_that_do_not_fit_are_refused(name: str, got: str) -> None:
    with pytest.raises(errors.OptimizationError, match=f"got: +algorithm = {got}"):
        optimize.nlopt(lambda x: x.sum(), [0.5], [lambda x: 0.2 - x], algorithm=name)


def test_a_checkpoint_is_no_option_here() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'checkpoint'; there are max_iterations"):
        optimize.scipy(lambda x: x.sum(), [0.5], checkpoint="run.npz")


def test_without_nlopt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nlopt", None)
    with pytest.raises(errors.LibraryMissingError, match=r"got: +.*nlopt.*\n +fix: +pip install 'sparsead\[nlopt\]'"):
        optimize.nlopt(lambda x: x.sum(), [0.5])


def test_without_ipopt_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyipopt", None)
    with pytest.raises(errors.LibraryMissingError, match=r"fix: +apt install coinor-libipopt-dev, or brew install"):
        optimize.ipopt(lambda x: x.sum(), [0.5])


@pytest.mark.parametrize("options", [{"no_such_option": 1}, {"tol": 1}, {"tol": "small"}])
def test_an_option_that_ipopt_does_not_know_is_named(options: dict[str, Any]) -> None:
    require("cyipopt")
    with pytest.raises(errors.OptimizationError, match=r"got: +options = \{'(no_such_option|tol)': "):
        optimize.ipopt(lambda x: x.sum(), [0.5], lower=0.0, options=options)


def test_a_problem_that_no_design_solves_is_not_called_solved() -> None:
    require("cyipopt")
    with pytest.warns(UserWarning, match="violates"):
        found = optimize.ipopt(lambda x: x.sum(), [0.5], [lambda x: 2.0 - x], lower=0.0, upper=1.0)
    assert not found.converged
    assert found.reason.startswith("ipopt: ")
