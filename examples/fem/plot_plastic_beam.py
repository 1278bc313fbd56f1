r"""
A plastic beam
==============

A cantilever of steel is bent until it yields, and let go. It does not come back: what remains at the tip depends on
where it yielded, and the sensitivity to the yield stress of each cell says where that matters.

The plastic strain of a load step depends on those before, so the gradient goes back through all of them, with one
factorization and one solve a step, whatever the number of cells.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem

jax.config.update("jax_enable_x64", True)

# %%
# A cantilever, 1.0 x 0.1 m, in plane strain, with kinematic hardening. Cells of second order, for plastic strain keeps
# the volume, which those of first order cannot.
length, height = 1.0, 0.1  # [m]
young, poisson, first_yield, hardening = 2.1e11, 0.3, 2.5e8, 4e9  # [Pa]
mesh = fem.rectangle((20, 4), size=(length, height), element="quad8")
space = fem.Space(mesh, components=2)
wall = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
tip = mesh.points_on(lambda x: x[:, 0] == length)

# The load at which linear theory has the first fibre at the wall yield: M = Y h^2 / 6, by the law of plane strain.
elastic = first_yield * height**2 / 6 / length / np.sqrt(1 - poisson + poisson**2) / height  # [Pa] of shear at the tip
load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == length), (0.0, -elastic))
factors = np.array([0.9, 1.1, 1.3, 1.45, 0.7, 0.0])


def bent(yield_stress):
    """The path of a load that grows to 1.45 times the elastic one, and goes."""
    steel = fem.elements.j2_plasticity(
        space, young=young, poisson=poisson, yield_stress=yield_stress, kinematic_hardening=hardening
    )
    return fem.load_steps(steel, load, wall, factors=factors)


def residual(yield_stress):
    """What remains at the tip, downwards, and the path. Unit: [m]."""
    path = bent(yield_stress)
    return -path.states[-1, tip, 1].mean(), path


uniform = jnp.full(mesh.cell_count, first_yield)
program = jax.jit(jax.value_and_grad(residual, has_aux=True))
(remains, path), slope = program(uniform)
sunk = -np.asarray(path.states[:, tip, 1].mean(1))
print(f"tip: {1e3 * sunk[3]:.2f} mm under the largest load, {1e3 * remains:.3f} mm without load")

# %%
# Up to the elastic load it is linear, and unloading is elastic again; a stronger steel would have less left.
assert np.isclose(sunk[0] / factors[0], (sunk[3] - sunk[5]) / factors[3], rtol=0.01)
assert 0.02 * sunk[3] < remains < 0.5 * sunk[3]
assert slope.sum() < 0

# %%
# The gradient against differences, in a direction that makes the cells at the wall stronger.
direction = jnp.asarray(np.where(mesh.centers[:, 0] < 0.3, 1e-4 * first_yield, 0.0))
difference = (program(uniform + direction)[0][0] - program(uniform - direction)[0][0]) / 2
print(f"derivative {slope @ direction:.6e} m, by differences {difference:.6e} m")
assert np.isclose(slope @ direction, difference, rtol=1e-3)

# %%
# The tip under the load, the equivalent plastic strain that remains, and what each cell has to say.
plastic = np.asarray(path.operator.history[0][0][6].max(0))
figure, axes = plt.subplots(3, 1, figsize=(7, 7), layout="constrained", height_ratios=(1.6, 1, 1))
axes[0].plot(1e3 * np.r_[0, sunk], np.r_[0, factors], "o-")
axes[0].set(xlabel="deflection of the tip [mm]", ylabel="load over the elastic one")
axes[0].set_title(f"{1e3 * sunk[3]:.1f} mm under load, {1e3 * remains:.2f} mm remain")
for ax, values, label, colors in (
    (axes[1], 100 * plastic, "plastic strain [%]", "magma_r"),
    (axes[2], 1e12 * np.asarray(slope), "sensitivity [µm/MPa]", "viridis"),
):
    corners = mesh.points[mesh.blocks[0].nodes[:, :4]]
    patches = plt.matplotlib.collections.PolyCollection(corners, array=values, cmap=colors, edgecolor="face")
    ax.add_collection(patches)
    ax.set(aspect="equal", xlim=(0, length), ylim=(0, height), xlabel="x [m]")
    figure.colorbar(patches, ax=ax, label=label)
figure.savefig("plastic_beam.png", dpi=150)
