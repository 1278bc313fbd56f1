"""Derivatives in the requested times: exact on the frozen grid, of which only the requested times move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")
transient = require("sparsead.transient")
EXPLICIT = require("sparsead.transient.methods.tableaus").EXPLICIT
IMPLICIT = require("sparsead.transient.methods.implicit_tableaus").IMPLICIT
derivatives = require("tests.sparsead.transient.derivatives")

check_derivatives, jacobian = derivatives.check_derivatives, derivatives.jacobian
odesolve, march, Binomial = transient.odesolve, transient.march, transient.Binomial
errors = sparsead.errors
TIMES, H, RATE = np.array([0.1, 0.3, 0.4, 0.8]), 0.1, -1.3
COUNTS = np.array([0, 2, 3, 7])
START = jnp.array([0.7])
WEIGHTS = np.random.default_rng(1).standard_normal((4, 2))


def driven(t: Any, u: Any, rate: Any) -> Any:
    return rate * u + jnp.cos(3.0 * t)


def square(t: Any, u: Any, rate: Any) -> Any:
    return t * u**2


def run(times: Any, **options: Any) -> Any:
    """State and integral at the times, shape (m, 2)."""
    return jnp.concatenate(odesolve(driven, START, times, RATE, functional=square, **options), 1)


def walked(tableau: Any, points: Any, rate: Any = RATE) -> Any:
    """State and integral after each step of a tableau over the points of a grid, by NumPy, which may be complex."""
    u, q, rows = complex(START[0]), 0.0j, [(complex(START[0]), 0.0j)]
    for t, h in zip(points[:-1], np.diff(points), strict=True):
        slopes, squares = [], []
        for row, c in zip(tableau.a, tableau.c, strict=True):
            own = row[len(slopes)] if len(row) > len(slopes) else 0.0
            at = u + h * sum((a * k for a, k in zip(row, slopes, strict=False)), 0.0j)
            slopes.append((rate * at + np.cos(3.0 * (t + c * h))) / (1.0 - h * own * rate))
            squares.append((t + c * h) * (at + h * own * slopes[-1]) ** 2)
        u = u + h * sum(b * k for b, k in zip(tableau.b, slopes, strict=True))
        q = q + h * sum(b * g for b, g in zip(tableau.b, squares, strict=True))
        rows.append((u, q))
    return np.array(rows)


def slopes_of_walk(method: str, times: Any = TIMES, rate: Any = RATE) -> Any:
    """Derivatives of the weighted results in each requested time, all other points of the grid held."""
    tableau = (EXPLICIT | IMPLICIT)[method]
    found = []
    for count in COUNTS:
        points = TIMES[0] + H * np.arange(COUNTS[-1] + 1) + 0j
        points[COUNTS] = times
        points[count] += 1e-30j
        found.append(np.sum(WEIGHTS * walked(tableau, points, rate)[COUNTS]).imag / 1e-30)
    return np.array(found)


def weighted(times: Any, **options: Any) -> Any:
    return jnp.sum(WEIGHTS * run(times, **options))


@pytest.mark.parametrize(
    "method", ["euler", "rk4", "dormand_prince", "backward_euler", "crank_nicolson", "sdirk4", "esdirk4"]
)
def test_gradient_in_the_times_is_that_of_the_steps(method: str) -> None:
    expected = slopes_of_walk(method)
    np.testing.assert_allclose(jax.grad(weighted)(TIMES, method=method, h=H), expected, rtol=1e-12, atol=1e-14)
    moves = np.array([0.3, -0.2, 0.5, 0.9])
    tangent = jax.jvp(lambda t: weighted(t, method=method, h=H), (TIMES,), (moves,))[1]
    assert float(tangent) == pytest.approx(moves @ expected, rel=1e-12)


@pytest.mark.parametrize("checkpoint", ["sqrt", Binomial(2), "disk"])
@pytest.mark.parametrize("method", ["rk4", "sdirk4"])
def test_what_is_kept_does_not_change_it(method: str, checkpoint: Any, tmp_path: Path) -> None:
    kept = transient.Disk(str(tmp_path), 3) if checkpoint == "disk" else checkpoint
    found = jax.grad(weighted)(TIMES, method=method, h=H, checkpoint=kept)
    np.testing.assert_allclose(found, slopes_of_walk(method), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("gradient", ["naive", "forward"])
def test_fixed_steps_differentiated_by_jax_give_the_same(gradient: str) -> None:
    derivative = jax.jacfwd if gradient == "forward" else jax.grad
    found = derivative(weighted)(TIMES, method="rk4", h=H, gradient=gradient)
    np.testing.assert_allclose(found, slopes_of_walk("rk4"), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("checkpoint", ["all", Binomial(3)])
def test_adaptive_steps_agree_with_jax_through_the_frozen_loop(checkpoint: Any) -> None:
    expected = jax.jacfwd(weighted)(TIMES, gradient="forward")
    np.testing.assert_allclose(jax.grad(weighted)(TIMES, checkpoint=checkpoint), expected, rtol=1e-11)


def test_steps_of_powers_of_two_pair_tangent_and_adjoint() -> None:
    check_derivatives(lambda t: run(t, method="tr_bdf2", rtol=1e-4, atol=1e-6), (TIMES,), differences=False)


def test_last_time_through_the_search_is_the_last_time_on_the_frozen_grid() -> None:
    options = {"method": "heun_euler", "rtol": 1e-2, "atol": 1e-2, "max_steps": 12}
    naive = jax.grad(weighted)(TIMES, gradient="naive", **options)
    assert float(naive[-1]) == pytest.approx(float(jax.grad(weighted)(TIMES, **options)[-1]), rel=1e-12)


def test_one_step_has_the_derivative_of_its_polynomial() -> None:
    """rk4 of u' = λ u: 1 + z + z²/2 + z³/6 + z⁴/24, whose derivative ends with z³/6."""
    found = jax.grad(lambda t: odesolve(lambda t, u, k: k * u, 1.0, t, -2.0, method="rk4", h=0.5)[1])(np.r_[0.0, 0.5])
    slope = -2.0 * (1 - 1 + 1 / 2 - 1 / 6)
    np.testing.assert_allclose(found, [-slope, slope], rtol=1e-14)


@pytest.mark.parametrize("method", ["rk4", "sdirk4"])
def test_second_derivatives_in_times_and_parameters(method: str) -> None:
    """Forward over reverse; compared with differences of the complex step."""

    def loss(times: Any, rate: Any) -> Any:
        parts = odesolve(driven, START, times, rate, functional=square, method=method, h=H)
        return jnp.sum(WEIGHTS * jnp.concatenate(parts, 1))

    move, step = np.array([0.4, -0.3, 0.2, 0.7]), 1e-4
    found = jax.jvp(lambda t, k: jax.grad(loss)(t, k), (TIMES, RATE), (move, 0.6))[1]
    ahead, back = (slopes_of_walk(method, TIMES + s * step * move, RATE + s * step * 0.6) for s in (1, -1))
    np.testing.assert_allclose(found, (ahead - back) / (2 * step), rtol=2e-6, atol=2e-7)


@pytest.mark.parametrize("order", [2, 4])
def test_bdf_moves_along_its_slopes(order: int) -> None:
    options = {"method": f"bdf{order}", "h": H}

    def last(times: Any, start: Any = START) -> Any:
        return odesolve(driven, start, times, RATE, **options)

    states, found = last(TIMES)[:, 0], jacobian(last, TIMES)
    slopes = RATE * states + jnp.cos(3.0 * TIMES)
    np.testing.assert_allclose(jnp.diag(found)[1:], slopes[1:], rtol=1e-9)
    from_start = jax.jvp(lambda u: last(TIMES, u), (START,), (jnp.ones(1),))[1][:, 0]
    np.testing.assert_allclose(found[1:, 0], -from_start[1:] * slopes[0], rtol=1e-10)
    assert np.all(found[0] == 0)
    check_derivatives(last, (TIMES,), differences=False)
    with pytest.raises(errors.NoDerivativeError, match=r"got: .*two derivatives in t"):
        jax.hessian(lambda t: last(t)[-1, 0])(TIMES)


def test_backsolve_has_the_slopes_of_the_equation() -> None:
    found = jacobian(lambda t: odesolve(driven, START, t, RATE, gradient="backsolve"), TIMES)
    states = odesolve(driven, START, TIMES, RATE)[:, 0]
    slopes = RATE * states + jnp.cos(3.0 * TIMES)
    expected = np.diag(slopes)
    expected[:, 0] = -slopes[0] * np.exp(RATE * (TIMES - TIMES[0]))
    expected[0] = 0
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


def test_times_may_be_arguments_of_a_compiled_program() -> None:
    np.testing.assert_allclose(jax.jit(jax.grad(weighted))(TIMES), jax.grad(weighted)(TIMES), rtol=1e-11)
    with pytest.raises(errors.NoDerivativeError, match=r"got: .*t traced by jit"):
        jax.jit(lambda t: weighted(t, method="rk4", h=H))(TIMES)
    jax.jit(lambda start: odesolve(driven, start, [0.0, 0.1], RATE, method="rk4", h=H))(START)  # these are known


def test_derivative_in_the_step_size_is_refused() -> None:
    with pytest.raises(errors.NoDerivativeError, match=r"got: .*h carries a tangent"):
        jax.grad(lambda h: odesolve(driven, START, TIMES, RATE, h=h, rtol=1e-6)[-1, 0])(0.1)


ONE = sp.diags([jnp.array([2.0, 1.0])]).declare(symmetric=True, positive_definite=True)
SPRING = sp.diags([jnp.array([8.0, 3.0])]).declare(symmetric=True, positive_definite=True)


def swung(times: Any, h: float, u: Any, v: Any) -> Any:
    return march(
        u, times, mass=ONE, stiffness=SPRING, damping=0.1 * ONE, v0=v, h=h,
        load=lambda t, p: jnp.stack([jnp.sin(t), 0.0 * t]),
    )  # fmt: skip


def test_march_moves_its_last_step() -> None:
    """Newmark: the same steps, the last of them longer or shorter, as a march of its own."""
    u, v = jnp.array([1.0, 0.5]), jnp.array([0.0, 0.2])
    found = jacobian(lambda t: swung(t, 0.05, u, v).u[-1], np.r_[0.0, 1.0])[:, 1]
    before = swung([0.0, 0.95], 0.05, u, v)

    def last(step: float) -> Any:
        return swung([0.95, 0.95 + step], step, before.u[-1], before.v[-1]).u[-1]

    np.testing.assert_allclose(found, (last(0.0501) - last(0.0499)) / 2e-4, rtol=1e-6)


def test_march_needs_no_factorization_more_for_its_times() -> None:
    counts = []
    for derivative in (lambda f: f, jax.grad):
        sparsead.factor_cache.clear()
        derivative(lambda t: jnp.sum(march(jnp.ones(2), t, mass=ONE, stiffness=SPRING, h=0.1)[-1]))(np.r_[0.0, 1.0])
        counts.append(sparsead.factor_cache.stats())
    assert [c.factorizations for c in counts] == [1, 1]
    assert [c.solves for c in counts] == [10, 20]  # one for each step, and one back


def test_moving_supports_are_where_they_are_at_the_time() -> None:
    def motion(t: Any, p: Any) -> Any:
        return jnp.sin(2.0 * t)[None]

    def states(times: Any) -> Any:
        return march(jnp.ones(2), times, mass=ONE, stiffness=SPRING, h=0.1, prescribed=([0], motion))

    found = jacobian(states, np.r_[0.0, 0.5, 1.0])[::2]  # of the first of the two dofs
    np.testing.assert_allclose(found, np.diag(2 * np.cos([0.0, 1.0, 2.0])), rtol=1e-12, atol=1e-14)
    check_derivatives(states, (np.r_[0.0, 0.5, 1.0],), differences=False)


def test_when_a_ball_hits_the_ground() -> None:
    """Newton's method in the last time; without drag the time is known, and rk4 is exact."""

    def height(end: Any) -> Any:
        fall = lambda t, y, p: jnp.stack([y[1], -9.81 + 0.0 * t])  # noqa: E731
        return odesolve(fall, jnp.array([2.0, 3.0]), jnp.stack([0.0, end]), method="dormand_prince")[-1, 0]

    end = 1.0
    for _ in range(6):
        value, slope = jax.value_and_grad(height)(end)
        end = end - value / slope
    assert float(end) == pytest.approx((3.0 + np.sqrt(9.0 + 4 * 9.81)) / 9.81, rel=1e-12)
