r"""
Three bodies of unknown law
===========================

The three bodies again, but now the law is not known either: a network gives the accelerations, learnt from one unit of
time and asked for two. Beside it a long short-term memory, which reads the first unit and goes on by itself. How the
rows of the published table come out for three seeds, three gradients and two precisions is measured by ``python -m
benchmarks bodies``.

.. math::

    \dot r = K_2 v, \qquad \dot v = K_1\, B \tanh\bigl(A\, x(r) + a\bigr) + K_1 b, \qquad
    x(r) = \bigl(r_i,\; (r_i - r_j) / |r_i - r_j|^k\bigr), \; k = 0 \ldots 3
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from sparsead.transient import odesolve

jax.config.update("jax_enable_x64", True)
K1, K2 = 0.200484372692, 7.239323869320
START = jnp.array([[0, 0.2, 0], [0.5, 0, 0.5], [0, 0, 0.5], [0, 0.1, 0], [0, 0, 0.1], [0.1, 0, 0]])
LATER, SEEN = np.linspace(0.0, 2.0, 201), np.linspace(0.0, 1.0, 101)
MASS, PAIRS = jnp.array([1.1, 1.1, 0.9]), 1.0 - jnp.eye(3)


def law(t, state, _):
    """Newton's, which made the data."""
    apart = state[:3, None] - state[None, :3]
    distance = jnp.sqrt(jnp.sum(apart**2, -1) + jnp.eye(3))
    return jnp.concatenate([K2 * state[3:], -K1 * jnp.sum((PAIRS * MASS / distance**3)[..., None] * apart, 1)])


truth = odesolve(law, START, LATER, rtol=1e-10, atol=1e-10)[:, :3]
data = truth[: SEEN.size]


def inputs(place):
    """Places and what separates the pairs, over powers of its length: shape (45,)."""
    apart = place[jnp.array([0, 0, 1])] - place[jnp.array([1, 2, 2])]
    length = jnp.linalg.norm(apart, axis=1, keepdims=True)
    return jnp.concatenate([place, *(apart / length**k for k in range(4))]).ravel()


def network(t, state, p):
    """Velocities, and accelerations by a layer of 100 units."""
    pull = jnp.tanh(inputs(state[:3]) @ p["into"] + p["bias"]) @ p["out"] + p["shift"]
    return jnp.concatenate([K2 * state[3:], K1 * pull.reshape(3, 3)])


def flown(p, times):
    """Places at the times by the network, shape (m, 3, 3)."""
    return odesolve(network, START, times, p, rtol=1e-5, atol=1e-5, max_steps=400)[:, :3]


def told(p, later=0):
    """Each next place by the memory, of those it reads and then of `later` of its own, shape (m, 3, 3)."""

    def step(memory, place):
        cell, out = memory
        enter, keep, show, new = jnp.split(jnp.concatenate([inputs(place), out]) @ p["into"] + p["bias"], 4)
        cell = jax.nn.sigmoid(keep) * cell + jax.nn.sigmoid(enter) * jnp.tanh(new)
        out = jax.nn.sigmoid(show) * jnp.tanh(cell)
        return (cell, out), place + (out @ p["out"] + p["shift"]).reshape(3, 3)

    memory, read = jax.lax.scan(step, (jnp.zeros(64),) * 2, data)
    _, own = jax.lax.scan(lambda c, _: (step(*c), step(*c)[1]), (memory, read[-1]), length=later)
    return jnp.concatenate([read, own])


def learnt(loss, rows, units, outputs, rate, rounds):
    """Weights by Adam, and the loss of each round; the start gives next to nothing."""
    rng = np.random.default_rng(0)
    p = {"into": rng.standard_normal((rows, units)) / rows**0.5, "bias": np.zeros(units),
         "out": 0.1 * rng.standard_normal((outputs, 9)) / outputs**0.5, "shift": np.zeros(9)}  # fmt: skip
    step, history = jax.jit(jax.value_and_grad(loss)), []
    first = second = jax.tree.map(jnp.zeros_like, p)
    for k in range(rounds):
        value, bar = step(p)
        history.append(float(value))
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, bar)
        second = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g**2, second, bar)
        size = rate * (1 + np.cos(np.pi * k / rounds)) / 2 * np.sqrt(1 - 0.999 ** (k + 1)) / (1 - 0.9 ** (k + 1))
        p = jax.tree.map(lambda x, m, s, size=size: x - size * m / (jnp.sqrt(s) + 1e-8), p, first, second)
    return p, history


# %%
# The network is fitted to the tracks, early times first; the memory to each next place.
net, fell = learnt(
    lambda p: jnp.mean(0.01**SEEN * jnp.sum((flown(p, SEEN) - data) ** 2, (1, 2))), 45, 100, 100, 0.03, 600
)
memory, sank = learnt(lambda p: jnp.mean(jnp.sum((told(p)[:-1] - data[1:]) ** 2, (1, 2))), 45 + 64, 256, 64, 0.01, 400)
found = {"network": flown(net, LATER), "memory": jnp.concatenate([data[:1], told(memory, 99)])}
errors = {name: jnp.sum((places - truth) ** 2, (1, 2)) for name, places in found.items()}
for name, error in errors.items():
    print(
        f"{name:7s}: error {error[101:126].mean():.2g} in the next quarter, {error.mean():.2g} over two units of time"
    )
assert fell[-1] < 0.2 * fell[0]
assert sank[-1] < 1e-2 * sank[0]
assert errors["network"][:101].mean() < 0.1
assert errors["memory"][101:126].mean() > 1e3 * errors["memory"][:101].mean()

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for body, color in enumerate(("tab:purple", "tab:green", "tab:brown")):
    axes[0].plot(LATER, truth[:, body, 2], linewidth=4, alpha=0.3, color=color, label=f"body {body + 1}")
    axes[0].plot(LATER, found["network"][:, body, 2], "--", color=color)
axes[0].set(ylabel="height", title="tracks, and (dashed) those of the network")
for name, error in errors.items():
    axes[1].semilogy(LATER[1:], error[1:], label=name)
axes[1].set(ylabel="sum of squares", title="errors")
for axis in axes:
    axis.axvspan(1.0, 2.0, color="0.95", zorder=-2)
    axis.set(xlabel="time; shaded: foretold", xlim=(0.0, 2.0))
    axis.legend()
figure.savefig("neural_bodies.png", dpi=150)
