r"""
A pulse of heat: where to put the good conductor
================================================

An insulated plate is heated at a short piece of its left edge for ten seconds. A quarter of it may be a good conductor;
where, so that the heated piece stays cool meanwhile? Nothing flows out: what helps is to bring the heat to where it can
be stored, as far as it comes in ten seconds. Backward Euler, 50 steps; one factorization for a run and its gradient in
the conductivity of every cell.

.. math::

    c\,\dot T - \nabla\cdot(k \nabla T) = 0, \qquad \min_x \tfrac1\tau \int_0^\tau \bar T(t)\, \mathrm{d}t, \qquad
    k(x) = k_0 + x^3 (k_1 - k_0)
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.spatial import cKDTree

import fem
import sparsead
from fem import output

jax.config.update("jax_enable_x64", True)

# %%
# 40 x 40 mm, 1 mm thick, heated with 10 W; the upper half, symmetry below.
cells, size, thickness, capacity, power = 40, 0.04, 1e-3, 2.4e6, 10.0  # 1, [m], [m], [J/(m3 K)], [W]
poor, good, share, end, steps = 5.0, 200.0, 0.25, 10.0, 50  # [W/(m K)], [W/(m K)], 1, [s], 1
mesh = fem.rectangle((cells, cells // 2), size=(size, size / 2))
space = fem.Space(mesh)
piece = mesh.facets_on(lambda x: (x[:, 0] == 0) & (x[:, 1] <= 0.1 * size))
heat = fem.traction(space, piece, (power / (0.2 * size),))  # [W], in this half
mass = fem.elements.mass(space, capacity, thickness=thickness)


def warming(density, times):
    """Temperatures at the times, shape (m, p, 1), and that of the heated piece, on average over time. Unit: [K]."""
    stiffness = fem.elements.diffusion(space, poor + density**3 * (good - poor), thickness=thickness)
    states, integral = fem.march(
        jnp.zeros(space.shape), times, mass=mass, stiffness=stiffness, load=heat, h=end / steps,
        functional=lambda t, T, _: (heat * T).sum() / heat.sum(),
    )  # fmt: skip
    return states, integral[-1] / end


# %%
# The filter keeps branches wider than a cell; then 40 iterations with the same amount of good conductor.
radius = 1.8 * size / cells
pairs = cKDTree(mesh.centers).sparse_distance_matrix(cKDTree(mesh.centers), radius, output_type="coo_matrix")
weight = csr_array((radius - pairs.data, (pairs.row, pairs.col)), shape=pairs.shape)
weight = diags_array(1 / weight.sum(axis=1)) @ weight
step = jax.jit(jax.value_and_grad(lambda density: warming(density, [0.0, end])[1]))
design, history = np.full(mesh.cell_count, share), []
sparsead.factor_cache.clear()
for _ in range(40):
    value, slope = step(weight @ design)
    history.append(float(value))
    gain = np.maximum(-(weight.T @ np.asarray(slope)), 1e-12)
    low, high = 1e-12, 1e6
    while high > low * (1 + 1e-9):
        price = np.sqrt(low * high)
        trial = np.clip(design * np.sqrt(gain / price), np.maximum(design - 0.1, 1e-3), np.minimum(design + 0.1, 1.0))
        low, high = (price, high) if trial.mean() > share else (low, price)
    design = trial
made = sparsead.factor_cache.stats().factorizations
print(f"heated piece, on average: {history[0]:.1f} -> {history[-1]:.1f} K; {made / 40:.0f} factorization a design")
assert made == 40
assert history[-1] < 0.5 * history[0]

# %%
# All the heat is still there: with a plate that is insulated that holds to rounding, in every step.
x = weight @ design
times = np.linspace(0, end, steps + 1)
after, before = (warming(v, times)[0] for v in (x, np.full_like(x, share)))
stored = jax.vmap(lambda T: (mass @ T).sum())(after)
assert np.allclose(stored, power / 2 * times, rtol=1e-10)

# %%
# Where the conductor went, how warm the plate is after ten seconds, and how the heated piece warms.
nodes = mesh.blocks[0].nodes
both = fem.Mesh(
    1e3 * np.concatenate([mesh.points, mesh.points * [1, -1]]),
    (fem.CellBlock("quad4", nodes), fem.CellBlock("quad4", nodes[:, ::-1] + len(mesh.points))),
)
figure, axes = plt.subplots(1, 3, figsize=(14.5, 4.4), layout="constrained", width_ratios=(1, 1, 0.8))
style = {"edges": False, "length_unit": "mm"}
output.plot(both, np.tile(x, 2), label="density of the good conductor", axes=axes[0], colormap="copper_r", **style)
final = np.tile(np.asarray(after[-1, :, 0]), 2)
output.plot(both, final, label="temperature after 10 s", unit="K", axes=axes[1], colormap="inferno", **style)
for ax in axes[:2]:
    ax.plot([-0.4, -0.4], [-4, 4], color="C3", lw=5, solid_capstyle="butt")
    ax.set(xlim=(-1.5, 40.5), ylabel="")
for label, states, color in (("spread evenly", before, "0.6"), ("designed", after, "C3")):
    axes[2].plot(times, (states * heat).sum((1, 2)) / heat.sum(), label=label, color=color)
axes[2].set(xlabel="time [s]", ylabel="heated piece [K]", xlim=(0, end), ylim=(0, None))
axes[2].legend(frameon=False)
figure.savefig("heat_pulse.png", dpi=150)
