"""Guards: a step towards a design that must not be evaluated is cut back, told, and the same after a resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
optimize = require("fem.optimize")
errors = require("fem.errors")

TARGET = np.array([0.9, 0.8])


def distance(x: Any) -> Any:
    return ((x - TARGET) ** 2).sum()


def wall(limit: float) -> Any:
    """Nothing is evaluated where the first variable is larger."""
    return lambda x: f"x[0] = {x[0]:.4g} is too much" if x[0] > limit else None


def near(x: Any) -> Any:
    """Grows with both, as a volume does."""
    return x.sum() - 1.9


def by_oc(**options: Any) -> Any:
    return optimize.oc(lambda x: (1 / x).sum(), [0.2, 0.2], near, upper=1.0, **options)


def by_mma(**options: Any) -> Any:
    return optimize.mma(distance, [0.2, 0.2], lower=0.0, upper=1.0, **options)


def by_gcmma(**options: Any) -> Any:
    return optimize.gcmma(distance, [0.2, 0.2], lower=0.0, upper=1.0, **options)


METHODS = {"oc": by_oc, "mma": by_mma, "gcmma": by_gcmma}


def seen(method: Any, limit: float, **options: Any) -> Any:
    """Run with a wall; the designs that were evaluated, and the error that ended it, if one did."""
    designs: list[Any] = []
    fault = None
    try:
        method(guard=wall(limit), change=0.0, callback=lambda x, _: designs.append(x.copy()), **options)
    except errors.OptimizationError as error:
        fault = error
    return np.array(designs), fault


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.filterwarnings("ignore:iteration")
def test_no_design_behind_the_wall_is_evaluated(name: str) -> None:
    designs, _ = seen(METHODS[name], 0.51, max_iterations=12)
    assert designs[:, 0].max() <= 0.51
    assert designs[-1, 0] > 0.45


@pytest.mark.filterwarnings("ignore:iteration")
def test_trials_of_the_globally_convergent_method_stay_before_the_wall() -> None:
    inside: list[bool] = []

    def told(x: Any) -> Any:
        jax.debug.callback(lambda x: inside.append(bool(x[0] <= 0.51)), x)
        return distance(x)

    optimize.gcmma(told, [0.2, 0.2], lower=0.0, upper=1.0, guard=wall(0.51), max_iterations=8, change=0.0)
    jax.effects_barrier()
    assert len(inside) > 8 and all(inside)


@pytest.mark.parametrize("name", METHODS)
def test_the_first_cut_is_told_and_all_are_in_the_history(name: str) -> None:
    with pytest.warns(UserWarning, match=r"iteration \d+: the step is cut to 0\.\d+ of what .* where x\[0\]") as told:
        found = METHODS[name](guard=wall(0.51), max_iterations=9, change=0.0)
    assert len(told) == 1
    assert told[0].filename == __file__
    step, first = found.history.step, int(str(told[0].message).split()[1].rstrip(":"))
    assert (step[:first] == 1).all() and step[first] < 1
    assert set(np.log2(step)) <= set(range(-20, 1))


def test_a_cut_is_the_largest_half_that_the_guard_lets_pass() -> None:
    free = by_mma(max_iterations=2, change=0.0)
    start, proposed = 0.2, free.x[0]
    with pytest.warns(UserWarning, match="cut to 0.25 of"):
        cut = by_mma(guard=wall(start + 0.4 * (proposed - start)), max_iterations=2, change=0.0)
    assert cut.history.step.tolist() == [1.0, 0.25]
    np.testing.assert_allclose(cut.x[0], start + 0.25 * (proposed - start), rtol=1e-14)
    assert cut.history.change[0] == free.history.change[0]  # what was proposed


@pytest.mark.filterwarnings("ignore:iteration")
def test_a_cut_step_does_not_count_as_convergence() -> None:
    with pytest.raises(errors.OptimizationError, match="no step can be made"):
        by_mma(guard=wall(0.51), change=0.01, max_iterations=200)


@pytest.mark.filterwarnings("ignore:iteration")
def test_where_no_step_can_be_made_it_is_said_and_what_was_found_is_kept() -> None:
    designs, fault = seen(by_mma, 0.51, max_iterations=200)
    assert "no step can be made" in str(fault) and "x[0] = 0.51 is too much, after a millionth of the step" in str(
        fault
    )
    assert fault.result.x[0] == pytest.approx(0.51, abs=1e-5)
    assert (fault.result.x == designs[-1]).all() and len(fault.result.history) == len(designs)


@pytest.mark.filterwarnings("ignore:iteration")
@pytest.mark.parametrize("name", METHODS)
def test_a_run_that_was_cut_is_resumed_to_the_same_bits(name: str, tmp_path: Path) -> None:
    options = {"guard": wall(0.51), "change": 0.0}
    whole = METHODS[name](max_iterations=9, **options)
    first = METHODS[name](max_iterations=6, checkpoint=tmp_path / "run.npz", **options)
    assert (first.history.step < 1).any() and (whole.history.step[6:] < 1).any()
    resumed = METHODS[name](max_iterations=9, checkpoint=tmp_path / "run.npz", **options)
    assert (resumed.x == whole.x).all()
    assert (resumed.history.step == whole.history.step).all()


def test_a_guard_that_is_never_needed_changes_no_bit() -> None:
    plain, guarded = by_mma(max_iterations=6), by_mma(max_iterations=6, guard=lambda x: None)
    assert (plain.x == guarded.x).all()
    assert (guarded.history.step == 1).all()


def test_a_guard_sees_the_design_in_its_shape() -> None:
    shapes: list[Any] = []
    optimize.mma(
        lambda x: (x**2).sum(), np.full((2, 3), 0.5), lower=0.0, upper=1.0, max_iterations=2,
        guard=lambda x: shapes.append(x.shape),
    )  # fmt: skip
    assert set(shapes) == {(2, 3)}


def test_a_start_that_the_guard_refuses_is_refused() -> None:
    with pytest.raises(errors.OptimizationError, match=r"guard refuses the start(.|\n)*got: +x\[0\] = 0.2 is too much"):
        by_mma(guard=wall(0.1))


@pytest.mark.parametrize("answer", [True, False, 0.3, np.True_])
def test_a_guard_that_says_nothing_in_words_is_refused(answer: Any) -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +(True|False|0.3|np.True_)"):
        by_mma(guard=lambda x: answer)


@pytest.mark.filterwarnings("ignore:iteration")
def test_a_constraint_that_is_flat_at_the_start_is_tried_at_designs_that_the_guard_lets_pass() -> None:
    tried: list[bool] = []

    def flat_at_start(x: Any) -> Any:
        jax.debug.callback(lambda x: tried.append(bool(x[0] <= 0.21)), x)
        return ((x - 0.2) ** 2).sum() - 1.0

    found = optimize.mma(
        distance, [0.2, 0.2], [flat_at_start], lower=0.0, upper=1.0, max_iterations=1, guard=wall(0.21)
    )
    jax.effects_barrier()
    assert len(found.history) == 1 and len(tried) > 1 and all(tried)
