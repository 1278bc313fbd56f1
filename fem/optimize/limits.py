"""When a run stops, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fem.errors import OptimizationError

if TYPE_CHECKING:
    from fem.optimize.history import History

_WINDOW = 10  # iterations over which a run that stagnates is told from one that pauses


@dataclass(frozen=True)
class Limits:
    """When to stop.

    Parameters
    ----------
    max_iterations : int
        Designs evaluated at most.
    change : float
        Stop when no variable changes by more.
    residual : float
        Stop when the KKT residual is not larger.
    stagnation : float
        Stop when in ten iterations the objective moved by no more than this part of itself, and no constraint by more
        than this; 0 for never.

    Raises
    ------
    OptimizationError
        If there is no iteration, or a tolerance is negative or no number.
    """

    max_iterations: int
    change: float
    residual: float
    stagnation: float = 0.0

    def __post_init__(self) -> None:
        check_count("max_iterations", self.max_iterations)
        for name in ("change", "residual", "stagnation"):
            if not getattr(self, name) >= 0:
                raise OptimizationError(
                    f"{name} is no tolerance", expected=f"{name} >= 0", got=f"{name} = {getattr(self, name)!r}",
                    fix="0 never stops the run for this reason",
                )  # fmt: skip

    def within(self, left: int) -> Limits:
        """Return the same tolerances, and no more iterations than are left."""
        return replace(self, max_iterations=min(self.max_iterations, left))

    def verdict(self, history: History) -> tuple[bool, str] | None:
        """Return whether it converged and why to stop, in words; None to go on."""
        if not len(history):
            return None
        last = history[-1]
        if last.residual <= self.residual:
            return True, f"the KKT residual is {last.residual:.3g}, at most {self.residual:g}"
        if last.change <= self.change:
            return True, f"no variable changes by more than {last.change:.3g}, at most {self.change:g}"
        if self.stagnation and len(history) >= _WINDOW and (moved := _moved(history)) <= self.stagnation:
            return True, (
                f"it stagnates: in {_WINDOW} iterations objective and constraints moved by {moved:.3g}, "
                f"at most {self.stagnation:g}"
            )
        if len(history) >= self.max_iterations:
            return False, f"{len(history)} iterations were allowed"
        return None


def check_count(name: str, value: object) -> None:
    """Refuse what is no number of iterations.

    Raises
    ------
    OptimizationError
        If it is no whole number, or less than 1.
    """
    if not (isinstance(value, int | np.integer) and value > 0):
        raise OptimizationError(
            f"{name} is no number of iterations", expected="a whole number, 1 or more", got=f"{name} = {value!r}",
            fix="leave it out for the default",
        )  # fmt: skip


def check_called(name: str, function: object) -> None:
    """Refuse what cannot be called; None is an option that was left out.

    Raises
    ------
    OptimizationError
        If it is no function.
    """
    if not (function is None or callable(function)):
        raise OptimizationError(
            f"{name} is no function", expected="a function of the design", got=f"{name} = {function!r}",
            fix="pass the function itself, without calling it",
        )  # fmt: skip


def _moved(history: History) -> float:
    """How far the objective moved in the window, as a part of itself, or a constraint, as it is."""
    records = history.records[-_WINDOW:]
    values = np.array([record.value for record in records])
    constraints = np.array([record.constraints for record in records])
    return max(
        float(np.ptp(values)) / (float(np.abs(values).max()) or 1.0),
        float(np.ptp(constraints, axis=0).max(initial=0.0)),
    )
