r"""
A floating satellite: solving with a singular matrix
====================================================

A satellite fires its thruster. Nothing holds it: its stiffness matrix maps rigid motions to zero and has no inverse. In
the frame that moves along, the inertia of every mass balances the thrust, and loads in balance deform it in one way.
``solve(K, b, null_space=Z)`` finds the deformation that has no rigid motion in it.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

import sparsead
import sparsead.numpy as sp

# %%
# A lattice of bars, joints 0.5 m apart: a body of 5 x 5, two panels of 2 x 14 at its sides. Bars lie along edges and
# both diagonals of each cell.
grid = np.array([(x, y) for x in range(-15, 18) for y in range(5)])
body = (grid[:, 0] >= -1) & (grid[:, 0] <= 3)
panel = (grid[:, 1] >= 2) & (grid[:, 1] <= 3)
joints = 0.5 * grid[body | panel]
far = np.abs(joints[:, None] - joints).max(-1)
near = np.hypot(*np.moveaxis(joints[:, None] - joints, -1, 0)) < 0.8
bars = np.argwhere(np.triu(near & (far > 0)))
along = joints[bars[:, 1]] - joints[bars[:, 0]]
length = np.hypot(*along.T)
on_panel = ~((joints[bars, 0] >= -0.5) & (joints[bars, 0] <= 1.5)).all(1)
k = np.where(on_panel, 2.0e5, 2.0e6) / length  # EA / l [N/m]: the panels are light
mass = np.where((joints[:, 0] >= -0.5) & (joints[:, 0] <= 1.5), 4.0, 0.5)  # [kg]

# %%
# Extensions of the bars are G u, and K = Gᵀ D(k) G. Rigid motions extend nothing: two translations and a rotation.
numbers = np.repeat(np.arange(len(bars)), 4)
places = np.column_stack([2 * bars[:, 0], 2 * bars[:, 0] + 1, 2 * bars[:, 1], 2 * bars[:, 1] + 1])
direction = along / length[:, None]
G = sp.coo(numbers, places.ravel(), np.hstack([-direction, direction]).ravel(), (len(bars), 2 * len(joints)))
centre = (mass @ joints) / mass.sum()
arm = joints - centre
motions = np.zeros((2 * len(joints), 3))
motions[0::2, 0] = motions[1::2, 1] = 1.0
motions[0::2, 2], motions[1::2, 2] = -arm[:, 1], arm[:, 0]

# %%
# 10 N push the body upwards, at its lowest joint. The satellite accelerates as a rigid body, and each mass resists:
# thrust and inertia together have no resultant.
thrust = np.zeros(2 * len(joints))
thrust[2 * np.argmin(np.hypot(joints[:, 0] - 0.5, joints[:, 1])) + 1] = 10.0
inertia = np.repeat(mass, 2)[:, None] * motions
acceleration = np.linalg.solve(motions.T @ inertia, motions.T @ thrust)
load = thrust - inertia @ acceleration
print(f"acceleration {acceleration[1]:.4f} m/s², resultants {np.abs(motions.T @ load).max():.1e} N")


def deformation(k):
    """Return the displacements without rigid motion [m]."""
    K = (G.T @ sp.diags([k]) @ G).declare(positive_definite=True)
    return sp.solve(K, load, null_space=motions)


# %%
# How far the tips of the panels lag behind the body, and which bars let them.
left, right = np.argmin(joints @ (1.0, 0.1)), np.argmax(joints @ (1.0, -0.1))
middle = np.argmin(np.hypot(*(joints - (0.5, 1.0)).T))


def lag(k):
    """Return how far the tips are behind the middle of the body [m]."""
    u = deformation(k)
    return u[2 * middle + 1] - 0.5 * (u[2 * left + 1] + u[2 * right + 1])


sparsead.factor_cache.clear()
behind, pullback = sp.vjp(lag, k)
share = -k * pullback(np.array(1.0))[0] / behind
u = deformation(k)
print(f"the tips lag by {1e3 * behind:.2f} mm; the bars' shares add up to {share.sum():.12f}")

# %%
# The shares add up to one, as twice the stiffness is half of the lag; the solution has no rigid motion in it; and
# holding three displacements instead, as one would by hand, gives the same extensions of all bars.
assert sparsead.factor_cache.stats().factorizations == 1
assert np.isclose(share.sum(), 1.0, rtol=1e-9)
assert np.abs(motions.T @ u).max() < 1e-9 * np.abs(u).max()
free = np.setdiff1d(np.arange(2 * len(joints)), [2 * left, 2 * left + 1, 2 * right + 1])
held = np.zeros_like(u)
held[free] = sp.solve((G.T @ sp.diags([k]) @ G).select(free, free).declare(positive_definite=True), load[free])
assert np.allclose(G @ held, G @ u, rtol=1e-6, atol=1e-9 * np.abs(G @ u).max())

# %%
# The panels are bent as wings: most at the root, by what is beyond.
figure, axes = plt.subplots(figsize=(9.0, 3.2), layout="constrained")
moved = joints + 400 * u.reshape(-1, 2)
axes.add_collection(LineCollection(joints[bars], color="0.85", lw=1))
lines = LineCollection(moved[bars], array=100 * share, cmap="viridis_r", lw=2.5)
axes.add_collection(lines)
foot = moved[np.argmax(thrust) // 2]
axes.annotate("thrust 10 N", foot, foot - [0, 1.0], ha="center", arrowprops={"arrowstyle": "->", "lw": 2})
figure.colorbar(lines, label="share of the lag [%]", shrink=0.8)
axes.set(aspect="equal", xlim=(-8, 9), ylim=(-1.4, 2.8), title="Panels lag behind the body (deformation × 400)")
axes.set_axis_off()
figure.savefig("floating_satellite.png", dpi=150)
