r"""
The lightest frame that neither buckles nor resonates
=====================================================

A frame of two storeys is made as light as it may be: it must bear many times its load before it buckles, and its
frequencies must lie above that of a machine. Both limit a smallest eigenvalue, which modes take turns to be, or share.
So the limit is on a p-norm of several, which is smooth whatever they do, and on the safe side:

.. math:: \max_i \frac{s}{f_i} \le \Bigl( \sum_i \bigl(\tfrac{s}{f_i}\bigr)^p \Bigr)^{1/p} \le 1
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem

jax.config.update("jax_enable_x64", True)

# %%
# Four columns and two floors, each of four beams; areas are variables, second moments follow as in sections that are
# scaled.
width, height, pieces = 6.0, 3.5, 4  # [m]
young, density = 2.1e11, 7850.0  # [Pa], [kg/m^3]
joints = np.array([[x, y] for y in (0.0, height, 2 * height) for x in (0.0, width)])
members = [(0, 2), (1, 3), (2, 4), (3, 5), (2, 3), (4, 5)]
inner = [joints[i] + (joints[j] - joints[i]) * np.arange(1, pieces)[:, None] / pieces for i, j in members]
own = len(joints) + np.arange(len(members) * (pieces - 1)).reshape(len(members), -1)
rows = [np.r_[i, middle, j] for (i, j), middle in zip(members, own, strict=True)]
beams = np.concatenate([np.stack([row[:-1], row[1:]], axis=1) for row in rows])
mesh = fem.Mesh(np.concatenate([joints, *inner]), (fem.CellBlock("line2", beams),))
space, of_beam = fem.Space(mesh, components=3), np.repeat(np.arange(len(members)), pieces)
feet = fem.fix(space, [0, 1])
start = np.array([106e-4] * 4 + [72.7e-4] * 2)  # HE 240 B about the weak axis, IPE 360 [m^2]
scaled = np.array([3923e-8] * 4 + [16270e-8] * 2) / start**2  # second moment by area squared

# %%
# The right half of each floor carries twice as much, as a load and as a mass.
carried = np.zeros(len(beams))  # [kg/m]
carried[16:] = np.tile([1.5e3, 1.5e3, 3e3, 3e3], 2)
weight = fem.elements.line_load(space, np.c_[np.zeros(len(beams)), -9.81 * carried])
safety, slowest, power = 24.0, 1.0, 12.0  # 1, [Hz], 1


def operators(areas):
    """Stiffness and mass of the frame, of the area of each member."""
    area = jnp.asarray(areas)[of_beam]
    stiffness = fem.elements.euler_bernoulli(space, young=young, area=area, inertia=scaled[of_beam] * area**2)
    return stiffness, fem.elements.frame_mass(space, density + carried / area, area=area)


def eigenvalues(areas):
    """Four load factors, and four frequencies [Hz]."""
    stiffness, mass = operators(areas)
    forces = fem.elements.beam_forces(stiffness, fem.solve(stiffness, weight, feet))[..., 0]
    factors = fem.buckling(stiffness, fem.elements.frame_geometric(space, forces), feet, k=4, count=False).factors
    return factors, fem.modal(stiffness, mass, feet, k=4, count=False).frequencies


def limits(areas):
    """What is used of both limits, less one."""
    factors, frequencies = eigenvalues(areas)
    used = (fem.responses.p_norm(safety / factors, power), fem.responses.p_norm(slowest / frequencies, power))
    return jnp.stack(used) - 1


# %%
# Six variables, both limits from one stiffness. In units of the start all are around one.
tonnes = density * np.bincount(of_beam, mesh.measures) * start / 1e3
found = fem.optimize.mma(
    lambda x: tonnes @ x,
    np.ones(6),
    [lambda x: limits(x * start)],
    lower=0.2,
    upper=2.0,
    change=1e-3,
    max_iterations=60,
)
before, after = (jax.jit(eigenvalues)(x * start) for x in (np.ones(6), found.x))
print(
    f"{tonnes.sum():.2f} t, then {found.value:.2f} t; load factors {before[0][0]:.2f} and {after[0][0]:.2f},", end=" "
)
print(f"frequencies {before[1][0]:.3f} and {after[1][0]:.3f} Hz")

# %%
# The limits hold, one of them with nothing to spare but what the p-norm of several modes takes.
assert after[0][0] >= safety * (1 - 5e-3) and after[1][0] >= slowest * (1 - 5e-3)
assert abs(found.constraints.max()) < 5e-3 and found.value < 0.9 * tonnes.sum()
assert min(after[0][0] / safety, after[1][0] / slowest) < 4 ** (1 / power)

# %%
# The frame before and after, drawn as wide as areas are, and what is used of the limits.
figure, axes = plt.subplots(1, 3, figsize=(12, 4.6), layout="constrained", width_ratios=(1, 1, 1.2))
for ax, x, title in ((axes[0], np.ones(6), f"{tonnes.sum():.2f} t"), (axes[1], found.x, f"{found.value:.2f} t")):
    for (i, j), part in zip(members, x * start, strict=True):
        ax.plot(*joints[[i, j]].T, color="C0", lw=1500 * part, solid_capstyle="round")
    ax.plot(*joints[:2].T, "ks", ms=9)
    ax.set(aspect="equal", xlim=(-1, 7), ylim=(-0.5, 8), xlabel="x [m]", ylabel="y [m]", title=title)
for row, (factors, frequencies) in enumerate((before, after)):
    style = {"color": f"C{row}", "label": ("before", "after")[row]}
    axes[2].plot(np.arange(4) + 0.1 * row, safety / factors, "o", **style)
    axes[2].plot(np.arange(5, 9) + 0.1 * row, slowest / frequencies, "o", color=f"C{row}")
axes[2].axhline(1.0, color="k", lw=0.8)
axes[2].set(xticks=[1.5, 6.5], xticklabels=["four load factors", "four frequencies"], title="used of the limits")
axes[2].legend(frameon=False)
figure.savefig("light_frame.png", dpi=150)
