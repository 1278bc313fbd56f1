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


def regular_hodgkin_huxley(t: Any, u: Any, p: Any) -> Any:
    """Return the same slope with rates that have no holes."""
    e, m, h, n = u
    v, rate = e + 63.0, require("sparsead.transient").x_over_expm1
    alpha_m, beta_m = 1.28 * rate(-(v - 13) / 4), 1.4 * rate((v - 40) / 5)
    alpha_h, beta_h = 0.128 * jnp.exp(-(v - 17) / 18), 4 / (1 + jnp.exp(-(v - 40) / 5))
    alpha_n, beta_n = 0.16 * rate(-(v - 15) / 5), 0.5 * jnp.exp(-(v - 10) / 40)
    current = -(e - 50) * p[0] * m**3 * h - (e + 90) * p[1] * n**4 - (e + 65) * p[2] + 1.0
    gates = [a * (1 - x) - b * x for x, a, b in ((m, alpha_m, beta_m), (h, alpha_h, beta_h), (n, alpha_n, beta_n))]
    return jnp.stack([current, *gates])


# Every number of the rates, reversal potentials and current, in the order that `parametrised` takes them.
HH_RATES = (0.32, 13, 4, 0.28, 40, 5, 0.128, 17, 18, 4, 40, 5, 0.032, 15, 5, 0.5, 10, 40, 50, 90, 65, -63.0, 1.0)


def parametrised(array: Any, u: Any, g: Any, c: Any, drive: Any) -> Any:
    """Return the slope with all its numbers as parameters, in the functions of NumPy or `jax.numpy`."""
    e, m, h, n = u
    g, c = [*g], [*c]  # taken apart at once: number by number each would be padded to the whole again, going back
    v = e - c[21]
    m_opens = -c[0] * (v - c[1]) / (array.exp(-(v - c[1]) / c[2]) - 1)
    m_shuts = c[3] * (v - c[4]) / (array.exp((v - c[4]) / c[5]) - 1)
    h_opens, h_shuts = c[6] * array.exp(-(v - c[7]) / c[8]), c[9] / (1 + array.exp(-(v - c[10]) / c[11]))
    n_opens = -c[12] * (v - c[13]) / (array.exp(-(v - c[13]) / c[14]) - 1)
    n_shuts = c[15] * array.exp(-(v - c[16]) / c[17])
    current = -(e + c[20]) * g[2] - (e + c[19]) * g[1] * n**4 - (e - c[18]) * g[0] * m**3 * h + c[22] * drive
    gates = [a * (1 - x) - b * x for x, a, b in ((m, m_opens, m_shuts), (h, h_opens, h_shuts), (n, n_opens, n_shuts))]
    return array.stack([current, *gates])


def pendulum(t: Any, u: Any, p: Any) -> Any:
    """Return the slope of a driven, damped pendulum; analytic, so that complex steps pass."""
    return jnp.stack([u[1], -p["stiffness"] * jnp.sin(u[0]) - p["damping"] * u[1] + p["drive"][0] * jnp.cos(t)])


PENDULUM_START = np.array([0.4, -0.1])
PENDULUM = {"stiffness": 2.0, "damping": 0.3, "drive": np.array([0.7])}


def scaled(tree: Any, factor: float) -> Any:
    return jax.tree.map(lambda x: factor * jnp.asarray(x), tree)
