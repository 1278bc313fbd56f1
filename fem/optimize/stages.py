"""Stages: functions of a design and of numbers that change from stage to stage, compiled once for all of them.

A steep projection or a strong penalty makes a problem with many minima; raised step by step, each stage begins near a
good one. A stage is a run of its own that begins where the one before ended: its tolerances and its budget look at its
own iterations, and the method forgets what it learnt of other functions. So the stage of the next iteration follows
from the history alone, and a run that goes on from a file goes on in the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import numpy as np
from numpy.typing import ArrayLike

from fem.errors import OptimizationError
from fem.optimize.history import History
from fem.optimize.limits import Limits, check_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

Numbers: TypeAlias = ArrayLike | Mapping[str, "Numbers"] | Sequence["Numbers"]

_MOST, _EACH = 200, 50  # iterations of a run without stages, and of a stage


@dataclass(frozen=True, eq=False)
class Stages:
    """What functions take beside the design, stage by stage, and when a stage and the run are over.

    Parameters
    ----------
    arguments : tuple of tuples
        Further arguments of all functions in each stage; of a run without stages one stage of none.
    limits : Limits
        When a stage is over.
    most : int
        Iterations at most, of all stages together.
    """

    arguments: tuple[tuple[Any, ...], ...]
    limits: Limits
    most: int

    def following(self, history: History) -> int:
        """Return the stage of the next iteration."""
        if not len(history):
            return 0
        return history[-1].stage + (self.limits.verdict(within_stage(history)) is not None)

    def verdict(self, history: History) -> tuple[bool, str] | None:
        """Return whether the run converged and why to stop, in words; None to go on."""
        following, stages = self.following(history), len(self.arguments)
        ended = self.limits.verdict(within_stage(history)) if following == stages else None
        if ended is not None and stages > 1:
            return ended[0], f"{ended[1]}, in the last of {stages} stages"
        if ended is None and len(history) >= self.most:
            return False, self.spent(history)
        return ended

    def spent(self, history: History) -> str:
        """Return why a run stops before its last stage, in words."""
        stage, last = history[-1].stage, len(self.arguments) - 1
        return f"{self.most} iterations were allowed, which end in stage {stage}; the last is {last}"

    def identity(self) -> dict[str, NDArray[Any]]:
        """Return what must be the same for a run to go on from a file, by name."""
        paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(self.arguments[0])]
        rows = [np.concatenate([np.zeros(0), *map(np.ravel, jax.tree.leaves(each))]) for each in self.arguments]
        return {"stages": np.array(rows), "numbers of a stage": np.array(paths, dtype=str)}


def within_stage(history: History) -> History:
    """Return the iterations of the newest stage."""
    return History([record for record in history.records if record.stage == history[-1].stage])


def plan(
    stages: Sequence[Numbers] | None,
    per_stage: int | None,
    max_iterations: int | None,
    change: float,
    residual: float,
    stagnation: float,
) -> Stages:
    """Return the stages of a run.

    Parameters
    ----------
    stages : sequence of pytrees of numbers, or None
        One for each stage.
    per_stage, max_iterations : int or None
        Iterations at most, in each stage and in all; None for 50 and for as many as that allows, without stages 200.
    change, residual, stagnation : float
        Tolerances, as of `Limits`.

    Raises
    ------
    OptimizationError
        If a count or a tolerance is none, there is no stage, or stages are not finite or not alike.
    """
    if stages is None:
        if per_stage is not None:
            raise OptimizationError(
                "per_stage without stages", expected="stages=[...], the numbers of each stage",
                got=f"per_stage = {per_stage!r}", fix="max_iterations bounds a run without stages",
            )  # fmt: skip
        most = _MOST if max_iterations is None else max_iterations
        return Stages(((),), Limits(most, change, residual, stagnation), most)
    each = _EACH if per_stage is None else per_stage
    check_count("per_stage", each)
    arguments = tuple((numbers,) for numbers in _alike(stages))
    most = len(arguments) * each if max_iterations is None else max_iterations
    check_count("max_iterations", most)
    return Stages(arguments, Limits(each, change, residual, stagnation), most)


def numbers_of(stage: Numbers, name: str) -> Any:
    """Return the numbers of a stage as float arrays, in the form in which they came.

    Parameters
    ----------
    stage : pytree of numbers
        A number, an array, or a dict, tuple or list of them.
    name : str
        What an error calls it.

    Raises
    ------
    OptimizationError
        If there is no number in it, or something else, or one that is not finite.
    """
    leaves, form = jax.tree.flatten(stage)
    if not leaves:
        raise _refused("a stage without numbers", "a number, an array, or a dict of them", f"{name} = {stage!r}")
    arrays = [np.asarray(leaf) for leaf in leaves]
    for leaf, array in zip(leaves, arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise _refused("a stage is made of real numbers", "numbers and arrays of them", f"{leaf!r} in {name}")
        if not np.isfinite(array).all():
            raise _refused("a stage is not finite", "finite numbers", f"{leaf!r} in {name}")
    return jax.tree.unflatten(form, [array.astype(float) for array in arrays])


def _alike(stages: Sequence[Numbers]) -> list[Any]:
    """The numbers of all stages; what differs in form would have to be compiled anew."""
    try:
        given = list(stages)
    except TypeError:
        given = []
    if not given or isinstance(stages, str | Mapping):
        raise _refused("there is no stage", "a list with the numbers of each stage", f"stages = {stages!r}")
    found = [numbers_of(stage, f"stages[{i}]") for i, stage in enumerate(given)]
    for i, numbers in enumerate(found):
        if (form := _form(numbers)) != _form(found[0]):
            raise _refused("stages are not alike", f"{_form(found[0])}, as stages[0]", f"{form} in stages[{i}]")
    return found


def _form(numbers: Any) -> str:
    """Names and shapes, in words."""
    leaves = jax.tree_util.tree_leaves_with_path(numbers)
    return ", ".join(f"{jax.tree_util.keystr(path) or 'an array'} of shape {np.shape(leaf)}" for path, leaf in leaves)


def _refused(what: str, expected: str, got: str) -> OptimizationError:
    return OptimizationError(
        what, expected=expected, got=got, fix="for example stages=[1.0, 2.0, 4.0], of functions f(x, beta)"
    )
