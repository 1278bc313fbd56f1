"""Algorithms 1 and 2 and their table of costs, by counting: calls of f, pullbacks, numbers kept, depth."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")

odesolve = transient.odesolve
N = 17  # from here on every step is pulled back by itself, as in Algorithm 2
START = jnp.linspace(0.5, 1.0, N)
STAGES = {"heun_euler": 2, "bogacki_shampine": 3}
COUNTS: Counter[str] = Counter()


def _slope(t: Any, u: Any, k: Any) -> Any:
    return k * jnp.sin(3.0 * u) - (4.0 + 3.0 * jnp.tanh(20.0 * jnp.sin(4.0 * t))) * u


def _count(what: str, t: Any) -> None:
    jax.debug.callback(lambda _: COUNTS.update([what]), t)


@jax.custom_vjp
def slope(t: Any, u: Any, k: Any) -> Any:
    """Slope of something that needs several trials a step: its rate jumps."""
    _count("calls", t)
    return _slope(t, u, k)


def _forward(t: Any, u: Any, k: Any) -> Any:
    _count("calls", t)
    return jax.vjp(_slope, t, u, k)


def _backward(pullback: Any, bar: Any) -> Any:
    _count("pullbacks", bar[0])
    return pullback(bar)


slope.defvjp(_forward, _backward)


def run(u0: Any, k: Any, gradient: Any, method: str = "heun_euler", **options: Any) -> Any:
    settings = {"rtol": 1e-2, "atol": 1e-3, "h": 0.1, "max_steps": 300} | options
    states, stats = odesolve(slope, u0, [0.0, 2.0], k, method=method, gradient=gradient, full_output=True, **settings)
    return jnp.sum(states[-1] ** 2), stats


def counted(call: Any) -> tuple[Any, dict[str, int]]:
    COUNTS.clear()
    out = jax.block_until_ready(call())
    jax.effects_barrier()
    return out, dict(COUNTS)


def pulled_back(gradient: Any, **options: Any) -> tuple[Any, dict[str, int], dict[str, int], int]:
    """Counts of a run, of the gradient in u0 alone after it, and the numbers kept between the two."""
    (_, pullback, stats), forward = counted(
        lambda: jax.vjp(lambda u: run(u, 2.0, gradient, **options), START, has_aux=True)
    )
    kept = sum(x.size for x in jax.tree.leaves(pullback) if jnp.issubdtype(x.dtype, jnp.floating))
    _, back = counted(lambda: pullback(jnp.ones(())))
    return stats, forward, back, kept


@pytest.mark.parametrize("method", STAGES)
def test_aca_calls_f_for_every_trial_forward_and_for_every_accepted_step_back(method: str) -> None:
    stats, forward, back, kept = pulled_back("aca", method=method)
    stages, trials, accepted = STAGES[method], int(stats.accepted + stats.rejected), int(stats.accepted)
    assert int(stats.rejected) >= 5
    # Bogacki and Shampine's fourth stage is the first of the next step: one call more, at the start.
    assert forward == {"calls": stages * trials + (method == "bogacki_shampine")}
    assert int(stats.f_calls) == forward["calls"]
    assert back == {"calls": stages * accepted, "pullbacks": stages * accepted}
    assert int(stats.stored_bytes) == 8 * (N + 2) * accepted  # state, time and step of each
    assert kept < (N + 2) * (300 + 64) + 10 * N  # room for max_steps, in whole segments; no stages, no trials


def test_depth_of_the_naive_tape_is_that_of_all_trials() -> None:
    """Pullbacks follow one another: their number is the depth of the graph, for both."""
    stats, forward, back, kept = pulled_back("naive")
    trials = int(stats.accepted + stats.rejected)
    assert forward["calls"] == back["pullbacks"] == 2 * trials
    _, _, shallow, few = pulled_back("aca")
    assert shallow["pullbacks"] == 2 * int(stats.accepted)
    assert kept > 5 * few


def test_backsolve_keeps_the_requested_states_and_pulls_back_in_every_trial() -> None:
    stats, _, back, kept = pulled_back(transient.Backsolve(np.inf))
    assert kept < 5 * N
    assert back["pullbacks"] == back["calls"] == 2 * reversed_trials()
    assert back["calls"] > 2 * int(stats.accepted)


def reversed_trials() -> int:
    """Trials of the reversed state and adjoint, integrated as an equation like any other."""
    end = odesolve(_slope, START, [0.0, 2.0], 2.0, method="heun_euler", rtol=1e-2, atol=1e-3, h=0.1)[-1]

    def back(s: Any, z: Any, k: Any) -> Any:
        slope, pullback = jax.vjp(lambda u, k: _slope(-s, u, k), z["u"], k)
        u_bar, k_bar = pullback(z["u_bar"])
        return {"u": -slope, "u_bar": u_bar, "z_bar": k_bar}

    z = {"u": end, "u_bar": 2.0 * end, "z_bar": 0.0}
    stats = odesolve(
        back, z, [-2.0, 0.0], 2.0, method="heun_euler", rtol=1e-2, atol=1e-3, h=0.1, full_output=True
    )[1]  # fmt: skip
    return int(stats.accepted + stats.rejected)


def test_gradient_in_few_parameters_takes_no_more_pullbacks_than_that_in_the_state() -> None:
    _, back = counted(lambda: jax.grad(lambda k: run(START, k, "aca")[0])(2.0))
    assert back["pullbacks"] == 2 * int(run(START, 2.0, "aca")[1].accepted)


def test_gradient_in_many_parameters_is_one_batch_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient.gradients.sweep, "_FEW", 0)
    _, back = counted(lambda: jax.grad(lambda k: run(START, k, "aca", max_steps=320)[0])(2.0))
    stats = run(START, 2.0, "aca")[1]
    accepted = int(stats.accepted)
    rows = -(-accepted // 64) * 64  # segments of 64 steps; the last one is filled up with steps of multiplier zero
    assert back["pullbacks"] == 2 * (accepted + rows)
    assert back["calls"] == 2 * int(stats.accepted + stats.rejected) + back["pullbacks"]
    assert int(stats.vjps) == 4 * accepted


def test_gradient_does_not_need_tangents_of_f() -> None:
    """A slope with a rule for reverse mode only serves for few unknowns too."""
    gradient = jax.grad(lambda u: run(u, 2.0, "aca")[0])(START[:3])
    forward = lambda u: jnp.sum(  # noqa: E731
        odesolve(_slope, u, [0.0, 2.0], 2.0, method="heun_euler", rtol=1e-2, atol=1e-3, h=0.1)[-1] ** 2
    )
    np.testing.assert_allclose(gradient, jax.grad(forward)(START[:3]), rtol=1e-12)
