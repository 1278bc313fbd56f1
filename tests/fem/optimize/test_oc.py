"""Optimality criteria: the published numbers of the half MBB beam, and a problem in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
problem = require("fem.optimize.problem")
errors = require("fem.errors")

CELLS = (60, 20)
MESH = fem.rectangle(CELLS, size=(60.0, 20.0))


def compliance(x: Any) -> Any:
    """Half MBB beam with a unit load, densities x."""
    space = fem.Space(MESH, components=2)
    supports = [
        fem.fix(space, MESH.points_on(lambda p: p[:, 0] == 0), components=(0,)),
        fem.fix(space, MESH.points_on(lambda p: (p[:, 0] == 60) & (p[:, 1] == 0)), components=(1,)),
    ]
    f = np.zeros((len(MESH.points), 2))
    f[MESH.points_on(lambda p: (p[:, 0] == 0) & (p[:, 1] == 20)), 1] = -1.0
    young = fem.design.simp(x, solid=1.0, void=1e-9, penalty=3.0)
    u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), f, supports)
    return (f * u).sum()


@pytest.mark.parametrize(
    ("kind", "value", "iterations"), [("sensitivity", 216.81366, 106), ("density", 233.71457, 144)]
)
def test_half_mbb_beam_of_the_educational_codes(kind: str, value: float, iterations: int) -> None:
    """The numbers of topoptlab's tests, for the 88-line code: multipliers to 1e-3, by halving (0, 1e9)."""
    smooth = fem.design.density_filter(MESH, radius=2.4) if kind == "density" else lambda x: x
    found = optimize.oc(
        lambda x: compliance(smooth(x)),
        np.full(1200, 0.5),
        lambda x: fem.design.volume_fraction(MESH, smooth(x)) - 0.5,
        sensitivity=fem.design.sensitivity_filter(MESH, radius=2.4) if kind == "sensitivity" else None,
        bracket=(0.0, 1e9 * 1200),
        rtol=1e-3,
    )
    assert (round(found.value, 5), len(found.history)) == (value, iterations)
    assert (found.history.factorizations == 1).all()


def test_moving_asymptotes_reach_the_optimum_of_the_density_filter_sooner() -> None:
    smooth = fem.design.density_filter(MESH, radius=2.4)
    found = optimize.mma(
        lambda x: compliance(smooth(x)),
        np.full(1200, 0.5),
        [lambda x: fem.design.volume_fraction(MESH, smooth(x)) - 0.5],
        lower=0.0,
        upper=1.0,
        motion=optimize.Motion(move=0.2),
    )
    assert found.value < 233.71457 * (1 + 1e-4)
    assert len(found.history) <= 144
    assert abs(found.constraints[0]) < 1e-6
    assert (found.history.factorizations == 1).all()  # the first design is evaluated once too


def test_two_springs_in_a_row() -> None:
    """Minimizing c_i / x_i with sum x = 1 has x proportional to the roots of c."""
    c = np.array([4.0, 1.0, 0.25])
    found = optimize.oc(lambda x: (c / x).sum(), np.full(3, 1 / 3), lambda x: x.sum() - 1.0, change=1e-10)
    np.testing.assert_allclose(found.x, np.sqrt(c) / np.sqrt(c).sum(), rtol=1e-9)
    assert found.history.residual[-1] < 1e-8


def calls_of_the_volume(monkeypatch: pytest.MonkeyPatch, volume: Any, **options: Any) -> tuple[Any, int]:
    """The last design called for, of one step on five springs in a row, and how often the volume alone was called."""
    calls: list[Any] = []
    original = problem.Problem.constraints

    def counted(self: Any, x: Any) -> Any:
        calls.append(x)
        return original(self, x)

    monkeypatch.setattr(problem.Problem, "constraints", counted)
    costs = jnp.array([4.0, 1.0, 0.25, 2.0, 3.0])
    optimize.oc(lambda x: (costs / x).sum(), np.full(5, 0.4), volume, **{"max_iterations": 1, **options})
    return calls[-1], len(calls)


@pytest.mark.parametrize("bracket", [None, (0.0, 1e9)])
def test_a_linear_volume_is_met_with_one_call(monkeypatch: pytest.MonkeyPatch, bracket: Any) -> None:
    x, calls = calls_of_the_volume(monkeypatch, lambda x: x.mean() - 0.45, bracket=bracket)
    assert calls == 1
    assert abs(x.mean() - 0.45) < 1e-10


def test_a_volume_that_was_told_right_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert calls_of_the_volume(monkeypatch, lambda x: x.mean() - 0.45, max_iterations=20)[1] == 1


def test_a_volume_that_bends_later_is_met_again() -> None:
    """Linear while no density is above 0.7, which the third step passes."""

    def volume(x: Any) -> Any:
        return (x + 2 * jnp.maximum(x - 0.7, 0.0) ** 2).mean() - 0.5

    costs = jnp.array([9.0, 1.0, 0.25, 0.25, 0.25])
    found = optimize.oc(lambda x: (costs / x).sum(), np.full(5, 0.5), volume, move=0.1, max_iterations=30)
    assert found.history.constraints[:3].max() < 1e-12
    assert found.history.constraints.max() > 1e-3
    assert abs(found.constraints[0]) < 1e-9


@pytest.mark.parametrize("bracket", [None, (0.0, 1e9)])
def test_a_projected_volume_is_met_as_well(monkeypatch: pytest.MonkeyPatch, bracket: Any) -> None:
    def volume(x: Any) -> Any:
        return fem.design.project(x, beta=8.0, eta=0.5).mean() - 0.45

    x, calls = calls_of_the_volume(monkeypatch, volume, bracket=bracket)
    assert calls > 1
    assert abs(volume(x)) < 1e-9


@pytest.mark.filterwarnings("ignore:the start violates")
@pytest.mark.parametrize(("allowed", "found"), [(0.9, 0.6), (0.1, 0.2)])
def test_a_volume_out_of_reach_of_one_step_is_approached(
    monkeypatch: pytest.MonkeyPatch, allowed: float, found: float
) -> None:
    x, _ = calls_of_the_volume(monkeypatch, lambda x: x.mean() - allowed)
    np.testing.assert_allclose(x, found, rtol=1e-12)


def test_bounds_and_move_limit_hold() -> None:
    seen: list[Any] = []
    optimize.oc(
        lambda x: (jnp.array([1e3, 1.0]) / x).sum(),
        [0.5, 0.5],
        lambda x: x.sum() - 1.0,
        lower=[0.1, 0.2],
        move=0.05,
        callback=lambda x, record: seen.append(x),
    )
    steps = np.abs(np.diff(seen, axis=0))
    assert steps.max() <= 0.05 + 1e-15
    np.testing.assert_allclose(seen[-1], [0.8, 0.2], rtol=1e-9)


def test_the_callback_sees_every_design_and_may_stop() -> None:
    found = optimize.oc(
        lambda x: (1 / x).sum(), [0.2, 0.7], lambda x: x.sum() - 1.0, callback=lambda x, record: record.change < 1
    )
    assert not found.converged
    assert found.reason == "the callback asked for it"


def test_the_budget_is_kept_and_said() -> None:
    found = optimize.oc(lambda x: (1 / x).sum(), [0.2, 0.7], lambda x: x.sum() - 1.0, max_iterations=2)
    assert len(found.history) == 2
    assert (found.converged, found.reason) == (False, "2 iterations were allowed")


def test_a_constraint_that_is_no_volume_is_refused() -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +d volume / d x\[1\] = 0"):
        optimize.oc(lambda x: (1 / x).sum(), [0.5, 0.5], lambda x: x[0] - 1.0)
