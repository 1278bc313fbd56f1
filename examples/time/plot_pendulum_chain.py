r"""
A chain of pendulums, seldom seen
=================================

A stand-in for the irregular series of the adaptive checkpoint adjoint, whose simulated hopper is not here. Seven damped
links swing; 14 numbers, with noise, are seen at 10, 20 or 50 % of 45 irregular times. Two thirds of the time are read,
the rest is foretold: by a latent ODE, which a recurrent net starts, and by a recurrent net alone, which is told how
much time passes and goes on from its own words.

.. math::

    M(\theta)\,\ddot\theta + S(\theta)\,\dot\theta^2 + D\dot\theta + g(\theta) = 0, \qquad
    z(0) = E(\text{what was seen}), \quad \dot z = 3 (W - W^T) z + f(z), \quad \hat x = Rz
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from sparsead.transient import Backsolve, odesolve

LINKS, TIMES, READ = 7, 45, 30
ROUNDS, SEEDS = 70, 1  # enough to see it; the table of the documentation takes 600 and 3
rng = np.random.default_rng(0)
clock = 0.01 * np.arange(TIMES) + np.concatenate([[0.0], np.sort(rng.uniform(0.0, 6.0, TIMES - 1))])  # [s]
gaps = jnp.asarray(np.diff(clock, prepend=0.0)[:, None], jnp.float32)
CARRIED = jnp.asarray(LINKS - np.maximum(*np.indices((LINKS, LINKS))), jnp.float32)  # links below both, of 1 m and 1 kg
JOINTS = jnp.asarray(2 * np.eye(LINKS) - np.eye(LINKS, k=1) - np.eye(LINKS, k=-1), jnp.float32)


def swing(t, state, g):
    """Slopes of angles and rates, shape (2, 7)."""
    angle, rate = state
    apart = angle[:, None] - angle[None, :]
    torque = (CARRIED * jnp.sin(apart)) @ rate**2 + jnp.diag(CARRIED) * g * jnp.sin(angle) + 0.5 * JOINTS @ rate
    return jnp.stack([rate, -jnp.linalg.solve(CARRIED * jnp.cos(apart), torque)])


# %%
# 256 chains, bent like their slowest three motions and let go; each is seen at times of its own, and at the first.
shapes = np.sin(np.outer(np.arange(1, LINKS + 1), np.pi * (np.arange(3) + 0.5) / LINKS))
bent = jnp.asarray(rng.standard_normal((256, 3)) * [0.6, 0.3, 0.15] @ shapes.T, jnp.float32)
states = jax.vmap(lambda a: odesolve(swing, jnp.stack([a, 0 * a]), clock, 9.81, rtol=1e-4, atol=1e-4), out_axes=1)(bent)
truth = states.reshape(TIMES, 256, 2 * LINKS) / jnp.std(states, (0, 1)).ravel()
noisy = truth + 0.1 * jnp.asarray(rng.standard_normal(truth.shape), jnp.float32)
order = rng.uniform(size=(TIMES, 256)).argsort(0)
runs = np.repeat([0.1, 0.2, 0.5], SEEDS)  # all of them are trained at once, by vmap
masks = jnp.asarray(order < runs[:, None, None] * TIMES, jnp.float32).at[:, 0].set(1.0)[..., None]


def gated(p, memory, *seen):
    """What a net of gated recurrent units remembers after it saw something."""
    seen = jnp.concatenate([jnp.broadcast_to(x, (len(memory), x.shape[-1])) for x in seen], -1)
    keep, mix = jnp.split(jax.nn.sigmoid(jnp.concatenate([seen, memory], -1) @ p["gates"] + 1.0), 2, -1)
    return keep * memory + (1 - keep) * jnp.tanh(jnp.concatenate([seen, mix * memory], -1) @ p["new"])


def latent(p, x, mask, gradient):
    """What the ODE foretells from what was seen until the end of reading, shape (times, batch, 14)."""
    blank, read = jnp.zeros((x.shape[1], 32), x.dtype), (x[:READ], mask[:READ], gaps[:READ])
    start, _ = jax.lax.scan(lambda m, now: (gated(p, m, now[1] * now[0], *now[1:]), None), blank, read, reverse=True)
    return odesolve(
        lambda t, z, p: 3 * z @ (p["turn"] - p["turn"].T) + jnp.tanh(z @ p["in"] + p["bias"]) @ p["back"],
        start @ p["start"], clock, p, method="bogacki_shampine", rtol=1e-3, atol=1e-3, gradient=gradient, max_steps=200,
    ) @ p["out"]  # fmt: skip


def recurrent(p, x, mask, _):
    """What the net alone foretells from what was seen before, and after reading from its own words."""

    def step(carry, now):
        memory, said, known = carry
        x, mask, gap = now
        memory = gated(p, memory, said, known, gap)
        fresh = said + memory @ p["say"]
        return (memory, jnp.where(mask > 0, x, fresh), mask), fresh

    blank = (jnp.zeros((x.shape[1], 32), x.dtype), jnp.zeros_like(x[0]), jnp.zeros_like(mask[0]))
    return jax.lax.scan(step, blank, (x, mask.at[READ:].set(0.0), gaps))[1]


sizes = {
    "gates": (48, 64), "new": (48, 32), "start": (32, 16), "turn": (16, 16), "in": (16, 48), "bias": (1, 48),
    "back": (48, 16), "out": (16, 14), "say": (32, 14),
}  # fmt: skip


def foretold(model, gradient):
    """What each run foretells of 64 chains after training on the other 192, shape (runs, times, 64, 14)."""

    def update(k, p, first, second, x, mask):
        """One round of Adam on what is seen, later times included."""
        bar = jax.grad(lambda p: jnp.sum(mask * (model(p, x, mask, gradient) - x) ** 2) / jnp.sum(mask))(p)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, bar)
        second = jax.tree.map(lambda s, g: 0.99 * s + 0.01 * g**2, second, bar)
        rate = 0.01 * (1 + jnp.cos(jnp.pi * k / ROUNDS)) * jnp.sqrt(1 - 0.99 ** (k + 1)) / (1 - 0.9 ** (k + 1))
        return jax.tree.map(lambda x, m, s: x - rate * m / (jnp.sqrt(s) + 1e-8), p, first, second), first, second

    step, draw = jax.jit(jax.vmap(update, (None, 0, 0, 0, None, 0))), np.random.default_rng(0)
    p = {k: jnp.tile(np.float32(draw.normal(0, n[0] ** -0.5, (SEEDS, *n))), (3, 1, 1)) for k, n in sizes.items()}
    first = second = jax.tree.map(jnp.zeros_like, p)
    for k in range(ROUNDS):
        some = draw.integers(64, 256, 32)
        p, first, second = step(k, p, first, second, noisy[:, some], masks[:, :, some])
    return jax.vmap(model, (0, None, 0, None))(p, noisy[:, :64], masks[:, :, :64], "aca")


# %%
# The lowest link of an unseen chain, and mean squares of errors against the truth, relative to the variance of all.
models = {"recurrent": (recurrent, ""), "ODE, aca": (latent, "aca"), "ODE, backsolve": (latent, Backsolve(np.inf))}
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained", width_ratios=(3, 2))
axes[0].axvspan(clock[READ - 1], clock[-1], color="0.95")
axes[0].plot(clock, truth[:, 8, 6], color="0.7", linewidth=4, label="truth")
errors = {}
for color, (name, model) in zip(("tab:orange", "tab:blue", "tab:red"), models.items(), strict=True):
    found = foretold(*model)
    squares = np.mean((found - truth[:, :64]) ** 2, (2, 3)).reshape(3, SEEDS, TIMES)
    for part, style, window in (("reading", "o-", slice(1, READ)), ("afterwards", "x:", slice(READ, TIMES))):
        errors[name, part] = error = squares[:, :, window].mean(2)
        print(f"{name:14s} {part:10s}", error.mean(1).round(3), "±", error.std(1, ddof=min(1, SEEDS - 1)).round(3))
        axes[1].semilogy([10, 20, 50], error.mean(1), style, color=color, label=f"{name}, {part}", alpha=0.7)
    axes[0].plot(clock, found[0, :, 8, 6], "--" if "back" in name else "-", color=color, label=name)
assert all((errors["ODE, aca", part] < 0.7 * errors["recurrent", part]).all() for part in ("reading", "afterwards"))
axes[0].plot(clock[:READ], np.where(masks[0, :READ, 8, 0] > 0, noisy[:READ, 8, 6], np.nan), "ko", label="seen")
axes[0].set(xlabel="time [s]", ylabel="angle over its deviation", title="10 % seen; shaded: foretold")
axes[1].set(xlabel="seen [%]", ylabel="mean square of errors", xticks=[10, 20, 50], ylim=(None, 3.0))
axes[0].legend(fontsize=7)
axes[1].legend(fontsize=7, ncols=2)
figure.savefig("pendulum_chain.png", dpi=150)
