r"""
A heat sink: where to put the good conductor
============================================

A square chip is heated all over and cooled through a short piece of its left edge. A quarter of it may be a good
conductor: where? The mean temperature, weighted with the heat, is differentiated in the conductivity of every cell;
the good conductor grows where the derivative is steep, as a tree.

Conduction with :math:`k(x) = k_0 + x^3 (k_1 - k_0)`, convection :math:`h (T - T_0)` at the cooled piece.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import output

jax.config.update("jax_enable_x64", True)

# %%
# The upper half of the chip, 20 x 20 mm and 1 mm thick, which makes 4 W; symmetry below.
size, thickness, power, share = 0.02, 1e-3, 4.0, 0.25  # [m], [m], [W], 1
poor, good, transfer = 10.0, 1000.0, 5e4  # [W/m/K], [W/m/K], [W/m^2/K]
cells = 40
mesh = fem.rectangle((2 * cells, cells), size=(size, size / 2))
space = fem.Space(mesh)
cooled = mesh.facets_on(lambda x: (x[:, 0] == 0) & (x[:, 1] < 0.1 * size))
heat = fem.body_load(space, (power / size**2,))
convection = fem.elements.robin(space, cooled, transfer * thickness)
print(mesh, f"{float(heat.sum()):.1f} W in this half")


def temperature(conductivity):
    """Return the temperature above that of the coolant, shape (p, 1)."""
    return fem.solve(fem.elements.diffusion(space, conductivity, thickness=thickness) + convection, heat)


def mean(x):
    """Return the mean temperature of filtered densities x, weighted with the heat."""
    warm = temperature(fem.design.simp(x, solid=good, void=poor))
    return fem.responses.compliance(space, warm, heat) / heat.sum()


# %%
# What goes in must come out; and a chip that conducts twice as well, with twice the transfer, is half as warm.
conductivity = jnp.full(mesh.cell_count, 100.0)
warm = temperature(conductivity)
assert np.isclose((convection @ warm).sum(), power / 2, rtol=1e-10)


def scaled(conductivity, factor):
    """Return the work of the heat, with the transfer times a factor."""
    body = fem.elements.diffusion(space, conductivity, thickness=thickness)
    return (fem.solve(body + factor * convection, heat) * heat).sum()


value, (by_body, by_edge) = jax.value_and_grad(scaled, (0, 1))(conductivity, 1.0)
assert np.isclose(by_body @ conductivity + by_edge, -value, rtol=1e-10)

# %%
# The filter keeps branches wider than a cell; then 60 iterations with the same amount of good conductor.
smooth = fem.design.density_filter(mesh, radius=1.8 * size / (2 * cells))
found = fem.optimize.oc(
    lambda x: mean(smooth(x)),
    np.full(mesh.cell_count, share),
    lambda x: fem.design.volume_fraction(mesh, x) - share,
    lower=1e-3,
    move=0.1,
    max_iterations=60,
    change=0.0,
)
x, history = smooth(found.x), found.history.value
print(f"mean temperature {history[0]:.1f} K -> {history[-1]:.1f} K above the coolant")
assert history[-1] < 0.4 * history[0]
assert np.isclose(found.x.mean(), share, rtol=1e-6)
assert found.history.factorizations.max() == 1

# %%
# The tree and the temperature, both halves; on the right the history.
before, after = (
    np.asarray(temperature(fem.design.simp(v, solid=good, void=poor)))[:, 0] for v in (np.full_like(x, share), x)
)
figure, axes = plt.subplots(1, 3, figsize=(14.5, 4.4), layout="constrained", width_ratios=(1, 1, 0.8))
nodes = mesh.blocks[0].nodes
both = fem.Mesh(
    1e3 * np.concatenate([mesh.points, mesh.points * [1, -1]]),
    (fem.CellBlock("quad4", nodes), fem.CellBlock("quad4", nodes[:, ::-1] + len(mesh.points))),
)
style = {"edges": False, "length_unit": "mm"}
output.plot(both, np.tile(x, 2), label="density of the good conductor", axes=axes[0], colormap="copper_r", **style)
output.plot(both, np.tile(after, 2), label="above the coolant", unit="K", axes=axes[1], colormap="inferno", **style)
for ax in axes[:2]:
    ax.plot([-0.25, -0.25], [-2, 2], color="C0", lw=5, solid_capstyle="butt")
    ax.text(-0.5, 0, "cooled", rotation=90, color="C0", ha="right", va="center")
    ax.set(xlim=(-1.8, 20.5), ylabel="y [mm]")
axes[0].set_title("a quarter of good conductor, as a tree")
axes[1].set_title(f"at most {after.max():.1f} K, spread evenly {before.max():.1f} K")
axes[2].plot(history, ".-")
axes[2].set(xlabel="iteration", ylabel="mean temperature [K]", ylim=(0, None))
figure.savefig("heat_sink.png", dpi=150)
