"""Right-hand sides that several tests use."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")

HH_START = (-59.0, 0.2, 0.9, 0.1)
HH_PARAMS = (70.0, 10.0, 0.05)
HH_SUM = -76.126337799184197
HH_GRADIENT = np.array([0.94581128071855, -18.2379802114027, 141.161758042035])


def hodgkin_huxley(t: Any, u: Any, p: Any) -> Any:
    """Return the slope of the neuron of the forum thread, its rates written as they stand there."""
    e, m, h, n = u
    v = e + 63.0
    alpha_m = -0.32 * (v - 13) / (jnp.exp(-(v - 13) / 4) - 1)
    beta_m = 0.28 * (v - 40) / (jnp.exp((v - 40) / 5) - 1)
    alpha_h = 0.128 * jnp.exp(-(v - 17) / 18)
    beta_h = 4 / (1 + jnp.exp(-(v - 40) / 5))
    alpha_n = -0.032 * (v - 15) / (jnp.exp(-(v - 15) / 5) - 1)
    beta_n = 0.5 * jnp.exp(-(v - 10) / 40)
    current = -(e - 50) * p[0] * m**3 * h - (e + 90) * p[1] * n**4 - (e + 65) * p[2] + 1.0
    return jnp.stack(
        [current, alpha_m * (1 - m) - beta_m * m, alpha_h * (1 - h) - beta_h * h, alpha_n * (1 - n) - beta_n * n]
    )


def pendulum(t: Any, u: Any, p: Any) -> Any:
    """Return the slope of a driven, damped pendulum; analytic, so that complex steps pass."""
    return jnp.stack([u[1], -p["stiffness"] * jnp.sin(u[0]) - p["damping"] * u[1] + p["drive"][0] * jnp.cos(t)])


PENDULUM_START = np.array([0.4, -0.1])
PENDULUM = {"stiffness": 2.0, "damping": 0.3, "drive": np.array([0.7])}


def scaled(tree: Any, factor: float) -> Any:
    return jax.tree.map(lambda x: factor * jnp.asarray(x), tree)
