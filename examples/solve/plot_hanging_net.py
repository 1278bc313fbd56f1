r"""
A hanging net: the Hessian of a function, sparse
================================================

A net of elastic cords hangs from its corners. Its energy is a few lines of array code, and it rests where the gradient
vanishes. Newton's method wants the Hessian, which couples joints that share a cord and no others:
``sp.hessian(energy, pattern)`` reads it off a few products and returns a ``SparseArray`` to solve with.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from mpl_toolkits.mplot3d.art3d import Line3DCollection

import sparsead.jax as sp

jax.config.update("jax_enable_x64", True)

# %%
# 17 x 17 joints, 0.25 m apart, cords along both directions, of 0.2 m and so taut from the start.
side, spacing, rest, k, weight = 17, 0.25, 0.2, 400.0, 0.5  # joints, [m], [m], [N/m], [N] at each joint
number = np.arange(side**2).reshape(side, side)
cords = np.concatenate(
    [np.c_[number[:, :-1].ravel(), number[:, 1:].ravel()], np.c_[number[:-1].ravel(), number[1:].ravel()]]
)
flat = np.stack([*np.meshgrid(*2 * [spacing * np.arange(side)], indexing="ij"), np.zeros((side, side))], -1).reshape(
    -1, 3
)
corners = number[[0, 0, -1, -1], [0, -1, 0, -1]]
free = np.setdiff1d(np.arange(side**2), corners)
start = flat[free].ravel()


def energy(x, weights):
    """Return the energy of the cords and of the weights, held at the corners [J]."""
    points = jnp.asarray(flat).at[free].set(x.reshape(-1, 3))
    length = jnp.linalg.norm(points[cords[:, 1]] - points[cords[:, 0]], axis=1)
    return 0.5 * k * ((length - rest) ** 2).sum() + weights @ points[:, 2]


# %%
# Where the Hessian may have entries: all three directions of joints that share a cord.
place = np.full(side**2, -1)
place[free] = np.arange(len(free))
ends = place[np.r_[cords, cords[:, ::-1], np.c_[free, free]]]
ends = ends[(ends >= 0).all(1)]
rows, cols = (3 * ends[:, i, None, None] + np.arange(3).reshape(shape) for i, shape in ((0, (3, 1)), (1, (1, 3))))
rows, cols = (index.ravel() for index in np.broadcast_arrays(rows, cols))
pattern = sp.coo(rows, cols, np.ones(len(rows)), 2 * (len(start),))
hessian = sp.hessian(energy, pattern)
print(f"{len(start)} unknowns, {pattern.stored} entries, {hessian.colours} products for a Hessian")


@jax.jit
def newton(x, weights):
    """Return a step of Newton's method, and the largest force that is left."""
    force = jax.grad(energy)(x, weights)
    tangent = hessian(x, weights).declare(positive_definite=True)
    return x - sp.solve(tangent, force), jnp.abs(force).max()


weights = np.full(side**2, weight)
x, left = start, [np.inf]
while left[-1] > 1e-9:
    x, force = newton(x, weights)
    left.append(float(force))
print("forces left [N]: " + ", ".join(f"{force:.1e}" for force in left[1:]))
assert len(left) < 15

# %%
# One solve more tells how far the middle sinks for each newton that is hung anywhere: at rest the gradient of the
# energy stays zero, H dx + dw e = 0 for a weight dw at a joint.
middle = 3 * place[number[side // 2, side // 2]] + 2
tangent = hessian(x, weights).declare(positive_definite=True)
influence = np.zeros(side**2)
influence[free] = sp.solve(tangent, np.eye(1, len(start), middle)[0])[2::3]

# %%
# What the corners carry is what hangs on the net; and what was foretold happens: with a heavier joint, and at rest
# again, the middle has sunk by that weight times the influence.
points = flat.copy()
points[free] = np.reshape(x, (-1, 3))
along = points[cords[:, 1]] - points[cords[:, 0]]
length = np.linalg.norm(along, axis=1)
lift = k * (length - rest) * along[:, 2] / length
carried = -sum(lift[cords[:, 0] == corner].sum() - lift[cords[:, 1] == corner].sum() for corner in corners)
assert np.isclose(carried, weight * len(free), rtol=1e-8)

joint, more = number[4, 10], 1e-3
heavier, moved = weights + more * np.eye(side**2)[joint], x
for _ in range(4):
    moved, _ = newton(moved, heavier)
assert np.isclose(float(x[middle] - moved[middle]), more * influence[joint], rtol=1e-3)

# %%
# The middle feels most what hangs on itself, and the cords that cross there.
figure = plt.figure(figsize=(6.6, 5.2), layout="constrained")
axes = figure.add_subplot(projection="3d")
of_cords = 1e3 * influence[cords].mean(1)
lines = Line3DCollection(points[cords], array=of_cords, cmap="viridis_r", lw=1.8)
axes.add_collection(lines)
axes.scatter(*points[corners].T, color="k", s=30)
figure.colorbar(lines, label="sinking of the middle for a weight there [mm/N]", shrink=0.6)
axes.set(xlim=(0, 4), ylim=(0, 4), zlim=(points[:, 2].min(), 0.2), title=f"A net of {weight * len(free):.0f} N at rest")
axes.set_box_aspect((4, 4, 1.6), zoom=1.05)
axes.set_axis_off()
axes.view_init(34, -60)
figure.savefig("hanging_net.png", dpi=150)
