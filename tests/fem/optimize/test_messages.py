"""What a run says: why it stopped, what is wrong with its start, what failed in which iteration."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
errors = require("fem.errors")


def minimize(objective: Any, x0: Any, constraints: Any = (), **options: Any) -> Any:
    return optimize.mma(objective, x0, constraints, **{"lower": 0.0, "upper": 1.0, "change": 1e-6, **options})


def test_stagnation_stops_what_oscillates() -> None:
    """Around the minimum of a parabola plain asymptotes go to and fro, by less and less of the objective."""
    options = {"change": 0.0, "max_iterations": 200}
    found = minimize(lambda x: 1 + ((x - 0.3) ** 2).sum(), [1.0], stagnation=1e-3, **options)
    assert found.converged
    assert found.reason.startswith("it stagnates: in 10 iterations objective and constraints moved by ")
    values = found.history.value
    assert 10 <= len(values) < 200
    assert np.ptp(values[-10:]) <= 1e-3 * values[-10:].max()
    assert np.ptp(values[-11:-1]) > 1e-3 * values[-11:-1].max()


@pytest.mark.filterwarnings("ignore:the start violates")
def test_what_constraints_still_move_is_no_stagnation() -> None:
    """The objective stands still from the first iteration on, its constraint comes down slowly."""
    found = minimize(
        lambda x: 1 + 0 * x[0], [0.9], [lambda x: x - 0.1], motion=optimize.Motion(move=0.05), stagnation=1e-3,
        change=0.0, max_iterations=12,
    )  # fmt: skip
    assert found.reason == "12 iterations were allowed"


def test_an_infeasible_start_is_told_once_and_where_the_user_called() -> None:
    with pytest.warns(UserWarning) as told:
        found = minimize(lambda x: x.sum(), [0.1, 0.2], [lambda x: -x[0], lambda x: 0.5 - x, lambda x: 0.25 - x[1]])
    assert [str(one.message) for one in told] == [
        "the start violates constraint 1 by 0.4, and 2 more by less: the run goes on, and has to meet them first"
    ]
    assert told[0].filename == __file__
    np.testing.assert_allclose(found.x, [0.5, 0.5], rtol=1e-5)


def test_a_start_on_its_constraint_is_not_told_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        minimize(lambda x: x.sum(), [0.1, 0.2], [lambda x: x.sum() - 0.3 + 1e-12], max_iterations=1)


@pytest.mark.parametrize(
    ("constraint", "value"),
    [
        (lambda x: jnp.array(0.3) - 0.5, "-0.2"),
        (lambda x: jax.lax.stop_gradient(x).sum() - 2.0, "-1"),
        (lambda x: jnp.round(x[0]) - 2.0, "-2"),
    ],
)
def test_a_constraint_that_does_not_depend_on_the_design_is_refused(constraint: Any, value: str) -> None:
    with pytest.raises(errors.OptimizationError, match=rf"constraint 1 does not .*\n.*\n.*its value is {value}\n") as e:
        minimize(lambda x: x.sum(), [0.5, 0.5], [lambda x: x.sum() - 2.0, constraint])
    assert e.value.constraint == 1


def test_a_constraint_that_is_flat_at_the_start_only_is_taken() -> None:
    found = minimize(lambda x: x.sum(), [0.5, 0.5], [lambda x: ((x - 0.5) ** 2).sum() - 0.02])
    np.testing.assert_allclose(found.x, [0.4, 0.4], rtol=1e-4)


def test_a_structure_that_fails_on_the_way_is_told_with_its_iteration() -> None:
    """Cells go void one after the other, until a point has none."""
    mesh = fem.rectangle((2, 1), size=(2.0, 1.0))
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == 2), (0.0, -1.0))

    def stiffness(x: Any) -> Any:
        young = jnp.where(x > 0.25, x, 0.0)
        u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), load, held)
        return x.sum() + 0 * u.sum()

    with pytest.raises(errors.OptimizationError) as caught:
        minimize(stiffness, [0.9, 0.9], motion=optimize.Motion(move=0.4))
    error = caught.value
    assert error.what == "iteration 2 cannot be computed"
    assert "without stiffness" in error.got
    assert "give void cells a small modulus" in str(error)
    assert len(error.result.history) == 2
    assert (error.result.x > 0.25).all()
    assert error.__cause__ is not None


OPTIMIZERS = {
    "mma": optimize.mma,
    "gcmma": optimize.gcmma,
    "scipy": optimize.scipy,
    "nlopt": lambda *arguments, **options: (require("nlopt"), optimize.nlopt(*arguments, **options))[1],
    "ipopt": lambda *arguments, **options: (require("cyipopt"), optimize.ipopt(*arguments, **options))[1],
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize(
    ("option", "got"),
    [
        ({"scale": -1.0}, "scale = -1.0"),  # would look for the worst design
        ({"scale": 0.0}, "scale = 0.0"),
        ({"max_iterations": 0}, "max_iterations = 0"),
        ({"max_iterations": 2.5}, "max_iterations = 2.5"),
        ({"change": np.nan}, "change = nan"),
        ({"stagnation": -1.0}, "stagnation = -1.0"),
    ],
)
def test_options_that_mean_nothing_are_refused_by_every_optimizer(name: str, option: dict[str, Any], got: str) -> None:
    with pytest.raises(errors.OptimizationError, match=f"got: +{got}"):
        OPTIMIZERS[name](lambda x: (x**2).sum(), [0.5], lower=0.0, upper=1.0, **option)


@pytest.mark.parametrize("name", ["callback", "guard"])
def test_what_is_no_function_is_refused_before_the_run(name: str) -> None:
    with pytest.raises(errors.OptimizationError, match=rf"got: +{name} = 3\n"):
        optimize.mma(lambda x: x.sum(), [0.5], lower=0.0, upper=1.0, **{name: 3})


def test_a_callback_of_a_library_that_is_no_function_is_refused_before_the_run() -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +callback = 3\n"):
        optimize.scipy(lambda x: x.sum(), [0.5], lower=0.0, upper=1.0, method="SLSQP", callback=3)
