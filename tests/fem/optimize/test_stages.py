"""Stages: one program for all of them, each ends by its own iterations, and a run goes on in the right one."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
optimize = require("fem.optimize")
errors = require("fem.errors")


def springs(x: Any, power: Any) -> Any:
    """Compliance of springs in a row whose stiffness is a power of their material."""
    return (jnp.array([4.0, 1.0, 0.5]) / x**power).sum()


def material(x: Any, power: Any) -> Any:
    return x.sum() / 3 - 0.5 + 0 * power


def by_mma(**options: Any) -> Any:
    return optimize.mma(springs, [0.5] * 3, [material], lower=0.01, upper=1.0, **options)


def by_gcmma(**options: Any) -> Any:
    return optimize.gcmma(springs, [0.5] * 3, [material], lower=0.01, upper=1.0, **options)


def by_oc(**options: Any) -> Any:
    return optimize.oc(springs, [0.5] * 3, material, lower=0.01, damping=0.25, **options)


def by_scipy(**options: Any) -> Any:
    return optimize.scipy(springs, [0.5] * 3, [material], lower=0.01, upper=1.0, method="SLSQP", **options)


def by_nlopt(**options: Any) -> Any:
    require("nlopt")
    return optimize.nlopt(springs, [0.5] * 3, [material], lower=0.01, upper=1.0, **options)


def by_ipopt(**options: Any) -> Any:
    require("cyipopt")
    return optimize.ipopt(springs, [0.5] * 3, [material], lower=0.01, upper=1.0, **options)


OURS = {"mma": by_mma, "gcmma": by_gcmma, "oc": by_oc}
ALL = OURS | {"scipy": by_scipy, "nlopt": by_nlopt, "ipopt": by_ipopt}
POWERS = [1.0, 2.0, 3.0]  # at 3 the usual damping of 1/2 lets oc go to and fro


def best(power: float) -> Any:
    """The material of each spring: c / x^(power + 1) is the same for all."""
    shares = np.array([4.0, 1.0, 0.5]) ** (1 / (power + 1))
    return 1.5 * shares / shares.sum()


@pytest.mark.parametrize("name", ALL)
def test_the_last_stage_is_what_is_minimized(name: str) -> None:
    found = ALL[name](stages=POWERS, per_stage=100, change=1e-7)
    np.testing.assert_allclose(found.x, best(3.0), rtol=1e-4)
    assert found.converged
    assert found.value == pytest.approx(float(springs(best(3.0), 3.0)), rel=1e-6)
    assert set(found.history.stage) == {0, 1, 2}
    assert (np.diff(found.history.stage) >= 0).all()
    assert (np.diff(found.history.iteration) == 1).all()


@pytest.mark.parametrize("name", ALL)
def test_a_stage_compiles_nothing(name: str, caplog: pytest.LogCaptureFixture) -> None:
    counts: list[int] = []

    def count(x: Any, record: Any) -> None:
        counts.append(sum("Finished XLA compilation" in message for message in caplog.messages))

    with jax.log_compiles(), caplog.at_level(logging.DEBUG):
        found = ALL[name](stages=POWERS, per_stage=4, change=0.0, callback=count)
    assert counts[0] > 0
    assert found.history.stage[-1] == 2
    assert counts[-1] == counts[np.flatnonzero(found.history.stage == 0)[-1]]


def test_a_stage_ends_by_a_tolerance_or_by_its_budget_and_the_run_in_the_last() -> None:
    found = by_mma(stages=POWERS, per_stage=6, change=1e-2)
    stages, changes = found.history.stage, found.history.change
    for stage in (0, 1, 2):
        within = changes[stages == stage]
        assert (within[:-1] > 1e-2).all()
        assert within[-1] <= 1e-2 or len(within) == 6
    assert found.converged
    assert found.reason.startswith("no variable changes by more than")
    assert found.reason.endswith(", in the last of 3 stages")


def test_a_budget_spent_in_the_last_stage_is_no_convergence() -> None:
    found = by_mma(stages=POWERS, per_stage=3, change=0.0)
    assert found.history.stage.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert (found.converged, found.reason) == (False, "3 iterations were allowed, in the last of 3 stages")


@pytest.mark.parametrize("name", ALL)
def test_iterations_in_all_end_the_run_in_any_stage(name: str) -> None:
    found = ALL[name](stages=POWERS, per_stage=4, max_iterations=6, change=0.0)
    assert found.history.stage.tolist() == [0, 0, 0, 0, 1, 1]
    reason = "6 iterations were allowed, which end in stage 1; the last is 2"
    assert (found.converged, found.reason) == (False, reason)


def test_fifty_iterations_are_allowed_by_default_in_each_stage_and_as_many_as_that_is_in_all() -> None:
    found = by_mma(stages=[1.0] * 5, change=0.0, motion=optimize.Motion(move=0.001))
    assert np.bincount(found.history.stage).tolist() == [50] * 5


def test_the_first_iteration_of_a_stage_is_where_the_one_before_went() -> None:
    """Its value is that of the new functions at the design that followed."""
    designs = []
    found = by_mma(stages=POWERS, per_stage=3, change=0.0, callback=lambda x, record: designs.append(x))
    for record, x in zip(found.history.records, designs, strict=True):
        assert record.value == pytest.approx(float(springs(x, POWERS[record.stage])), rel=1e-12)
    np.testing.assert_allclose(np.abs(designs[3] - designs[2]).max(), found.history.change[2])


def test_a_stage_forgets_what_was_learnt_of_other_functions() -> None:
    """It is the run that begins at its first design, to the bit."""
    designs = []
    found = by_mma(stages=[3.0, 1.0], per_stage=5, change=0.0, callback=lambda x, record: designs.append(x))
    alone = optimize.mma(
        springs, designs[5], [material], lower=0.01, upper=1.0, stages=[1.0], per_stage=5, change=0.0
    )  # fmt: skip
    np.testing.assert_array_equal(found.x, alone.x)
    np.testing.assert_array_equal(found.history.residual[5:], alone.history.residual)


def test_stagnation_looks_at_one_stage() -> None:
    """Ten iterations that stand still, in two stages, are none."""
    still = {"change": 0.0, "stagnation": 1.0, "motion": optimize.Motion(move=0.001)}
    assert len(by_mma(stages=POWERS, per_stage=6, **still).history) == 18
    assert len(by_mma(stages=POWERS, per_stage=12, **still).history) == 30


def test_numbers_of_a_stage_have_any_form() -> None:
    def objective(x: Any, stage: Any) -> Any:
        return ((x - stage["goal"]) ** 2).sum() * stage["weights"][0]

    goals = [np.array([0.2, 0.4]), np.array([0.6, 0.8])]
    found = optimize.gcmma(
        objective, [0.5, 0.5], lower=0.0, upper=1.0, change=1e-3,
        stages=[{"goal": goal, "weights": (1, 2.0)} for goal in goals],
    )  # fmt: skip
    np.testing.assert_allclose(found.x, goals[1], atol=1e-2)


@pytest.mark.parametrize("name", ALL)
def test_the_callback_stops_all_stages(name: str) -> None:
    found = ALL[name](stages=POWERS, per_stage=4, change=0.0, callback=lambda x, record: record.iteration == 2)
    assert len(found.history) == 3
    assert found.reason == "the callback asked for it"


def test_only_the_start_is_told_to_be_infeasible() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = optimize.mma(
            lambda x, least: x.sum(), [0.5, 0.5], [lambda x, least: least - x], lower=0.0, upper=1.0,
            stages=[0.2, 0.6], per_stage=40, change=1e-5,
        )  # fmt: skip
    np.testing.assert_allclose(found.x, 0.6, rtol=1e-4)


@pytest.mark.parametrize("name", OURS)
def test_a_run_cut_anywhere_is_the_same_to_the_last_bit(name: str, tmp_path: Path) -> None:
    options = {"stages": POWERS, "per_stage": 3, "change": 0.0}
    whole = OURS[name](**options)
    for cut in range(1, 9):
        path = tmp_path / f"{cut}.npz"
        OURS[name](**options, max_iterations=cut, checkpoint=path)
        resumed = OURS[name](**options, checkpoint=path)
        for column in ("value", "constraints", "change", "residual", "stage"):
            np.testing.assert_array_equal(getattr(resumed.history, column), getattr(whole.history, column))
        np.testing.assert_array_equal(resumed.x, whole.x)
        assert resumed.reason == whole.reason


@pytest.mark.parametrize(
    ("stages", "what"),
    [
        ([1.0, 2.0, 4.0], "its stages differs"),
        ([1.0, 2.0], "its stages differs"),
        ([{"power": power} for power in POWERS], "its numbers of a stage differs"),
        (None, "its stages differs"),
    ],
)
def test_a_checkpoint_with_other_stages_is_refused_by_name(stages: Any, what: str, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    by_mma(stages=POWERS, max_iterations=2, checkpoint=path)
    kept = path.read_bytes()
    with pytest.raises(errors.OptimizationError, match=f"another problem: {what}"):
        optimize.mma(
            lambda x, stage=1.0: springs(x, stage["power"] if isinstance(stage, dict) else stage), [0.5] * 3,
            [lambda x, stage=1.0: material(x, 1.0)], lower=0.01, upper=1.0, stages=stages, checkpoint=path,
        )  # fmt: skip
    assert path.read_bytes() == kept


@pytest.mark.parametrize("name", ["mma", "scipy"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stages": []}, "there is no stage.*\n.*\n +got: +stages = \\[\\]"),
        ({"stages": 2.0}, "there is no stage.*\n.*\n +got: +stages = 2.0"),
        ({"stages": {"power": 2.0}}, "there is no stage.*\n.*\n +got: +stages = {'power': 2.0}"),
        ({"stages": [None, 1.0]}, "a stage without numbers.*\n.*\n +got: +stages\\[0\\] = None"),
        ({"stages": [1.0, "steep"]}, "real numbers.*\n.*\n +got: +'steep' in stages\\[1\\]"),
        ({"stages": [1.0, 2.0j]}, "real numbers.*\n.*\n +got: +2j in stages\\[1\\]"),
        ({"stages": [1.0, np.inf]}, "a stage is not finite.*\n.*\n +got: +inf in stages\\[1\\]"),
        ({"stages": [1.0, [2.0, 3.0]]}, "not alike.*\n.*\n +got: +\\[0\\] of shape \\(\\), .* in stages\\[1\\]"),
        ({"stages": [np.ones(2), np.ones(3)]}, "not alike.*\n.*\n +got: +an array of shape \\(3,\\) in stages\\[1\\]"),
        ({"stages": [{"beta": 1.0}, {"eta": 1.0}]}, "not alike\n.*\\['beta'\\].*\n +got: +\\['eta'\\] of shape \\(\\)"),
        ({"stages": POWERS, "per_stage": 0}, "per_stage is no number of iterations.*\n.*\n +got: +per_stage = 0"),
        ({"stages": POWERS, "per_stage": 2.5}, "per_stage is no number of iterations.*\n.*\n +got: +per_stage = 2.5"),
        ({"stages": POWERS, "max_iterations": 0}, "max_iterations is no number.*\n.*\n +got: +max_iterations = 0"),
        ({"per_stage": 5}, "per_stage without stages.*\n.*\n +got: +per_stage = 5"),
    ],
)
def test_what_is_no_stage_is_told(name: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(errors.OptimizationError, match=f"(?m){words}"):
        ALL[name](**options)


@pytest.mark.parametrize("name", ["objective", "constraint"])
def test_a_function_without_the_numbers_is_told(name: str) -> None:
    functions = {"objective": springs, "constraint": material} | {name: lambda x: x.sum()}
    who = {"objective": "the objective", "constraint": r"constraints\[0\]"}[name]
    with pytest.raises(errors.OptimizationError, match=rf"{who} does not take .*\n.*\n +got: +a function of \(x\)"):
        optimize.mma(functions["objective"], [0.5] * 3, [functions["constraint"]], lower=0.01, upper=1.0, stages=POWERS)


@jax.custom_vjp
def doubtful(x: Any, power: Any) -> Any:
    """Has a gradient that is right for the power 2 alone."""
    return (x**power).sum()


doubtful.defvjp(lambda x, power: (doubtful(x, power), x), lambda x, bar: (2 * x * bar, None))


def test_gradients_are_checked_in_the_first_stage() -> None:
    options = {"lower": 0.0, "upper": 1.0, "per_stage": 1, "check_gradients": True}
    optimize.mma(doubtful, [0.4, 0.5], stages=[2.0, 3.0], **options)
    with pytest.raises(errors.OptimizationError, match="the gradient of the objective is wrong"):
        optimize.mma(doubtful, [0.4, 0.5], stages=[3.0, 2.0], **options)


def test_an_audit_takes_a_stage() -> None:
    assert optimize.audit(doubtful, [0.4, 0.5], stage=2.0).passed
    assert not optimize.audit(doubtful, [0.4, 0.5], stage=3.0).passed
    with pytest.raises(errors.OptimizationError, match="a stage is not finite"):
        optimize.audit(doubtful, [0.4, 0.5], stage=np.nan)
