"""Explicit methods: order, exactness of every derivative on the accepted grid, pytrees, closures, functionals."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from sparsead.testing.differences import complex_step, pairing, random_like, relative_gap
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")
models = require("tests.sparsead.transient.models")

odesolve = transient.odesolve
ORDERS = {"euler": 1, "midpoint": 2, "rk4": 4, "heun_euler": 2, "bogacki_shampine": 3, "dormand_prince": 5, "tsit5": 5}
ADAPTIVE = ["heun_euler", "bogacki_shampine", "dormand_prince", "tsit5"]
TIMES = np.array([0.0, 0.5, 2.0])
START = jnp.array(models.PENDULUM_START)
PARAMS = jax.tree.map(jnp.asarray, models.PENDULUM)
FLAT, UNRAVEL = jax.flatten_util.ravel_pytree(PARAMS)


def solve(u0: Any, p: Any, **options: Any) -> Any:
    return odesolve(models.pendulum, u0, TIMES, p, **options)


def options_of(method: str, how: str) -> dict[str, Any]:
    return {"method": method, **({"h": 0.025} if how == "fixed" else {"rtol": 1e-4, "atol": 1e-6})}


CASES = [(m, "fixed") for m in ORDERS if m not in ADAPTIVE] + [(m, "adaptive") for m in ADAPTIVE]


@pytest.mark.parametrize("method", ORDERS)
def test_order_of_convergence(method: str) -> None:
    exact = solve(START, PARAMS, method="tsit5", h=1 / 512)
    errors = [relative_gap(solve(START, PARAMS, method=method, h=h), exact) for h in (1 / 8, 1 / 16)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[method], abs=0.35)


@pytest.mark.parametrize("method", ADAPTIVE)
def test_adaptive_error_follows_the_tolerance(method: str) -> None:
    exact = solve(START, PARAMS, method="tsit5", h=1 / 512)
    for tolerance in (1e-4, 1e-7):
        assert relative_gap(solve(START, PARAMS, method=method, rtol=tolerance, atol=tolerance), exact) < 20 * tolerance


def frozen(method: str, how: str) -> Any:
    """Return the discrete map on the accepted grid, written out with NumPy: an oracle that shares only the tableau."""
    tableau = transient.methods.tableaus.EXPLICIT[method]
    steps = accepted_steps(method, how)

    def slope(t: float, u: Any, p: Any) -> Any:
        return np.array([u[1], -p[2] * np.sin(u[0]) - p[0] * u[1] + p[1] * np.cos(t)])

    def states(u: Any, p: Any) -> Any:
        out = [u]
        for interval in steps:
            for t, h in interval:
                slopes: list[Any] = []
                for row, c in zip(tableau.a, tableau.c, strict=True):
                    slopes.append(slope(t + c * h, u + h * sum(a * k for a, k in zip(row, slopes, strict=True)), p))
                u = u + h * sum(b * k for b, k in zip(tableau.b, slopes, strict=True))
            out.append(u)
        return np.stack(out)

    return states


def accepted_steps(method: str, how: str) -> list[list[tuple[float, float]]]:
    """Return (t, h) of every accepted step of each interval, read from the record of a run."""
    grids: list[Any] = []
    recorded = transient.gradients.aca.recorded

    def spy(problem: Any, *args: Any) -> Any:
        out = recorded(problem, *args)
        grids.append((problem, args[-1], out[1]))
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transient.gradients.aca, "recorded", spy)
        jax.vjp(lambda u: solve(u, PARAMS, **options_of(method, how)), START)
    _, controls, store = grids[0]
    counts = np.asarray(store.counts)
    t = np.asarray(store.t if store.t is not None else controls.times[0] + np.arange(counts[-1]) * controls.h)
    h = np.asarray(store.h if store.h is not None else np.full(counts[-1], controls.h))
    return [list(zip(t[a:b], h[a:b], strict=True)) for a, b in itertools.pairwise(counts)]


@pytest.mark.parametrize(("method", "how"), CASES)
def test_tangent_is_the_complex_step_of_the_frozen_map(method: str, how: str) -> None:
    rng = np.random.default_rng(0)
    d_u, d_p = random_like(START, rng), random_like(FLAT, rng)
    run = lambda u, p: solve(u, UNRAVEL(p), **options_of(method, how))  # noqa: E731
    value, tangent = jax.jvp(run, (START, FLAT), (jnp.asarray(d_u), jnp.asarray(d_p)))
    reference = frozen(method, how)
    assert relative_gap(value, reference(np.asarray(START), np.asarray(FLAT))) < 1e-12
    exact = complex_step(reference, (np.asarray(START), np.asarray(FLAT)), (d_u, d_p))
    assert relative_gap(tangent, exact) < 1e-11


ADJOINTS = [(m, how, "all") for m, how in (("euler", "fixed"), ("rk4", "fixed"), *CASES[-4:])]


@pytest.mark.parametrize(
    ("method", "how", "checkpoint"), [*ADJOINTS, ("rk4", "fixed", "sqrt"), ("heun_euler", "adaptive", "sqrt")]
)
def test_adjoint_is_the_transpose_of_the_tangent(method: str, how: str, checkpoint: str) -> None:
    rng = np.random.default_rng(1)
    run = lambda u, p: solve(u, UNRAVEL(p), checkpoint=checkpoint, **options_of(method, how))  # noqa: E731
    d_u, d_p = random_like(START, rng), random_like(FLAT, rng)
    out, tangent = jax.jvp(run, (START, FLAT), (jnp.asarray(d_u), jnp.asarray(d_p)))
    bar = random_like(out, rng)
    u_bar, p_bar = jax.vjp(run, START, FLAT)[1](jnp.asarray(bar))
    ahead, back = pairing(tangent, bar), pairing(d_u, u_bar) + pairing(d_p, p_bar)
    assert abs(ahead - back) <= 1e-12 * max(abs(ahead), abs(back))


@pytest.mark.parametrize(
    ("method", "how", "checkpoint"), [("midpoint", "fixed", "sqrt"), ("heun_euler", "adaptive", "all")]
)
def test_hessian_is_forward_over_reverse(method: str, how: str, checkpoint: str) -> None:
    def loss(p: Any, **more: Any) -> Any:
        return jnp.sum(solve(START, UNRAVEL(p), **options_of(method, how), **more)[-1] ** 2)

    hessian = jax.jit(jax.hessian(lambda p: loss(p, checkpoint=checkpoint)))(FLAT)
    assert relative_gap(hessian, hessian.T) < 1e-12
    forward = jax.jit(jax.jacfwd(jax.jacfwd(lambda p: loss(p, gradient="forward"))))(FLAT)
    assert relative_gap(hessian, forward) < 1e-11


def test_gradients_agree_where_steps_are_fixed() -> None:
    loss = lambda p, **o: jnp.sum(solve(START, p, method="rk4", h=0.0025, **o)[-1] ** 2)  # noqa: E731
    exact = jax.flatten_util.ravel_pytree(jax.grad(loss)(PARAMS))[0]
    for gradient, gap in (("naive", 1e-12), ("backsolve", 1e-8)):
        found = jax.flatten_util.ravel_pytree(jax.grad(lambda p, g=gradient: loss(p, gradient=g))(PARAMS))[0]
        assert relative_gap(found, exact) < gap
    derivative = jax.jit(jax.jacfwd(lambda p: loss(p, gradient="forward")))
    forward = jax.flatten_util.ravel_pytree(derivative(PARAMS))[0]
    assert relative_gap(forward, exact) < 1e-12


def test_state_is_a_pytree() -> None:
    def slope(t: Any, u: Any, p: Any) -> Any:
        du = models.pendulum(t, jnp.stack([u["angle"], u["rate"][0]]), p)
        return {"angle": du[0], "rate": du[1:]}

    parts = odesolve(slope, {"angle": START[0], "rate": START[1:]}, TIMES, PARAMS, method="rk4", h=0.1)
    assert parts["angle"].shape == (3,) and parts["rate"].shape == (3, 1)
    whole = solve(START, PARAMS, method="rk4", h=0.1)
    np.testing.assert_allclose(jnp.stack([parts["angle"], parts["rate"][:, 0]], 1), whole, rtol=1e-14)


@pytest.mark.parametrize("gradient", ["aca", "naive", "backsolve"])
def test_parameters_that_f_closes_over_are_found(gradient: str) -> None:
    # The tape of a search is long to compile, and its tests are elsewhere.
    steps = {"h": 0.1} if gradient == "naive" else {"rtol": 1e-3, "atol": 1e-4}
    options = {"gradient": gradient, "method": "heun_euler", **steps}

    def by_closure(p: Any) -> Any:
        return odesolve(lambda t, u, _: models.pendulum(t, u, p), START, TIMES, **options)[-1, 0]

    def by_argument(p: Any) -> Any:
        return solve(START, p, **options)[-1, 0]

    closed, passed = (jax.flatten_util.ravel_pytree(jax.grad(f)(PARAMS))[0] for f in (by_closure, by_argument))
    assert relative_gap(closed, passed) < 1e-12
    compiled = jax.flatten_util.ravel_pytree(jax.jit(jax.grad(by_closure))(PARAMS))[0]
    assert relative_gap(compiled, passed) < 1e-11


def test_values_that_f_closes_over_may_change_between_calls() -> None:
    box = {"k": np.array([1.0])}

    def slope(t: Any, u: Any, p: Any) -> Any:
        return -box["k"] * u

    first = odesolve(slope, jnp.ones(1), [0.0, 1.0], method="rk4", h=0.1)[-1, 0]
    box["k"] = np.array([2.0])
    second = odesolve(slope, jnp.ones(1), [0.0, 1.0], method="rk4", h=0.1)[-1, 0]
    assert second == pytest.approx(float(first) ** 2, rel=1e-4)


def test_functional_is_integrated_and_differentiated() -> None:
    def energy(p: Any) -> Any:
        _, integrals = solve(START, p, functional=lambda t, u, p: p["damping"] * u[1] ** 2, rtol=1e-10, atol=1e-10)
        return integrals[-1]

    def by_sampling(p: Any) -> Any:
        times = np.linspace(0.0, 2.0, 2001)
        u = odesolve(models.pendulum, START, times, p, method="rk4", h=0.001)
        return jnp.trapezoid(p["damping"] * u[:, 1] ** 2, times)

    (ours, d_ours), (theirs, d_theirs) = (jax.jit(jax.value_and_grad(f))(PARAMS) for f in (energy, by_sampling))
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert relative_gap(*(jax.flatten_util.ravel_pytree(d)[0] for d in (d_ours, d_theirs))) < 1e-6


def test_functional_does_not_choose_the_steps() -> None:
    _, _, stats = solve(START, PARAMS, functional=lambda t, u, p: 1e6 * jnp.sin(50 * t), full_output=True)
    assert int(stats.accepted) == int(solve(START, PARAMS, full_output=True)[1].accepted)


def test_batches_by_vmap() -> None:
    run = lambda u: solve(u, PARAMS, method="bogacki_shampine")  # noqa: E731
    starts = np.stack([START, 2 * START, -START])
    assert relative_gap(jax.vmap(run)(starts), np.stack([run(u) for u in starts])) < 1e-13
    loss = jax.grad(lambda u: jnp.sum(run(u)[-1] ** 2))
    assert relative_gap(jax.jit(jax.vmap(loss))(starts), np.stack([loss(u) for u in starts])) < 1e-12


def test_single_precision_stays_single() -> None:
    with jax.enable_x64(False):
        p = jax.tree.map(lambda x: jnp.asarray(np.asarray(x, np.float32)), models.PENDULUM)
        out = solve(jnp.asarray(START, jnp.float32), p, rtol=1e-4, atol=1e-4)
    assert out.dtype == jnp.float32
    mixed = solve(
        START.astype(jnp.float32), jax.tree.map(lambda x: x.astype(jnp.float32), PARAMS), rtol=1e-4, atol=1e-4
    )
    assert mixed.dtype == jnp.float32
    assert relative_gap(mixed, solve(START, PARAMS)) < 1e-3


def test_complex_states() -> None:
    turn = lambda w: odesolve(lambda t, u, w: 1j * w * u, jnp.array([1.0 + 0j]), [0.0, 1.0], w, rtol=1e-9)[-1, 0]  # noqa: E731
    assert abs(turn(2.0) - np.exp(2j)) < 1e-7
    assert float(jax.grad(lambda w: turn(w).real)(2.0)) == pytest.approx(-np.sin(2.0), abs=1e-6)


@pytest.mark.parametrize(("how", "checkpoint"), [("fixed", "all"), ("adaptive", "all"), ("adaptive", "sqrt")])
def test_many_unknowns_whose_data_are_pulled_back_with_them(how: str, checkpoint: str) -> None:
    rng = np.random.default_rng(2)
    start, p = jnp.asarray(rng.uniform(1.0, 2.0, 20)), jnp.asarray(rng.uniform(0.5, 1.0, 21))

    def run(u: Any, p: Any) -> Any:
        slope = lambda t, u, p: p[20] * jnp.sin(t) - p[:20] * u * jnp.roll(u, 1)  # noqa: E731
        return odesolve(slope, u, TIMES, p, checkpoint=checkpoint, **options_of("bogacki_shampine", how))

    d_u, d_p = random_like(start, rng), random_like(p, rng)
    out, tangent = jax.jvp(run, (start, p), (jnp.asarray(d_u), jnp.asarray(d_p)))
    bar = random_like(out, rng)
    u_bar, p_bar = jax.vjp(run, start, p)[1](jnp.asarray(bar))
    ahead, back = pairing(tangent, bar), pairing(d_u, u_bar) + pairing(d_p, p_bar)
    assert abs(ahead - back) <= 1e-12 * max(abs(ahead), abs(back))
