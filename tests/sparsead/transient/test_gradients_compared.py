"""aca, naive and backsolve against the true gradient, and trajectories that do or do not come back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sparsead import errors
from tests import xla_flags
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
transient = require("sparsead.transient")

odesolve = transient.odesolve
GRADIENTS = {"aca": "aca", "naive": "naive", "backsolve": transient.Backsolve(math.inf)}


def growth(t: Any, z: Any, k: Any) -> Any:
    return k * z


def toy_errors(k: float, end: float, tolerance: float, method: str = "dormand_prince") -> dict[str, Any]:
    """Relative errors of the derivatives of z(T)^2 in z0 = 1 and k, where dz/dt = k z."""
    true = np.array([2.0, 2.0 * end]) * math.exp(2 * k * end)

    def loss(z0: Any, k: Any, gradient: Any) -> Any:
        return odesolve(
            growth, z0, [0.0, end], k, method=method, rtol=tolerance, atol=tolerance, gradient=gradient,
            max_steps=1000,
        )[-1] ** 2  # fmt: skip

    found = {n: np.array(jax.grad(loss, (0, 1))(1.0, k, gradient)) for n, gradient in GRADIENTS.items()}
    return {name: np.abs(gradient / true - 1) for name, gradient in found.items()}


@pytest.mark.parametrize(
    ("end", "tolerance", "method"),
    [(1.0, 1e-3, "dormand_prince"), (5.0, 1e-5, "dormand_prince"), (20.0, 1e-5, "dormand_prince"),
     (20.0, 1e-8, "dormand_prince"), (20.0, 1e-3, "heun_euler")],
)  # fmt: skip
def test_growing_toy_all_three_are_at_the_tolerance(end: float, tolerance: float, method: str) -> None:
    """The order of the three is no robust fact here: all are within a factor of ten of each other."""
    errors = toy_errors(1.0, end, tolerance, method)
    for name, error in errors.items():
        assert (error < 2 * end * tolerance).all(), name
    for part in range(2):
        sizes = [error[part] for error in errors.values()]
        assert max(sizes) < 10 * min(sizes)


@pytest.mark.parametrize(("end", "tolerance", "factor"), [(5.0, 1e-5, 3.0), (10.0, 1e-5, 20.0), (10.0, 1e-8, 3.0)])
def test_decaying_toy_backsolve_is_worse_until_the_state_reaches_the_tolerance(
    end: float, tolerance: float, factor: float
) -> None:
    errors = toy_errors(-1.0, end, tolerance)
    assert (errors["backsolve"] > factor * errors["aca"]).all()
    assert (errors["aca"] < 2 * tolerance * math.exp(end)).all()  # of the size of atol over z(T)


def van_der_pol(t: Any, u: Any, mu: Any) -> Any:
    return jnp.stack([u[1], mu * (1 - u[0] ** 2) * u[1] - u[0]])


POINTS = 63
SECOND_DIFFERENCE = (np.eye(POINTS, k=1) - 2 * np.eye(POINTS) + np.eye(POINTS, k=-1)) * (POINTS + 1) ** 2


def heat(t: Any, u: Any, k: Any) -> Any:
    return k * (jnp.asarray(SECOND_DIFFERENCE) @ u)


REVERSED = {
    "van der Pol": (van_der_pol, jnp.array([2.0, 0.0]), 20.0),
    "heat": (heat, jnp.sin(np.pi * jnp.arange(1, POINTS + 1) / (POINTS + 1)) ** 3, 0.01),
}


@pytest.mark.parametrize("name", REVERSED)
def test_reversed_trajectory_does_not_come_back_and_says_so(name: str) -> None:
    """With the tolerances of ode45."""
    f, start, end = REVERSED[name]

    def loss(p: Any) -> Any:
        return jnp.sum(odesolve(f, start, [0.0, end], p, rtol=1e-3, atol=1e-6, gradient="backsolve")[-1])

    with pytest.raises(errors.ReverseMissError, match=r"got: .*a miss of"):
        jax.grad(loss)(1.0)


@pytest.mark.parametrize("name", REVERSED)
def test_replay_from_the_first_state_gives_every_bit_of_the_kept_ones(name: str) -> None:
    """The frozen step alone, without error and search, walks through the states of the run exactly.

    XLA computes the step alike in both programs where it optimizes them.
    """
    with xla_flags.optimized():
        _compare_bits_of_a_replay(*REVERSED[name])


def _compare_bits_of_a_replay(f: Any, start: Any, end: float) -> None:
    runs = []
    recorded = transient.gradients.aca.recorded

    def spy(problem: Any, *args: Any) -> Any:
        out = recorded(problem, *args)
        runs.append((problem, args, out[1]))
        return out

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transient.gradients.aca, "recorded", spy)
        jax.vjp(lambda p: odesolve(f, start, [0.0, end], p, rtol=1e-3, atol=1e-6), 1.0)
    ((problem, (u, moving, fixed, _), store),) = runs
    step = jax.jit(lambda t, h, u: problem.scheme.step((moving, fixed), t, h, u))
    count = int(store.counts[-1])
    assert count > 20
    for i in range(count):
        u = step(store.t[i], store.h[i], u)
        np.testing.assert_array_equal(u, store.kept[i + 1])
