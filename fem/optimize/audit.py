"""Audit of derivatives: against differences, forward against reverse, what they cost, and a verdict in words."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import sparsead
from fem.errors import OptimizationError
from fem.optimize.evidence import OPEN, RIGHT, WRONG, Evidence, judged
from fem.optimize.faults import names, not_finite
from fem.optimize.lines import direction_within, most_wrong, slopes
from fem.optimize.problem import Problem
from fem.optimize.stages import numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from fem.optimize.problem import Function
    from fem.optimize.stages import Numbers

    Array = NDArray[np.float64]

_DIRECTIONS = 2
_NEARBY = 1e-7  # of the direction: a design whose matrices nobody has factorized


class Cost(NamedTuple):
    """What an evaluation took.

    Attributes
    ----------
    factorizations, solves : int
        Matrices factorized, and calls of a solver with factors.
    """

    factorizations: int
    solves: int

    def __str__(self) -> str:
        return " and ".join(
            f"{count} {name}" + "s" * (count != 1) for count, name in zip(self, ("factorization", "solve"), strict=True)
        )


@dataclass(frozen=True)
class Check:
    """What was found of one function, along the direction where it agrees least.

    Attributes
    ----------
    name : str
        "the objective" or "constraint i".
    verdict : str
        "right", "wrong" or "cannot tell".
    why : str
        In words.
    gradient : float
        Derivative along the direction, by reverse mode: what optimizers use.
    differences, bound : float
        The same by differences, and the bound of their error.
    forward : float or None
        The same by forward mode; None where a function has none.
    """

    name: str
    verdict: str
    why: str
    gradient: float
    differences: float
    bound: float
    forward: float | None

    def __str__(self) -> str:
        return f"{self.name}: {self.verdict}; {self.why}"


@dataclass(frozen=True)
class Audit:
    """The report of `audit`; printed, it is a few lines of text.

    Attributes
    ----------
    checks : tuple of Check
        One for each function, the objective first.
    value, gradients : Cost
        What all values took, and all values with all gradients.
    """

    checks: tuple[Check, ...]
    value: Cost
    gradients: Cost

    @property
    def verdict(self) -> str:
        """One sentence."""
        for kind, words in (
            (WRONG, "wrong gradients: "),
            (OPEN, "no wrong gradient was found, but nothing is known of "),
        ):
            if found := [check.name for check in self.checks if check.verdict == kind]:
                return words + ", ".join(found)
        return "all gradients are right"

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong; what cannot be told passes."""
        return all(check.verdict != WRONG for check in self.checks)

    def __str__(self) -> str:
        costs = f"values take {self.value}, with all gradients {self.gradients}"
        return "\n".join([*map(str, self.checks), costs, f"verdict: {self.verdict}"])


def audit(
    objective: Function,
    x: ArrayLike,
    constraints: Sequence[Function] = (),
    *,
    lower: ArrayLike = -np.inf,
    upper: ArrayLike = np.inf,
    stage: Numbers | None = None,
) -> Audit:
    """Check the gradients of an objective and of constraints at a design, and say what they cost.

    Along two random directions each gradient is compared with extrapolated differences, whose error has a bound, and
    with forward mode, to which reverse mode is paired exactly: ⟨w, J v⟩ = ⟨Jᵀ w, v⟩. The value that comes with the
    gradient must be the value without. Twelve designs are evaluated for each direction, for all functions together, and
    some more where a gradient is wrong, to name a variable.

    Parameters
    ----------
    objective : callable
        From a design, of the shape of `x`, to a real number, in `jax.numpy`.
    x : array, any shape
        Where; best no special design, such as one of symmetry.
    constraints : sequence of callables
        From a design to a real number, or a vector of them.
    lower, upper : array, shape () or that of x
        No design outside is evaluated; variables at a bound are not moved, and so not checked.
    stage : number, array, or a dict, tuple or list of them, optional
        Second argument of functions that are made for stages: the numbers of one of them.

    Returns
    -------
    Audit
        Its ``verdict`` is a sentence, ``passed`` whether nothing is wrong; printed it tells all.

    Raises
    ------
    OptimizationError
        If a value or gradient at the design is not finite, the design is out of bounds, or the stage has no numbers.

    References
    ----------
    C. J. F. Ridders, "Accurate computation of F'(x) and F'(x) F''(x)", Advances in Engineering Software 4, 1982,
    doi:10.1016/S0141-1195(82)80057-0.

    Examples
    --------
    A gradient that somebody wrote by hand.

    >>> import jax, fem
    >>> jax.config.update("jax_enable_x64", True)
    >>> @jax.custom_vjp
    ... def energy(x):
    ...     return (x**4).sum()
    >>> energy.defvjp(lambda x: (energy(x), x), lambda x, e_bar: (e_bar * 4 * x**3 + jax.numpy.array([0.0, 1.0, 0.0]),))
    >>> report = fem.optimize.audit(energy, [1.0, 2.0, 3.0])
    >>> report.verdict
    'wrong gradients: the objective'
    >>> print(report.checks[0].why.split("; ")[1])
    most wrong is variable 1: the gradient says 33, differences 32
    """
    problem = Problem(objective, constraints, x, lower, upper)
    if stage is not None:
        problem.enter((numbers_of(stage, "stage"),))
    return audit_problem(problem)


def audit_problem(problem: Problem) -> Audit:
    """Return the audit of a problem at its start; see `audit`."""
    x, rng = problem.start, np.random.default_rng(0)
    point, alone = problem.evaluate(x), _flat(*problem.values(x))
    if fault := not_finite(point, 0):
        raise fault
    found: list[list[Check]] = [[] for _ in alone]
    for _ in range(_DIRECTIONS):
        direction = direction_within(problem, x, rng)
        by_differences, forward = slopes(problem, x, direction), problem.tangents(x, direction)
        for i, name in enumerate(names(len(point.constraints))):
            evidence = Evidence(
                name, _flat(point.value, point.constraints)[i], alone[i], (point.slope, *point.jacobian)[i], direction,
                by_differences.derivative[i], by_differences.bound[i], by_differences.jump[i],
                None if forward is None else forward[i],
            )  # fmt: skip
            found[i].append(_check(problem, i, evidence))
    worst_first = [WRONG, OPEN, RIGHT]
    checks = tuple(min(each, key=lambda check: worst_first.index(check.verdict)) for each in found)
    moved = _NEARBY * direction
    return Audit(checks, _cost(lambda: problem.values(x + moved)), _cost(lambda: problem.evaluate(x - moved)))


def refuse_wrong(report: Audit) -> None:
    """Raise what an audit found wrong.

    Raises
    ------
    OptimizationError
        If a gradient is wrong.

    Warns
    -----
    UserWarning
        If of a gradient nothing is known.
    """
    for check in report.checks:
        if check.verdict == OPEN:
            warnings.warn(f"the gradient of {check.name} cannot be checked: {check.why}", stacklevel=4)
        if check.verdict == WRONG:
            raise OptimizationError(
                f"the gradient of {check.name} is wrong", expected="the derivative that differences give",
                got=check.why, fix="look at custom derivatives in it; print(fem.optimize.audit(...)) tells all",
            )  # fmt: skip


def _check(problem: Problem, i: int, e: Evidence) -> Check:
    """Judge function i along one direction."""
    verdict, why = judged(e)
    if verdict == WRONG:
        j = most_wrong(problem, problem.start, e.direction, e.gradient, i)
        single = np.where(np.arange(e.direction.size) == j, e.direction, 0.0)
        there = slopes(problem, problem.start, single).derivative[i] / e.direction[j]
        why += f"; most wrong is variable {j}: the gradient says {e.gradient[j]:.6g}, differences {there:.6g}"
    return Check(e.name, verdict, why, e.reverse, float(e.differences), float(e.bound), e.forward)


def _flat(value: float, constraints: Array) -> list[float]:
    return [value, *constraints.tolist()]


def _cost(evaluate: Callable[[], object]) -> Cost:
    before = sparsead.factor_cache.stats()
    evaluate()
    after = sparsead.factor_cache.stats()
    return Cost(after.factorizations - before.factorizations, after.solves - before.solves)
