r"""
Buckling of a frame
===================

A frame of two storeys carries machines. By which factor may all loads grow until it gives way, which way does it go,
and which beam should be stiffer? The gradient of the load factor in every section goes through the normal forces that
the loads make, and costs no factorization beside that of the stiffness.

One answer is a brace in each storey: with them the frame no longer sways, and its columns buckle between the floors.
"""

from functools import partial

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead

jax.config.update("jax_enable_x64", True)

# %%
# Columns HE 160 B, bent about their weak axis, floors IPE 270, braces of round bars; each member is four beams.
width, height, young, pieces = 6.0, 3.5, 2.1e11, 4  # [m], [m], [Pa]
joints = np.array([[x, y] for y in (0.0, height, 2 * height) for x in (0.0, width)])
columns, floors, braces = [(0, 2), (1, 3), (2, 4), (3, 5)], [(2, 3), (4, 5)], [(0, 3), (2, 5)]
sections = {"column": (54.3e-4, 889e-8), "floor": (45.9e-4, 5790e-8), "brace": (7.1e-4, 4e-8)}  # [m^2], [m^4]
load, wind = 100e3, 5e3  # [N] on each joint above the ground, and on each floor from the left


def frame(members):
    """The space of a frame of some members, and the member of each beam."""
    inner = [joints[i] + (joints[j] - joints[i]) * np.arange(1, pieces)[:, None] / pieces for i, j in members]
    own = len(joints) + np.arange(len(members) * (pieces - 1)).reshape(len(members), -1)
    rows = [np.r_[i, middle, j] for (i, j), middle in zip(members, own, strict=True)]
    beams = np.concatenate([np.stack([row[:-1], row[1:]], axis=1) for row in rows])
    mesh = fem.Mesh(np.concatenate([joints, *inner]), (fem.CellBlock("line2", beams),))
    return fem.Space(mesh, components=3), np.repeat(np.arange(len(members)), pieces)


def buckling(space, area, inertia):
    """The lowest load factor, and beside it the modes."""
    feet = fem.fix(space, [0, 1])
    f = jnp.zeros(space.shape).at[2:6, 1].set(-load).at[jnp.array([2, 4]), 0].set(wind)
    stiffness = fem.elements.euler_bernoulli(space, young=young, area=area, inertia=inertia)
    forces = fem.elements.beam_forces(stiffness, fem.solve(stiffness, f, feet))
    modes = fem.buckling(stiffness, fem.elements.frame_geometric(space, forces[..., 0]), feet, k=2, count=False)
    return modes.factors[0], modes


# %%
# The frame as it is, and with its braces. Value and gradient in area and second moment of every beam take one
# factorization.
kinds = ["column"] * 4 + ["floor"] * 2 + ["brace"] * 2
found = []
for members in (columns + floors, columns + floors + braces):
    space, of_beam = frame(members)
    area, inertia = np.array([sections[kinds[m]] for m in of_beam]).T
    program = jax.jit(jax.value_and_grad(partial(buckling, space), (0, 1), has_aux=True))
    sparsead.factor_cache.clear()
    (_, modes), slopes = program(area, inertia)
    assert sparsead.factor_cache.stats().factorizations == 1
    found.append((space, of_beam, modes, (area, inertia), slopes, program))
free, braced = (one[2].factors for one in found)
print(f"load factors {free[0]:.2f} and {free[1]:.2f}, with braces {braced[0]:.2f} and {braced[1]:.2f}")
assert braced[0] > 3 * free[0]

# %%
# A storey of clamped columns between rigid floors sways under :math:`\pi^2 E I / h^2` on each column, and the lower
# storey carries both floors: that bounds the factor of the free frame. Columns that do not sway bear up to four times
# as much.
storey = np.pi**2 * young * sections["column"][1] / height**2 / (2 * load)
assert 0.5 * storey < free[0] < storey < braced[0] < 4 * storey

# %%
# What each section has in the factor of the free frame.
_, of_beam, _, given, slopes, program = found[0]
shares = np.stack([x * slope for x, slope in zip(given, slopes, strict=True)]) / free[0]
assert np.isclose(shares.sum(), 1.0, rtol=1e-6)  # all stiffnesses times c bear c times the load

# %%
# And against differences along a random change of all sections.
change = np.random.default_rng(0).uniform(-1, 1, shares.shape)


def along(h):
    """The factor with all sections changed by some part of themselves."""
    return program(*(x * (1 + h * c) for x, c in zip(given, change, strict=True)))[0][0]


step = 1e-3
difference = (8 * (along(step) - along(-step)) - (along(2 * step) - along(-2 * step))) / (12 * step)
exact = free[0] * (shares * change).sum()
print(f"slope along a random change: {exact:.8f}, by differences {difference:.8f}")
assert np.isclose(exact, difference, rtol=1e-6)

# %%
# Both ways to go, between the joints as cubic as the beams bend; and what each member has in the factor.
figure, axes = plt.subplots(1, 3, figsize=(12, 5.0), layout="constrained", width_ratios=(1, 1, 1.2))
s = np.linspace(0, 1, 9)[:, None]
cubic = [1 - 3 * s**2 + 2 * s**3, s * (1 - s) ** 2, 3 * s**2 - 2 * s**3, s**2 * (s - 1)]
for ax, (space, member, modes, *_), name in zip(axes, found, ("free", "braced"), strict=False):
    shape = np.asarray(modes.shapes[0]) * 0.9 / np.abs(modes.shapes[0][:, :2]).max()
    for beam, (i, j) in enumerate(space.mesh.blocks[0].nodes):
        x, u, turn = space.mesh.points[[i, j]], shape[[i, j], :2], shape[[i, j], 2]
        side = np.array([x[0, 1] - x[1, 1], x[1, 0] - x[0, 0]])  # length times the normal
        moved = (
            x[0]
            + s * (x[1] - x[0])
            + cubic[0] * u[0]
            + cubic[2] * u[1]
            + (cubic[1] * turn[0] + cubic[3] * turn[1]) * side
        )
        ax.plot(*x.T, color="0.8", lw=1, zorder=1)
        ax.plot(*moved.T, color="C0", lw=1 + 2 * (kinds[member[beam]] != "brace"))
    for joint in joints[2:]:
        ax.annotate("", joint, np.add(joint, (0.0, 0.9)), arrowprops={"arrowstyle": "->", "color": "C3"})
    ax.plot(*joints[:2].T, "ks", ms=9)
    ax.set(aspect="equal", xlim=(-1, 7.5), ylim=(-0.4, 8.2), xlabel="x [m]", ylabel="y [m]")
    ax.set_title(f"{name}: {modes.factors[0]:.2f} times the load")
of_member = np.bincount(of_beam, shares[1])
names = ["left, below", "right, below", "left, above", "right, above", "floor 1", "floor 2"]
axes[2].barh(names, 100 * of_member, color=["C0"] * 4 + ["C1"] * 2)
axes[2].set(xlabel="share of the second moment in the factor [%]", title="free frame: which beam matters")
figure.savefig("frame_buckling.png", dpi=150)
