r"""
A tower with a rigid platform: products of sparse matrices
==========================================================

A truss is three matrices. The extensions of its bars are :math:`e = G u`, their forces :math:`D(k)\, e`, and so the
stiffness of the joints is :math:`G^T D(k)\, G`. A platform that does not bend moves as a whole: with its joints carried
along by three motions, :math:`u = T z`, the stiffness of what is left is

.. math:: K = T^T G^T D(k)\, G\, T .

Each factor is a ``SparseArray``, and so are the products; the gradient in all stiffnesses is one call.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

import sparsead.numpy as sp

# %%
# Ten storeys, 1 m wide and high, with crossed bracing; the foot is held. The platform on top is 3 m wide: its joints
# are the two of the last storey.
storeys = 10
joints = np.array([(x, y) for y in range(storeys + 1) for x in (0.0, 1.0)])
bars = np.array(
    [
        bar
        for s in range(storeys)
        for bar in ((2 * s, 2 * s + 2), (2 * s + 1, 2 * s + 3), (2 * s, 2 * s + 3), (2 * s + 1, 2 * s + 2))
        + (((2 * s + 2, 2 * s + 3),) if s < storeys - 1 else ())
    ]
)
along = joints[bars[:, 1]] - joints[bars[:, 0]]
length = np.hypot(*along.T)
direction = along / length[:, None]
k = 2.1e11 * 1e-4 / length  # E A / l of steel bars of 1 cm² [N/m]

# %%
# G has four entries in a row: the direction of the bar, at both of its ends.
numbers = np.repeat(np.arange(len(bars)), 4)
places = np.column_stack([2 * bars[:, 0], 2 * bars[:, 0] + 1, 2 * bars[:, 1], 2 * bars[:, 1] + 1])
G = sp.coo(numbers, places.ravel(), np.hstack([-direction, direction]).ravel(), (len(bars), 2 * len(joints)))

# %%
# T: free joints keep their two displacements, the foot has none, and the joints of the platform move by its two
# displacements and its rotation about the point between them.
free = np.arange(4, 2 * len(joints) - 4)
platform = free.size + np.arange(3)
on_top = np.array([len(joints) - 2, len(joints) - 1])
centre = joints[on_top].mean(0)
arm = joints[on_top] - centre
rows = np.r_[free, 2 * on_top, 2 * on_top + 1, 2 * on_top, 2 * on_top + 1]
cols = np.r_[np.arange(free.size), np.repeat(platform[:2], 2), np.repeat(platform[2], 4)]
weights = np.r_[np.ones(free.size + 4), -arm[:, 1], arm[:, 0]]
T = sp.coo(rows, cols, weights, (2 * len(joints), free.size + 3))

# %%
# A load of 1 kN at the right tip of the platform: a force and a moment. What counts is how far that tip sinks.
reach = 1.5
load = np.zeros(free.size + 3)
load[platform] = 0.0, -1000.0, -1000.0 * reach
down = load / 1000.0


def displacements(k):
    """Return the motion of free joints and platform."""
    K = (T.T @ (G.T @ sp.diags([k]) @ G) @ T).declare(positive_definite=True)
    return sp.solve(K, load)


def sinking(k):
    """Return how far the loaded tip sinks [m]."""
    return (displacements(k) * down).sum()


u, pullback = sp.vjp(sinking, k)
share = -k * pullback(np.array(1.0))[0] / u
print(f"the tip sinks by {1e3 * u:.3f} mm; the bars' shares add up to {share.sum():.12f}")

# %%
# Making every bar stiffer by one percent makes the tip sink by one percent less: the shares of the bars add up to one.
# Each is the energy of the bar over that of all, half of stiffness times extension squared: never negative.
joint_motion = T @ displacements(k)
energy = 0.5 * k * (G @ joint_motion) ** 2
assert np.isclose(share.sum(), 1.0, rtol=1e-10)
assert np.allclose(share, energy / energy.sum(), rtol=1e-8, atol=1e-12)

# %%
# Force and moment are the same in every storey, and so are the shares: the columns on the side of the load carry both
# and do most of the work, those on the other side hold the moment only, the bracing next to nothing.
figure, axes = plt.subplots(figsize=(5.2, 6.6), layout="constrained")
moved = joints + 200 * joint_motion.reshape(-1, 2)
axes.add_collection(LineCollection(joints[bars], color="0.8", lw=1))
lines = LineCollection(moved[bars], array=100 * share, cmap="viridis_r", lw=3)
axes.add_collection(lines)
turned = 200 * displacements(k)[platform]
deck = centre + turned[:2] + np.array([-reach, 0, reach])[:, None] * np.array([1.0, turned[2]])
axes.plot(*deck.T, color="0.2", lw=6, solid_capstyle="round")
axes.annotate("1 kN", deck[2], deck[2] - [0, 1.6], ha="center", arrowprops={"arrowstyle": "<-", "lw": 2})
figure.colorbar(lines, label="share of the sinking [%]", shrink=0.8)
axes.set(aspect="equal", xlim=(-1.5, 4.5), ylim=(-0.5, 11), title="What makes the loaded tip sink (motion × 200)")
axes.set_axis_off()
figure.savefig("tower_with_platform.png", dpi=150)
