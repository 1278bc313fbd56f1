"""A mass matrix in `odesolve`: regular, singular of index 1, refused above it; consistent starts, derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
odesolve = require("sparsead.transient").odesolve
field_of = require("sparsead.transient.equations.field").field_of
MassSystem = require("sparsead.transient.equations.mass").MassSystem
check_derivatives = require("tests.sparsead.transient.derivatives").check_derivatives
errors = sparsead.errors

RATES = np.array([0.04, 3e7, 1e4])
ROBERTSON = np.array([1.0, 1.0, 0.0])
ADAPTIVE = {"method": "esdirk4", "rtol": 1e-7, "atol": 1e-11}


def robertson(t: Any, y: Any, k: Any) -> Any:
    slow, fast, mixed = k[0] * y[0], k[1] * y[1] ** 2, k[2] * y[1] * y[2]
    return jnp.stack([-slow + mixed, slow - fast - mixed, fast])


def conserved(t: Any, y: Any, k: Any) -> Any:
    return robertson(t, y, k).at[2].set(jnp.sum(y) - 1.0)


def gradient_of(f: Any, mass: Any) -> Any:
    """Derivatives of all concentrations after 100 seconds, each rate in units of itself."""
    start = jnp.array([1.0, 0.0, 0.0])
    last = jax.jit(jax.jacrev(lambda k: odesolve(f, start, [0.0, 100.0], k, mass=mass, **ADAPTIVE)[-1]))
    return RATES * np.asarray(last(RATES))


def test_robertson_as_an_algebraic_equation_has_the_gradient_of_the_differential_one() -> None:
    algebraic, differential = gradient_of(conserved, ROBERTSON), gradient_of(robertson, None)
    np.testing.assert_allclose(algebraic, differential, rtol=1e-6)
    np.testing.assert_allclose(np.sum(algebraic, 0), 0, atol=1e-13)  # what one loses the others win


def coupled(t: Any, u: Any, p: Any) -> Any:
    """Index 1: v is a function of u and t, ``v³ + v = u + sin t``, and u decays with it."""
    return jnp.stack([-p * u[1], u[1] ** 3 + u[1] - u[0] - jnp.sin(t)])


def reduced(t: Any, u: Any, p: Any) -> Any:
    """The same without v, which Cardano's formula gives."""
    return -p * root(u + jnp.sin(t))


def root(c: Any) -> Any:
    s = jnp.sqrt(c**2 / 4 + 1 / 27)
    return jnp.cbrt(c / 2 + s) + jnp.cbrt(c / 2 - s)


ONE_FREE = np.array([1.0, 0.0])
ORDERS = {
    "backward_euler": 1, "crank_nicolson": 2, "sdirk2": 2, "tr_bdf2": 2, "sdirk4": 4, "esdirk4": 4,
    "bdf2": 2, "bdf3": 3, "bdf4": 4, "bdf5": 5,
}  # fmt: skip


@pytest.fixture(scope="module")
def exact() -> Any:
    u = odesolve(reduced, 1.0, [0.0, 1.0], 2.0, rtol=1e-13, atol=1e-13)[-1]
    return np.array([u, root(u + np.sin(1.0))])


@pytest.mark.parametrize("method", ORDERS)
def test_differential_and_algebraic_components_keep_the_order(method: str, exact: Any) -> None:
    steps = (10, 20) if ORDERS[method] < 5 else (32, 64)
    gaps = [
        np.abs(odesolve(coupled, jnp.array([1.0, 0.5]), [0.0, 1.0], 2.0, mass=ONE_FREE, method=method, h=1 / n)[-1]
               - exact)
        for n in steps
    ]  # fmt: skip
    assert (np.log2(gaps[0] / gaps[1]) > ORDERS[method] - 0.3).all()


def test_start_is_moved_on_the_algebraic_equations() -> None:
    states = odesolve(coupled, jnp.array([1.0, 0.5]), [0.0, 0.1], 2.0, mass=ONE_FREE, method="sdirk2", h=0.1)
    np.testing.assert_allclose(states[0], [1.0, root(1.0)], rtol=1e-14)


def test_slope_stays_on_the_algebraic_equations() -> None:
    """Of v³ + v = u + sin t: v' = (u' + cos t) / (3 v² + 1)."""
    field, (moving, fixed) = field_of(coupled, jnp.ones(2), 2.0)
    t, v = 0.7, float(root(1.0 + np.sin(0.7)))
    found = MassSystem(field).slope(((*moving, jnp.diag(ONE_FREE)), fixed), jnp.asarray(t), jnp.array([1.0, v]))
    np.testing.assert_allclose(found, [-2.0 * v, (-2.0 * v + np.cos(t)) / (3 * v**2 + 1)], rtol=1e-13)


def test_consistent_start_is_left_as_it_is() -> None:
    start = jnp.array([1.0, 0.0, 0.0])
    states = odesolve(conserved, start, [0.0, 1e-3], RATES, mass=ROBERTSON, method="sdirk2", h=1e-3)
    assert np.array_equal(states[0], start)


@pytest.mark.parametrize("method", ["esdirk4", "bdf3"])
def test_derivatives_pass_through_the_start_and_the_mass(method: str) -> None:
    """In u0, whose second component counts for nothing, the parameter, a function's constant, and M."""

    def run(start: Any, p: Any, level: Any, mass: Any) -> Any:
        def f(t: Any, u: Any, p: Any) -> Any:
            return coupled(t, u, p) - jnp.array([0.0, 1.0]) * level

        return odesolve(f, start, [0.0, 0.25, 0.5], p, mass=mass, method=method, h=0.0625)

    turned = np.array([[1.0, 0.3], [0.0, 0.0]])
    check_derivatives(run, (np.array([1.0, 0.5]), 2.0, 0.3, turned))


def test_second_derivative_through_the_start() -> None:
    """The first state itself: the root of v³ + v = c, whose second derivative is -6 v / (3 v² + 1)³."""

    def algebraic(c: Any) -> Any:
        return odesolve(coupled, jnp.stack([c, 0.0]), [0.0, 0.1], 0.0, mass=ONE_FREE, method="sdirk2", h=0.1)[0, 1]

    v = float(root(1.5))
    slope, curvature = jax.jit(lambda c: jax.jvp(jax.grad(algebraic), (c,), (1.0,)))(1.5)
    assert float(slope) == pytest.approx(1 / (3 * v**2 + 1), rel=1e-12)
    assert float(curvature) == pytest.approx(-6 * v / (3 * v**2 + 1) ** 3, rel=1e-11)


@pytest.mark.parametrize("method", ["rk4", "sdirk4"])
def test_regular_mass_is_its_inverse_times_f(method: str) -> None:
    mass = np.array([[2.0, 0.5], [0.1, 1.0]])

    def f(t: Any, u: Any, p: Any) -> Any:
        return jnp.stack([u[1], -p * jnp.sin(u[0])])

    def given(mass: Any) -> Any:
        return odesolve(f, jnp.array([0.3, 0.0]), [0.0, 1.0], 2.0, mass=mass, method=method, h=0.1)[-1]

    def solved(mass: Any) -> Any:
        by_hand = lambda t, u, p: jnp.linalg.solve(p, f(t, u, 2.0))  # noqa: E731
        return odesolve(by_hand, jnp.array([0.3, 0.0]), [0.0, 1.0], mass, method=method, h=0.1)[-1]

    def both(of: Any) -> Any:
        """Derivative and value of one run."""
        return jax.jacrev(lambda mass: (last := of(mass), last), has_aux=True)(mass)

    (d_ours, ours), (d_theirs, theirs) = both(given), both(solved)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)
    np.testing.assert_allclose(d_ours, d_theirs, rtol=1e-9, atol=1e-12)


def test_functional_of_an_algebraic_component() -> None:
    """What u loses is p ∫ v."""
    states, lost = odesolve(
        coupled, jnp.ones(2), [0.0, 1.0], 2.0, mass=ONE_FREE, functional=lambda t, u, p: p * u[1],
        method="sdirk4", h=0.1,
    )  # fmt: skip
    assert float(lost[-1]) == pytest.approx(float(states[0, 0] - states[-1, 0]), rel=1e-12)


def pendulum(t: Any, u: Any, p: Any) -> Any:
    x, y, v, w, force = u
    return jnp.stack([v, w, -force * x, -force * y - 9.81, x**2 + y**2 - 1])


def test_higher_index_is_refused_by_name() -> None:
    mass = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    with pytest.raises(errors.HighIndexError, match=r"got: .*condition number"):
        odesolve(pendulum, jnp.array([1.0, 0.0, 0.0, 0.0, 0.0]), [0.0, 1.0], mass=mass, method="sdirk4", h=0.1)


def test_start_without_a_root_is_refused_with_its_residual() -> None:
    def never(t: Any, u: Any, p: Any) -> Any:
        return jnp.stack([-u[0], u[1] ** 2 + 1.0])

    def run(start: Any) -> Any:
        return odesolve(never, start, [0.0, 1.0], mass=ONE_FREE, method="sdirk2", h=0.1)

    with pytest.raises(errors.InconsistentStartError, match=r"got: .*residual .* in the row of u\[1\]") as caught:
        run(jnp.array([1.0, 0.5]))
    assert caught.value.residual >= 1
    with pytest.raises(Exception, match=r"no consistent first state"):
        jax.block_until_ready(jax.jit(run)(jnp.array([1.0, 0.5])))


REFUSED = {
    "singular, explicit": (ONE_FREE, "rk4", errors.SingularMatrixError, "condition number inf"),
    "other shape": (np.ones(3), "sdirk2", errors.ShapeError, r"mass of shape \(3,\)"),
    "not finite": (np.array([1.0, np.nan]), "sdirk2", errors.NonFiniteError, r"mass\[1\] = nan"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_mass_that_does_not_serve_is_named(name: str) -> None:
    mass, method, kind, got = REFUSED[name]
    with pytest.raises(kind, match=f"got: .*{got}"):
        odesolve(coupled, jnp.ones(2), [0.0, 1.0], 2.0, mass=mass, method=method, h=0.1)


def test_derivative_in_the_times_of_an_algebraic_equation() -> None:
    """The state at the end moves along its slope, of which v' = (u' + cos t) / (3 v² + 1)."""

    def end(t: Any, method: str) -> Any:
        times = jnp.stack([0.0, t])
        states = odesolve(coupled, jnp.ones(2), times, 2.0, mass=ONE_FREE, method=method, h=0.01)
        return states[-1], states[-1]

    for method in ("sdirk4", "bdf4"):
        found, (_, v) = jax.jacrev(end, has_aux=True)(1.0, method)
        slope = -2.0 * v
        expected = [slope, (slope + np.cos(1.0)) / (3 * v**2 + 1)]
        np.testing.assert_allclose(found, expected, rtol=1e-6)
