"""What can go wrong in a run, found after it and raised with four lines, eagerly and in compiled programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from sparsead.errors import (
    NonFiniteError,
    ReverseMissError,
    ShapeError,
    SparseADError,
    StepLimitError,
    StepSizeError,
)
from sparsead.transient.reports.reporting import checked
from sparsead.transient.steps.grid import NOT_INCREASING, TOO_MANY, TOO_SMALL


class Naming(NamedTuple):
    """What a user calls the parts of a run, for messages.

    Attributes
    ----------
    name : callable
        Name of row i of what is carried.
    functions : str
        What may give numbers that are not finite.
    said : callable
        From an error to the error to raise.
    """

    name: Callable[[int], str]
    functions: str = "f"
    said: Callable[[SparseADError], SparseADError] = lambda error: error


def guarded(problem: Any, out: Any, end: Any, u0: Any, data: Any, controls: Any, naming: Naming) -> Any:
    """Return the states as they are; raise if the run failed.

    Parameters
    ----------
    problem, u0, data, controls
        The run.
    out : array, shape (m, n)
        Its states.
    end : Progress
        Its end.
    naming : Naming
        Names for the message.

    Raises
    ------
    NonFiniteError
        If a step gave NaN or infinity.
    StepSizeError
        If no step meets the tolerance.
    StepLimitError
        If the steps did not suffice.
    ShapeError
        If the times do not increase.
    """
    good = _succeeded(*lax.stop_gradient((end.status, out)))
    end, *frozen = lax.stop_gradient((end, u0, data, controls))
    return checked(out, good, lambda: _facts(problem, end, *frozen), lambda *facts: _say(naming, problem, *facts))


@jax.jit
def _succeeded(status: Any, out: Any) -> Any:
    return (status == 0) & jnp.isfinite(out).all()


def _facts(problem: Any, end: Any, u0: Any, data: Any, controls: Any) -> tuple[Any, ...]:
    """Status, number of accepted steps, time, step size, first component that is not finite or -1, its value."""
    if problem.grid.adaptive:
        # f may be bad at the last good time, or only beyond it: then no step gets further.
        here, beyond = (problem.scheme.probe(data, _real(end, t), end.u) for t in (end.t, end.t + end.h))
        t = jnp.where(jnp.isfinite(here).all(), end.t + end.h, end.t)
        slope = jnp.where(jnp.isfinite(here).all(), beyond, here)
        bad = ~jnp.isfinite(slope)
        where, value, h = jnp.argmax(bad), slope, end.h
        t = jnp.where(bad.any(), t, end.t)
        status, steps = end.status, end.accepted
    else:
        first = _first_bad(problem, u0, data, controls)
        bad, value = ~jnp.isfinite(first.u), first.u
        where, steps, h, status = jnp.argmax(bad), first.accepted, controls.h, end.status
        t = controls.times[0] + steps * controls.h
    component = jnp.where(bad.any(), where, -1)
    return status, steps, t, h, component, value[where]


def _real(end: Any, t: Any) -> Any:
    return t.astype(jnp.finfo(end.u.dtype).dtype)


def _first_bad(problem: Any, u0: Any, data: Any, controls: Any) -> Any:
    grid, scheme = problem.grid, problem.scheme
    goal = controls.counts[-1]
    return lax.while_loop(
        lambda p: grid.going(p, goal) & jnp.isfinite(p.u).all(),
        lambda p: grid.advance(scheme, data, controls, goal, p),
        grid.begin(scheme, data, u0, controls),
    )


def _say(naming: Naming, problem: Any, *facts: Any) -> None:
    try:
        _raise(naming, problem, *facts)
    except SparseADError as error:
        raise naming.said(error) from None


def _raise(naming: Naming, problem: Any, status: Any, steps: Any, t: Any, h: Any, component: Any, value: Any) -> None:
    """Raise what these facts say; nothing if a dead lane of a batch asks."""
    status, steps, component = int(status), int(steps), int(component)
    adaptive = problem.grid.adaptive
    if status == NOT_INCREASING:
        raise ShapeError(
            "times do not increase",
            expected="t[0] < t[1] < ...",
            got="times inside a compiled program that stay equal or go back",
            fix="sort them; to go back in time integrate -f(-s, u, params) over s = -t",
        )
    if status == TOO_MANY:
        raise StepLimitError(
            "the steps do not suffice",
            expected=f"the last time within max_steps={problem.grid.capacity} steps, rejected ones counted",
            got=f"t = {float(t):.9g} after {steps} accepted steps, the next would be h = {float(h):.3g}",
            fix="pass a larger max_steps, a looser rtol and atol, or an implicit method if the problem is stiff",
            steps=steps,
        )
    if component >= 0:
        what = "slope" if adaptive else "state"
        raise NonFiniteError(
            f"a step gives a {what} that is not finite",
            expected=f"a finite {what} in every step",
            got=f"{naming.name(component)} = {value} "
            + (f"in {naming.functions} at t = {float(t):.9g}" if adaptive else "")
            + f"{'' if adaptive else 'at t = ' + format(float(t), '.9g')}, step {steps}, h = {float(h):.3g}",
            fix=f"look at {naming.functions} there (0/0, logarithm or root of a negative number), "
            "or take smaller steps",
            index=component,
            step=steps,
        )
    if status == TOO_SMALL:
        raise StepSizeError(
            "no step meets the tolerance",
            expected="an error below rtol and atol with a step that changes t",
            got=f"h = {float(h):.3g} at t = {float(t):.9g}, after {steps} accepted steps",
            fix=f"pass a looser rtol or atol, integrate up to a jump of {naming.functions} and start again there, "
            "or use float64",
            step=steps,
        )


def missed(bar: Any, miss: Any, j: Any, times: Any, limit: float) -> Any:
    """Return the cotangents as they are; raise if the reversed trajectory missed by more than the limit.

    Raises
    ------
    ReverseMissError
        If it did.
    """

    def report(miss: Any, t: Any) -> None:
        if not miss <= limit:
            raise ReverseMissError(
                "the trajectory integrated backwards does not come back",
                expected=f"every stored state again, to {limit:g} times the tolerance",
                got=f"a miss of {float(miss):.3g} times the tolerance at t = {float(t):.9g}"
                + ("" if np.isfinite(miss) else ": it diverged, or took more than max_steps"),
                fix='use gradient="aca", which keeps the states; or ask for more times between, or tighter tolerances',
                miss=float(miss),
            )

    facts = lax.stop_gradient((miss, jnp.asarray(times)[j]))
    return checked(bar, facts[0] <= limit, lambda: facts, report)
