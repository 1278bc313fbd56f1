r"""
Three bodies of unknown mass
============================

Three bodies attract each other. Their tracks over one unit of time are known, their masses are not; found by gradient
descent on the tracks, they predict a second unit. Adaptive steps, and the gradient that is exact on them.

.. math::

    \ddot r_i = -K_1 K_2 \sum_{j \ne i} m_j \frac{r_i - r_j}{|r_i - r_j|^3}

Set-up and constants are those of the package torch_ACA; its published error of prediction is 7e-4.
"""

import functools

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from sparsead.transient import odesolve

jax.config.update("jax_enable_x64", True)
K1, K2 = 0.200484372692, 7.239323869320
START = jnp.array(
    [[0, 0.2, 0], [0.5, 0, 0.5], [0, 0, 0.5], [0, 0.1, 0], [0, 0, 0.1], [0.1, 0, 0]]
)  # places, velocities
TRUE = jnp.array([1.1, 1.1, 0.9])
PAIRS = 1.0 - jnp.eye(3)


def slope(t, state, mass):
    """Velocities and accelerations, shape (6, 3)."""
    place, velocity = state[:3], state[3:]
    apart = place[:, None] - place[None, :]
    distance = jnp.sqrt(jnp.sum(apart**2, -1) + jnp.eye(3))
    pull = -jnp.sum((PAIRS * mass / distance**3)[..., None] * apart, 1)
    return jnp.concatenate([K2 * velocity, K1 * pull])


def tracks(mass, times, tolerance, gradient="aca"):
    """Places at the times, shape (m, 3, 3)."""
    states = odesolve(
        slope, START.astype(mass.dtype), times, mass, rtol=tolerance, atol=tolerance, gradient=gradient, max_steps=3000
    )
    return states[:, :3]


SEEN, LATER = np.linspace(0.0, 1.0, 101), np.linspace(0.0, 2.0, 201)
future = tracks(TRUE, LATER, 1e-10)
data = future[: SEEN.size]


@functools.partial(jax.jit, static_argnums=(1, 2))
@functools.partial(jax.value_and_grad, has_aux=True)
def step(mass, tolerance, gradient):
    """Loss and sum of squares. Early errors count more: a wrong mass tells at once, later everything is wrong."""
    squares = jnp.sum((tracks(mass, SEEN, tolerance, gradient) - data) ** 2, (1, 2))
    return jnp.mean(0.01**SEEN * squares), jnp.sum(squares)


def fitted(seed, tolerance, gradient, kind, rounds=100):
    """Masses found by Adam from masses near one, and the best loss after each round."""
    mass = jnp.asarray(1.0 + 0.1 * np.random.default_rng(seed).uniform(-1, 1, 3), kind)
    first, second, best, history = 0 * mass, 0 * mass, (np.inf, mass), []
    for k in range(rounds):
        (_, total), bar = step(mass, tolerance, gradient)
        best = min(best, (float(total), mass), key=lambda pair: pair[0])
        history.append(best[0])
        first, second = 0.5 * first + 0.5 * bar, 0.5 * second + 0.5 * bar**2
        shares = 1 - 0.5 ** (k + 1)
        mass = mass - 0.1 * 0.95**k * (first / shares) / (jnp.sqrt(second / shares) + 1e-8)
    return best[1], history


# %%
# The error of prediction is the mean over time of the sum over nine coordinates, on twice the time that was seen.
results = {}
runs = [("aca", 1e-7, "float64", seed) for seed in (0, 1, 2)]
runs += [("backsolve", 1e-7, "float64", 0), ("aca", 1e-5, "float64", 0), ("aca", 1e-5, "float32", 0)]
for gradient, tolerance, kind, seed in runs:
    mass, history = fitted(seed, tolerance, gradient, kind)
    error = float(jnp.mean(jnp.sum((tracks(mass, LATER, tolerance) - future) ** 2, (1, 2))))
    results[gradient, tolerance, kind, seed] = error, mass, history
    print(f"{gradient:9s} {tolerance:.0e} {kind} seed {seed}: masses {np.asarray(mass).round(6)}, error {error:.1e}")

assert all(results[run][0] < 1e-6 for run in runs[:3])

# %%
figure = plt.figure(figsize=(9, 4), layout="constrained")
space, losses = figure.add_subplot(1, 2, 1, projection="3d"), figure.add_subplot(1, 2, 2)
found = np.asarray(tracks(results[runs[0]][1], LATER, 1e-7))
for body in range(3):
    (line,) = space.plot(*np.asarray(future)[:, body].T, linewidth=3, alpha=0.3)
    space.plot(*found[:, body].T, "--", color=line.get_color(), linewidth=1)
space.set_title("tracks, and from the masses found")
for (gradient, tolerance, kind, seed), (_, _, history) in results.items():
    style = {"backsolve": "--"}.get(gradient, ":" if kind == "float32" else "-")
    losses.semilogy(history, style, label=f"{gradient}, {tolerance:.0e}, {kind}, seed {seed}")
losses.set(xlabel="round", ylabel="best sum of squares so far")
losses.legend(fontsize=7)
figure.savefig("three_bodies.png", dpi=150)
