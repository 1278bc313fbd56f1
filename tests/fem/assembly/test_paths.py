"""Load steps and arc length: closed forms of a shallow truss, derivatives of points of a path, faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.errors import NonFiniteError
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from tests.fem.elements.structures import assert_derivatives_agree, lines  # noqa: E402

SPAN, RISE, STIFFNESS = 2.0, 0.3, 2.1e7  # half the span and the rise in m, E A in N
TRUSS = fem.Space(lines([[-SPAN, 0.0], [0.0, RISE], [SPAN, 0.0]], [[0, 1], [1, 2]]), 2)
FEET = fem.fix(TRUSS, [0, 2])
DOWN = np.array([[0.0, 0.0], [0.0, -1.0], [0.0, 0.0]])  # N


def stretched(value: Any, gradient: Any, *, stiffness: Any) -> Any:
    """Energy of a bar in Green's strain, ``t . u' + u'.u' / 2``, along whatever direction t it has."""
    return stiffness / 2 * (jnp.trace(gradient) + (gradient**2).sum() / 2) ** 2


def truss(stiffness: Any = STIFFNESS, points: Any = None) -> fem.NonlinearOperator:
    space = TRUSS if points is None else TRUSS.at(points)
    return fem.elements.energy(space, stretched, stiffness=stiffness)


def force_of(sunk: Any, rise: float = RISE, stiffness: float = STIFFNESS) -> Any:
    """Closed form: 2 E A e sin(angle) of strain e = ((h - w)^2 - h^2) / (2 L^2), in Green's measure."""
    left, length = rise - sunk, np.hypot(SPAN, rise)
    return stiffness * (rise**2 - left**2) * left / length**3


LIMIT = float(force_of(RISE - RISE / np.sqrt(3)))


def test_load_steps_follow_the_closed_form_up_to_the_limit_point() -> None:
    factors = LIMIT * np.array([0.3, 0.7, 0.99, 0.5, -1.0])
    path = fem.load_steps(truss(), DOWN, FEET, factors=factors)
    np.testing.assert_array_equal(path.factors, factors)
    np.testing.assert_allclose(force_of(-path.states[:, 1, 1]), factors, rtol=1e-8)
    assert (-path.states[:3, 1, 1] < RISE - RISE / np.sqrt(3)).all()
    again = fem.solve_nonlinear(truss(), 0.7 * LIMIT * DOWN, FEET)
    np.testing.assert_allclose(path.states[1], again, atol=1e-10 * RISE)


def test_a_limit_point_is_named_with_the_load_that_was_reached() -> None:
    """The last part is a 64th of the step, so that the load reached is within one of the limit."""
    with pytest.raises(fem.errors.ConvergenceError, match=r"got: .*with 1 negative pivot\n") as caught:
        fem.load_steps(truss(), DOWN, FEET, factors=LIMIT * np.array([0.9, 1.1]))
    assert caught.value.step == 1
    reached = float(str(caught.value).split("load factor ")[2].split(",")[0])
    assert LIMIT * (1 - 0.2 / 64) - 1e-6 * LIMIT < reached <= LIMIT
    assert "fem.arc_length" in str(caught.value)


def test_arc_length_goes_through_both_limit_points() -> None:
    """Only the middle joint moves, and straight down, so that distances are what it sinks by."""
    lengths = np.full(24, 2.5 * RISE / 24)
    path = fem.arc_length(truss(), DOWN, FEET, lengths=lengths)
    sunk = np.cumsum(lengths)
    np.testing.assert_allclose(-path.states[:, 1, 1], sunk, atol=1e-8 * RISE)
    np.testing.assert_allclose(path.factors, force_of(sunk), atol=1e-7 * LIMIT)
    assert path.factors.max() > 0.99 * LIMIT
    assert path.factors.min() < -0.99 * LIMIT


def test_a_path_goes_on_and_comes_back() -> None:
    """Through the limit point, on from there, and unloaded by load steps from the branch behind both."""
    half = np.full(6, 2.2 * RISE / 12)
    first = fem.arc_length(truss(), DOWN, FEET, lengths=half)
    second = fem.arc_length(first.operator, DOWN, FEET, lengths=half, after=first)
    whole = fem.arc_length(truss(), DOWN, FEET, lengths=np.tile(half, 2))
    np.testing.assert_allclose(second.states, whole.states[6:], atol=1e-9)
    back = fem.load_steps(truss(), DOWN, FEET, factors=[0.0], after=second)
    np.testing.assert_allclose(back.states[0, 1], [0.0, -2 * RISE], atol=1e-8)


def test_snap_back_behind_a_spring() -> None:
    """The load hangs on a soft spring: its end comes back while the truss snaps through."""
    spring = 0.2 * STIFFNESS * RISE**2 / np.hypot(SPAN, RISE) ** 3
    mesh = lines([[-SPAN, 0.0], [0.0, RISE], [SPAN, 0.0], [0.0, RISE - 1.0]], [[0, 1], [1, 2], [1, 3]])
    space = fem.Space(mesh, 2)
    body = fem.elements.energy(space, stretched, stiffness=np.array([STIFFNESS, STIFFNESS, 0.0]))
    body = body + fem.elements.bar(space, young=np.array([0.0, 0.0, spring]), area=1.0)
    supports = [fem.fix(space, [0, 2]), fem.fix(space, [1, 3], 0)]
    load = np.zeros(space.shape)
    load[3, 1] = -1.0
    path = fem.arc_length(body, load, supports, lengths=np.full(40, 0.06))
    sunk, end = -path.states[:, 1, 1], -path.states[:, 3, 1]
    np.testing.assert_allclose(path.factors, force_of(sunk), atol=1e-7 * LIMIT)
    np.testing.assert_allclose(end, sunk + path.factors / spring, atol=1e-7)
    assert sunk[-1] > 2 * RISE
    assert np.diff(end).min() < -0.01


def test_prescribed_displacements_are_followed_through_the_limit_point() -> None:
    sunk = RISE * np.array([0.2, 0.6, 1.4])
    push = fem.prescribed(TRUSS, [1], -1.0, 1)
    path = fem.load_steps(truss(), np.zeros(TRUSS.shape), [FEET, push], factors=sunk)
    np.testing.assert_allclose(path.states[:, 1, 1], -sunk, rtol=1e-14)
    forces = [-truss().forces(state)[1, 1] for state in path.states]
    np.testing.assert_allclose(forces, force_of(sunk), rtol=1e-10)
    along = fem.arc_length(truss(), np.zeros(TRUSS.shape), [FEET, push], lengths=np.diff(sunk, prepend=0))
    np.testing.assert_allclose(along.factors, sunk, rtol=1e-9)


# ---------------------------------------------------------------- derivatives
PRIMALS = {
    "stiffness": np.array([1.0, 1.3]) * STIFFNESS,
    "points": np.array(TRUSS.mesh.points),
    "load": DOWN + np.array([[0.0, 0.0], [0.2, 0.0], [0.0, 0.0]]),
    "lift": np.array(1e-5),
    "lengths": np.array([0.1, 0.08, 0.12]) * RISE,
}


def number(p: dict[str, Any]) -> Any:
    """A number of all points of a path: of states and load factors, of size one."""
    supports = [fem.fix(TRUSS, [0]), fem.fix(TRUSS, [2], 0), fem.prescribed(TRUSS, [2], p["lift"], 1)]
    body = truss(p["stiffness"], p["points"])
    path = fem.arc_length(body, p["load"], supports, lengths=p["lengths"], tolerance=1e-13)
    weights = jnp.arange(1.0, 4.0)
    sizes = (weights[:, None] * path.states[:, 1] ** 2).sum() / RISE**2
    return sizes + (weights * path.factors**2).sum() / LIMIT**2


def test_derivatives_of_points_agree_with_differences() -> None:
    @jax.jit
    def derivatives(p: Any, d: Any) -> Any:
        return jax.jvp(jax.value_and_grad(number), (p,), (d,))

    assert_derivatives_agree(derivatives, PRIMALS, size=0.05, step=0.05, rtol=1e-7, gradient_rtol=1e-8, atol=1e-6)


def test_a_state_that_nobody_looks_at_costs_no_solve() -> None:
    """Of a truss that remembers nothing, the gradient of one state takes one factorization and one solve."""

    def second(stiffness: Any) -> Any:
        return fem.load_steps(truss(stiffness), DOWN, FEET, factors=LIMIT * np.array([0.2, 0.4, 0.6])).states[1, 1, 1]

    counts = []
    for program in (jax.jit(second), jax.jit(jax.value_and_grad(second))):
        sparsead.factor_cache.clear()
        jax.block_until_ready(program(STIFFNESS))
        stats = sparsead.factor_cache.stats()
        counts.append((stats.factorizations, stats.solves))
    factorizations, solves = np.subtract(*counts[::-1])
    assert factorizations <= 1
    assert solves == 1


def test_with_few_states_kept_a_gradient_is_the_same() -> None:
    """Five steps: twice two, and one. Forces are as the stiffness, where distances are given."""

    def product(stiffness: Any) -> Any:
        lengths = np.full(5, 0.15 * RISE)
        factors = fem.arc_length(truss(stiffness), DOWN, FEET, lengths=lengths, checkpoint="sqrt").factors
        return factors[-1] * factors[1]

    value, slope = jax.jit(jax.value_and_grad(product))(STIFFNESS)
    np.testing.assert_allclose(value, np.prod(force_of(0.15 * RISE * np.array([5, 2]))), rtol=1e-7)
    np.testing.assert_allclose(slope, 2 * value / STIFFNESS, rtol=1e-8)


# --------------------------------------------------------------------- faults
FAULTS: dict[str, tuple[Any, str]] = {
    "no factor": (lambda: fem.load_steps(truss(), DOWN, FEET, factors=[]), r"got: .*factors of shape \(0,\)"),
    "one number": (lambda: fem.load_steps(truss(), DOWN, FEET, factors=1.0), r"got: .*factors of shape \(\)"),
    "a factor that is none": (
        lambda: fem.load_steps(truss(), DOWN, FEET, factors=[1.0, np.nan]),
        r"got: .*factors\[1\] = nan",
    ),
    "a length of zero": (lambda: fem.arc_length(truss(), DOWN, FEET, lengths=[1.0, 0.0]), r"got: .*lengths\[1\] = 0"),
    "a linear operator": (
        lambda: fem.load_steps(fem.elements.mass(TRUSS), DOWN, FEET, factors=[1.0]),
        "got: .*Operator",
    ),
    "no iteration": (
        lambda: fem.arc_length(truss(), DOWN, FEET, lengths=[1.0], iterations=0),
        "got: .*iterations=0",
    ),
    "another checkpoint": (
        lambda: fem.load_steps(truss(), DOWN, FEET, factors=[1.0], checkpoint="disk"),
        "got: .*checkpoint='disk'",
    ),
    "no load": (lambda: fem.arc_length(truss(), 0 * DOWN, FEET, lengths=[1.0]), "got: .*a load of zero"),
    "a load that is none": (
        lambda: fem.load_steps(truss(), DOWN / np.where(DOWN < 0, 0, 1), FEET, factors=[1.0]),
        "got: .*-inf for component 1 of point 1",
    ),
    "no support": (lambda: fem.load_steps(truss(), DOWN, factors=[1.0]), "got: .*translation along x"),
    "two loads": (
        lambda: fem.load_steps(truss(), np.stack([DOWN, DOWN]), FEET, factors=[1.0]),
        r"got: .*2 cases",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_no_path_is_refused(name: str) -> None:
    call, message = FAULTS[name]
    kinds = (fem.errors.SpaceError, fem.errors.ConvergenceError, fem.errors.ConstraintError, NonFiniteError)
    with pytest.raises(kinds, match=message), np.errstate(divide="ignore"):
        call()
