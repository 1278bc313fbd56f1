r"""
A design from a neural network
==============================

Not a variable for each cell: the density at a place p is a small network of waves,

.. math::

    x(p) = s(5 \, w \cdot h(p) + b), \qquad h = a + \sin(M a), \quad a = \sin(W p + c), \quad s(t) = 1 / (1 + e^{-t}),

and its weights w, M, W, c are the variables (after Hoyer, Sohl-Dickstein and Greydanus, 2019, arXiv:1909.04240). No
filter is needed, since a few waves make no chess board; the level b makes the volume exact. The optimizer may be one
for networks: Adam, from optax. Other first weights end in other designs, up to a sixth less stiff.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import fem
import sparsead

jax.config.update("jax_enable_x64", True)

# %%
# The half of a beam on two supports, loaded in its middle; without units.
mesh = fem.rectangle((48, 16), size=(3.0, 1.0))
space = fem.Space(mesh, components=2)
corner = mesh.points_on(lambda p: (p[:, 0] == 3) & (p[:, 1] == 0))
supports = [fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0), (0,)), fem.fix(space, corner, (1,))]
load = np.zeros(space.shape)
load[mesh.points_on(lambda p: (p[:, 0] == 0) & (p[:, 1] == 1)), 1] = -1.0


@jax.jit
def work(x):
    """Work of the load for densities x."""
    young = fem.design.simp(x, solid=1.0, void=1e-6)
    u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), load, supports)
    return fem.responses.compliance(space, u, load)


# %%
# The level that leaves half of the material is found by bisection, which has no derivative, and then by one step of
# Newton's method, which changes nothing and has the derivative of the root.
width, share, rng = 24, 0.5, np.random.default_rng(2)
weights = {"W": rng.uniform(-12, 12, (2, width)), "c": rng.uniform(-np.pi, np.pi, width)}
weights |= {"M": rng.normal(size=(width, width)) / np.sqrt(width), "w": np.zeros(width)}


def density(weights, p=mesh.centers):
    """Density at places p; its mean over the cells, which are of one size, is the share."""
    waves = [jnp.sin(places @ weights["W"] + weights["c"]) for places in (mesh.centers, p)]
    found, shown = (5.0 * (a + jnp.sin(a @ weights["M"])) @ weights["w"] for a in waves)
    known, b = jax.lax.stop_gradient(found), 0.0
    for part in 50.0 / 2.0 ** np.arange(50):
        b += jnp.where(jax.nn.sigmoid(known + b).mean() > share, -part, part)
    x = jax.nn.sigmoid(found + b)
    b -= (x.mean() - share) / jax.lax.stop_gradient((x * (1 - x)).mean())
    return jax.nn.sigmoid(shown + b)


# %%
# Adam, with a step that becomes smaller. One factorization a step; the network costs nothing beside it.
steps, adam = 150, optax.adam(optax.cosine_decay_schedule(0.02, 150))
state, history = adam.init(weights), np.zeros(steps)


@jax.jit
def step(weights, state):
    """Next weights and state, and the work of the load."""
    value, slope = jax.value_and_grad(lambda weights: work(density(weights)))(weights)
    change, state = adam.update(slope, state)
    return optax.apply_updates(weights, change), state, value


sparsead.factor_cache.clear()
for i in range(steps):
    weights, state, history[i] = step(weights, state)
assert sparsead.factor_cache.stats().factorizations == steps

# %%
# What is cut out, black and white, is stiffer than a plate of half the thickness, and takes as much.
x = np.asarray(density(weights))
cut, plate = np.where(x > 0.5, 1.0, 0.0), float(work(np.ones(mesh.cell_count))) / share
title = f"{sum(a.size for a in weights.values())} weights: work {work(cut):.0f}, of a plate as heavy {plate:.0f}"
assert abs(x.mean() - share) < 1e-9 and abs(cut.mean() - share) < 0.02
assert work(cut) < plate

# %%
# The whole beam, at twenty times as many places as there are cells.
# sphinx_gallery_squares = {0: (-1.1, 1.1, -0.6, 1.6)}
figure, ax = plt.subplots(figsize=(9, 2.3), layout="constrained")
places = np.stack(np.meshgrid(np.abs(np.linspace(-3, 3, 1201)), np.linspace(0, 1, 201)), axis=-1)
ax.imshow(density(weights, places), origin="lower", extent=(-3, 3, 0, 1), cmap="Greys", vmin=0, vmax=1)
ax.plot([-3, 3], [-0.06, -0.06], "C0^", [0], [1.06], "C3v", ms=12)
ax.set(xlim=(-3.1, 3.1), ylim=(-0.15, 1.15), frame_on=False, xticks=[], yticks=[], title=title)
figure.savefig("neural_design.png", dpi=150)
