r"""
Stress concentration at a hole
==============================

A strip with a round hole is pulled. How much higher is the stress at the hole than far away, and how does it change
with the diameter? For a small hole the answer is three (Kirsch, 1898). For a wide one there is a fit to
the series of Howland (1930), with q = d / W the part of the width that is drilled away:

.. math::

    K = \frac{3 - 3.14 q + 3.667 q^2 - 1.527 q^3}{1 - q}
"""

import jax
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# A quarter of the strip: rays from the hole to the edges, finer at the hole; one of them leads into the corner.
half_width, half_length, pull = 0.05, 0.12, 100e6  # [m], [m], [Pa]
material = {"young": 210e9, "poisson": 0.3}  # [Pa], 1
grid = fem.rectangle((16, 24), element="quad8")
sets = {"on x": lambda s: s[:, 1] == 0, "on y": lambda s: s[:, 1] == 1}
grid = grid.with_sets(points=sets, facets={"end": lambda s: (s[:, 0] == 1) & (s[:, 1] <= 0.5)})
across, along = grid.points[:, 0], grid.points[:, 1]
edge = np.minimum(1.0, 2 * np.stack([1 - along, along], axis=1)) * [half_length, half_width]
ray = np.where(along[:, None] == [1, 0], 0.0, np.stack([np.cos(np.pi / 2 * along), np.sin(np.pi / 2 * along)], axis=1))


def place(diameter):
    """Return the points of the strip with a hole of some diameter, shape (p, 2)."""
    ends = diameter / 2 * ray, edge
    ratio = 2 * half_length / diameter
    part = ((ratio**across - 1) / (ratio - 1))[:, None]
    return (1 - part) * ends[0] + part * ends[1]


mesh = grid.with_points(place(0.02)).check()
space = fem.Space(mesh, components=2)
supports = fem.fix(space, "on x", 1) + fem.fix(space, "on y", 0)
load = fem.traction(space, "end", (pull, 0.0))
top = np.flatnonzero((across == 0) & (along == 1))[0]


def solved(diameter):
    """Return displacements and stresses at all points."""
    where = space.at(place(diameter))
    u = fem.solve(fem.elements.elasticity(where, **material), load, supports)
    return u, fields.stress(where, u, at="points", **material)


def concentration(diameter):
    """Return the stress beside the hole over that of the strip."""
    return solved(diameter)[1][top, 0, 0] / pull


# %%
# The factor and its derivative in the diameter, with one compiled program for all.
drilled = np.linspace(0.08, 0.6, 9)
value_and_slope = jax.jit(jax.value_and_grad(concentration))
found = np.array([value_and_slope(2 * half_width * part) for part in drilled])
howland = np.polyval([-1.527, 3.667, -3.14, 3], drilled) / (1 - drilled)
for part, (factor, _), fit in zip(drilled, found, howland, strict=True):
    print(f"d / W = {part:.3f}: K = {factor:.3f}, fit {fit:.3f}")
assert np.all(np.abs(found[:, 0] / howland - 1) < 0.015)
assert abs(found[0, 0] - 3) < 0.05
h = 1e-4
difference = (value_and_slope(0.03 + h)[0] - value_and_slope(0.03 - h)[0]) / (2 * h)
assert np.isclose(value_and_slope(0.03)[1], difference, rtol=1e-4)

# %%
# The stress along the strip, and the factor with its tangents.
u, stress = solved(0.03)
shown = grid.with_points(place(0.03))
# sphinx_gallery_squares = {0: (-0.003, 0.057, -0.003, 0.057)}
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.4), layout="constrained", width_ratios=(1.5, 1))
style = {"label": "stress along the strip", "unit": "MPa", "supports": supports, "loads": load, "axes": axes[0]}
output.plot(shown, np.asarray(stress)[:, 0, 0] / 1e6, **style)
axes[0].set_title(f"a quarter of a strip, d / W = 0.3, pulled by {pull / 1e6:.0f} MPa")
axes[1].plot(drilled, howland, color="0.6", label="Howland, a fit")
axes[1].plot(drilled, found[:, 0], "o", color="C0", label="finite elements")
reach = np.array([-0.03, 0.03])
for part, (factor, slope) in zip(drilled, found, strict=True):
    axes[1].plot(part + reach, factor + 2 * half_width * slope * reach, color="C3", lw=2, zorder=1)
axes[1].plot([], [], color="C3", lw=2, label="derivative in the diameter")
axes[1].axhline(3, color="k", ls=":", lw=1, label="Kirsch: 3")
axes[1].set(xlabel="d / W", ylabel="stress concentration K", ylim=(2.5, None))
axes[1].legend(frameon=False)
figure.savefig("plate_with_hole.png", dpi=150)
