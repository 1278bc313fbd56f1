r"""
A wave in a bar, with and without numerical damping
===================================================

A steel bar is pulled suddenly at its free end. Behind the front of the wave the velocity is the same everywhere; finite
elements add ripples of their own length, which Newmark's method keeps and the generalized-:math:`\alpha` method damps.
The displacement of the end hardly changes. Its derivative in the stiffness of the elements is there where the wave has
been and its echo is back.

.. math::

    \rho A\, \ddot u = E A\, u'' , \qquad u_\mathrm{end}(t) = \frac{F t}{A \sqrt{E \rho}} \quad (t < 2 L / c), \qquad
    c = \sqrt{E / \rho}
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from sparsead.transient import generalized_alpha

jax.config.update("jax_enable_x64", True)

# %%
# One meter of steel, held at the left; the front takes 0.19 ms from end to end, and has gone three quarters of it.
cells, length, area, young, density, force = 200, 1.0, 1e-4, 2.1e11, 7850.0, 1e4  # 1, [m], [m2], [Pa], [kg/m3], [N]
speed = np.sqrt(young / density)
steps, end = 200, 0.75 * length / speed
space = fem.Space(fem.interval(cells, length))
mass = fem.elements.mass(space, density * area)
held = fem.fix(space, [0])
pull = jnp.zeros(space.shape).at[-1].set(force)
rest = jnp.zeros(space.shape)


def pulled(stiffness, method):
    """Motion at the last time. Units: [m], [m/s], [m/s2]."""
    bar = fem.elements.diffusion(space, stiffness)
    motion = fem.march(
        rest, [0.0, end], mass=mass, stiffness=bar, load=pull, supports=held, v0=rest, h=end / steps, method=method
    )
    return jax.tree.map(lambda x: x[-1, :, 0], motion)


# %%
# Behind the front the velocity is F c / (E A); how far off is it, where the front is long past?
EA = np.full(cells, young * area)
exact = force * speed / (young * area)
place = np.linspace(0, length, cells + 1)
past = place > 0.5 * length
methods = {"newmark": ("newmark", "0.6"), "generalized α, ρ = 0.5": (generalized_alpha(0.5), "C3")}
motions = {name: pulled(EA, method) for name, (method, _) in methods.items()}
ripple = {name: float(jnp.std(motion.v[past]) / exact) for name, motion in motions.items()}
print(", ".join(f"{name}: ripples of {100 * size:.2f} %" for name, size in ripple.items()))
kept, damped = ripple.values()
assert damped < 0.2 * kept

# %%
# The relative derivative of the displacement of the end: minus a half in all, by the formula, and nothing in elements
# that no echo can be back from.
gradients = {}
for name, (method, _) in methods.items():
    value, slope = jax.jit(jax.value_and_grad(lambda EA, method=method: pulled(EA, method).u[-1]))(EA)
    gradients[name] = np.asarray(slope * EA / value)
    print(f"{name}: d ln u / d ln E = {gradients[name].sum():.5f}")
    assert np.isclose(value, force * end / (area * np.sqrt(young * density)), rtol=1e-2)
    assert abs(gradients[name].sum() + 0.5) < 0.01
    assert np.abs(gradients[name][place[1:] < 0.55 * length]).max() < 1e-3 * np.abs(gradients[name]).max()

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for name, (_, color) in methods.items():
    axes[0].plot(place, motions[name].v, color=color, label=name)
    axes[1].plot(place[1:] - 0.5 / cells, cells * gradients[name], color=color, label=name)
axes[0].plot([0, 0.25, 0.25, 1], [0, 0, exact, exact], "k--", lw=1, label="exact")
axes[0].set(xlabel="distance from the wall [m]", ylabel="velocity [m/s]")
axes[1].set(xlabel="distance from the wall [m]", ylabel="share of the derivative, per meter [1/m]")
axes[0].legend(frameon=False, loc="upper left")
figure.savefig("numerical_damping.png", dpi=150)
