r"""
A gap between frequencies
=========================

A machine that runs at one speed wants no resonance near it: the first two frequencies of its carrier should be far
apart. The gap is a function of 720 densities, and its gradient costs no solve beside those that found the modes.

Modes may change places on the way, or meet. So the upper end of the gap is a p-norm of all that lie above it, which is
smooth whatever they do.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead

jax.config.update("jax_enable_x64", True)

# %%
# A carrier of steel, 1.0 x 0.2 m and 10 mm thick, built in at both ends; half of the material may be used. RAMP keeps
# the ratio of stiffness to mass bounded where there is none, so that the void has no modes of its own.
length, height, thickness = 1.0, 0.2, 0.01  # [m]
young, density = 2.1e11, 7850.0  # [Pa], [kg/m^3]
mesh = fem.rectangle((60, 12), size=(length, height))
space = fem.Space(mesh, components=2)
ends = fem.fix(space, mesh.points_on(lambda x: (x[:, 0] == 0) | (x[:, 0] == length)))
smooth = fem.design.density_filter(mesh, radius=2.0 * height / 12)


def modes(x):
    """The six lowest modes of the design x."""
    y = smooth(x)
    stiff = fem.design.ramp(y, solid=young, void=1e-4 * young, penalty=6.0)
    heavy = fem.design.simp(y, solid=density, void=1e-4 * density, penalty=1.0)
    stiffness = fem.elements.elasticity(space, young=stiff, poisson=0.3, thickness=thickness, plane="stress")
    return fem.modal(stiffness, fem.elements.mass(space, heavy, thickness=thickness), ends, k=6, count=False)


def gap(x):
    """Second frequency, or what is lowest above the first, less the first. Unit: [Hz]."""
    f = modes(x).frequencies
    return (f[1:] ** -12.0).sum() ** (-1 / 12) - f[0]


# %%
# What value and gradient cost: one factorization, and the solves of Lanczos' iteration.
start = jnp.full(mesh.cell_count, 0.5)
before = modes(start)
of_values = []
for function in (gap, jax.value_and_grad(gap)):
    sparsead.factor_cache.clear()
    jax.block_until_ready(jax.jit(function)(start))
    of_values.append(sparsead.factor_cache.stats())
assert of_values[1].factorizations == 1
assert of_values[1].solves == of_values[0].solves

# %%
# The gap grows.
found = fem.optimize.mma(
    lambda x: -gap(x),
    start,
    [lambda x: fem.design.volume_fraction(mesh, smooth(x)) / 0.5 - 1],
    lower=0.0,
    upper=1.0,
    max_iterations=50,
)
after = modes(found.x)
f0, f1 = (np.asarray(one.frequencies) for one in (before, after))
print(f"first two frequencies: {f0[0]:.0f} and {f0[1]:.0f} Hz, then {f1[0]:.0f} and {f1[1]:.0f} Hz")
assert f1[1] - f1[0] > 1.5 * (f0[1] - f0[0])
assert fem.design.volume_fraction(mesh, smooth(found.x)) < 0.5 + 1e-3

# %%
# The design in its first two shapes, and the frequencies before and after.
# sphinx_gallery_squares = {0: (-0.1, 1.1, -0.5, 0.7)}
figure, axes = plt.subplots(3, 1, figsize=(7, 7.5), layout="constrained", height_ratios=(1, 1, 0.9))
material = np.asarray(smooth(found.x))
for number, ax in enumerate(axes[:2]):
    shape = np.asarray(after.shapes[number])
    moved = mesh.points + 0.1 * shape / np.abs(shape).max()
    for points, style in ((mesh.points, {"cmap": "Greys", "alpha": 0.3}), (moved, {"cmap": "Blues"})):
        corners = points[mesh.blocks[0].nodes][material > 0.3]
        patches = plt.matplotlib.collections.PolyCollection(corners, array=material[material > 0.3], **style)
        patches.set_clim(0, 1.4)
        ax.add_collection(patches)
    ax.set(aspect="equal", xlim=(-0.02, 1.02), ylim=(-0.13, 0.33), xticks=[], yticks=[])
    ax.set_title(f"mode {number + 1}: {f1[number]:.0f} Hz")
for row, f in enumerate((f1, f0)):
    axes[2].plot(f, np.full(6, row), "o", color=f"C{row}")
    axes[2].plot(f[:2], [row, row], "-", color=f"C{row}", linewidth=3)
axes[2].set(yticks=[0, 1], yticklabels=["designed", "uniform"], ylim=(-0.6, 1.6), xlabel="frequency [Hz]")
axes[2].set_title(f"gap {f0[1] - f0[0]:.0f} Hz, then {f1[1] - f1[0]:.0f} Hz")
figure.savefig("frequency_gap.png", dpi=150)
