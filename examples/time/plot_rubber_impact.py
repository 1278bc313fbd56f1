r"""
A block of rubber hits a wall
=============================

A block of neo-Hookean rubber flies against a wall at 20 m/s and sticks to it. It is squeezed by almost a third: far
from linear. The method of Newmark with Newton's in every step, and the derivative in the stiffness of every cell.

.. math::

    M \ddot u + r(u) = 0, \qquad u(0) = 0, \qquad \dot u(0) = -V e_x
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import output

jax.config.update("jax_enable_x64", True)

# %%
# 60 x 40 mm in plane strain. One wave through the block takes 1.6 ms.
length, width, young, poisson = 0.06, 0.04, 1.5e6, 0.4  # [m], [m], [Pa], 1
density, speed = 1100.0, 20.0  # [kg/m3], [m/s]
mesh = fem.rectangle((9, 6), size=(length, width))
space = fem.Space(mesh, components=2)
wall = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
back = mesh.points_on(lambda x: np.isclose(x[:, 0], length))
mass = fem.elements.mass(space, density)
h, steps = 2.5e-5, 160
times = h * np.arange(steps + 1)


def fly(young, speed, times=times, h=h):
    """Motion of the block, and the work of its internal forces: the energy that it stores. Unit: [J/m]."""
    rubber = fem.elements.neo_hookean(space, young=young, poisson=poisson)
    return fem.march(
        jnp.zeros(space.shape), times, mass=mass, stiffness=rubber, supports=wall, h=h,
        v0=jnp.zeros(space.shape).at[:, 0].set(-speed),
        functional=lambda t, motion, _: jnp.sum(rubber.forces(motion.u) * motion.v),
    )  # fmt: skip


E = np.full(mesh.cell_count, young)
motion, stored = jax.jit(fly)(E, speed)
moving = jax.vmap(lambda v: 0.5 * jnp.sum(v * (mass @ v)))(motion.v)
total = np.asarray(moving + stored)
print(f"energy after the first step: {total[1]:.3f} J/m, later between {total[1:].min():.3f} and {total[1:].max():.3f}")
assert np.ptp(total[1:]) < 0.02 * total[1]

# %%
# When is it shortest, and how much shorter would it be if a cell were softer?
ends = np.asarray(motion.u[:, back, 0].mean(1))
shortest = int(np.argmin(ends))
until = times[[0, shortest]]


def shortening(E, V):
    """Mean displacement of the back when it is shortest, negative. Unit: [m]."""
    return fly(E, V, until)[0].u[-1, back, 0].mean()


by_cell, by_speed = jax.jit(jax.grad(shortening, (0, 1)))(E, speed)
print(f"squeezed by {-100 * ends[shortest] / length:.0f} % after {1e3 * times[shortest]:.2f} ms")
assert 0.25 < -ends[shortest] / length < 0.5

# %%
# By dimensions u depends on :math:`V / c`, :math:`c t` and :math:`c h` only, with :math:`c^2 = E / \rho`. So a body
# stiffer by :math:`2 \epsilon` moves like one that is hit more slowly, and looked at later, by :math:`\epsilon`.
later, sooner = (fly(E, speed, until * f, h * f)[0].u[-1, back, 0].mean() for f in (1 + 1e-4, 1 - 1e-4))
left = float(by_cell @ E)
right = 0.5 * float((later - sooner) / 2e-4 - speed * by_speed)
print(f"stiffer by 1 %: longer by {10 * left:.6f} mm; by dimensions {10 * right:.6f} mm")
assert abs(left - right) < 1e-5 * abs(right)

# %%
# The block while it hits, its energy, and which cells make it shorter.
# sphinx_gallery_squares = {1: None}
figure, axes = plt.subplots(1, 4, figsize=(15, 3.8), layout="constrained", width_ratios=(1, 1, 1, 1.2))
style = {"scale": 1.0, "length_unit": "mm", "supports": wall}
shown = fem.Mesh(1e3 * mesh.points, mesh.blocks)
volumes = [np.linalg.det(np.eye(2) + np.asarray(fem.fields.gradient(space, u))) for u in motion.u]
for ax, i in zip(axes, (12, shortest), strict=False):
    moved = 1e3 * np.asarray(motion.u[i])
    output.plot(shown, 100 * (volumes[i] - 1), displacement=moved, axes=ax, label="change of volume", unit="%",
                limits=(-30, 30), colormap="RdBu", **style)  # fmt: skip
    ax.set(title=f"after {1e3 * times[i]:.2f} ms")
effect = 1e6 * 0.01 * np.asarray(by_cell) * young
output.plot(shown, effect, displacement=1e3 * np.asarray(motion.u[shortest]), axes=axes[2], colormap="viridis",
            label="longer by, if the cell were stiffer by 1 %", unit="µm", **style)  # fmt: skip
for curve, label, color in ((moving, "of motion", "C0"), (stored, "stored", "C1"), (total, "both", "0.4")):
    axes[3].plot(1e3 * times, curve, label=label, color=color)
axes[3].set(xlabel="time [ms]", ylabel="energy [J/m]", ylim=(0, None))
axes[3].legend(frameon=False)
figure.savefig("rubber_impact.png", dpi=150)
