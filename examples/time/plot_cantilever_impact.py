r"""
A cantilever under an impact
============================

Heights of a steel beam, designed so that its tip moves less in the first milliseconds after a blow, with no more steel:
there it is the inertia near the tip that counts, before the wall is felt. Newmark's method, 200 steps; one
factorization for all of them, none for the gradient.

.. math::

    M(h)\,\ddot u + C(h)\,\dot u + K(h)\,u = p(t), \qquad
    \min_h \tfrac1T \sum_n \Delta t\; u_\mathrm{tip}(t_n)^2, \qquad \sum_e h_e = \mathrm{const}
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import sparsead
import sparsead.jax as sp
from sparsead.transient import march

jax.config.update("jax_enable_x64", True)
COUNT, LENGTH, WIDTH, STEEL, DENSITY = 20, 0.05, 0.02, 210e9, 7850.0  # elements, then [m], [m], [Pa], [kg/m3]
H, STEPS = 4e-5, 200  # [s]

# %%
# Matrices of one beam element with displacement and rotation at both ends; the clamped end has no dofs.
l = LENGTH  # noqa: E741
bending = np.array([[12, 6 * l, -12, 6 * l], [6 * l, 4 * l**2, -6 * l, 2 * l**2],
                    [-12, -6 * l, 12, -6 * l], [6 * l, 2 * l**2, -6 * l, 4 * l**2]]) / l**3  # fmt: skip
inertia = np.array([[156, 22 * l, 54, -13 * l], [22 * l, 4 * l**2, 13 * l, -3 * l**2],
                    [54, 13 * l, 156, -22 * l], [-13 * l, -3 * l**2, -22 * l, 4 * l**2]]) * l / 420  # fmt: skip
dofs = 2 * np.arange(COUNT)[:, None] + np.arange(-2, 2)
rows, cols = (np.broadcast_to(x, (COUNT, 4, 4)).ravel() for x in (dofs[:, :, None], dofs[:, None, :]))
free = (rows >= 0) & (cols >= 0)
assemble = sp.triplets(rows[free], cols[free], (2 * COUNT, 2 * COUNT), positive_definite=True)


def beam(height):
    """Mass and stiffness of a beam of these heights."""
    mass, stiffness = DENSITY * WIDTH * height, STEEL * WIDTH * height**3 / 12
    return [assemble((f[:, None, None] * m).ravel()[free]) for f, m in ((mass, inertia), (stiffness, bending))]


def blow(t, force):
    """Half a sine of one millisecond at the tip. Unit: [N]."""
    return jnp.zeros(2 * COUNT).at[-2].set(jnp.where(t < 1e-3, force * jnp.sin(1e3 * jnp.pi * t), 0.0))


def tip(height):
    """Displacement of the tip at every step. Unit: [m]."""
    mass, stiffness = beam(height)
    rest = jnp.zeros(2 * COUNT)
    return march(
        rest, H * np.arange(STEPS + 1), 1e4, mass=mass, stiffness=stiffness, damping=5.0 * mass + 1e-6 * stiffness,
        load=blow, v0=rest, h=H,
    ).u[:, -2]  # fmt: skip


@jax.jit
def swing(height):
    """Root mean square of the tip's displacement, with its gradient. Unit: [mm]."""
    return jax.value_and_grad(lambda h: 1e3 * jnp.sqrt(jnp.mean(tip(h) ** 2)))(height)


# %%
# Steepest descent along the plane of constant mass, heights between 10 and 40 mm.
even = jnp.full(COUNT, 0.02)
height, history = even, []
sparsead.factor_cache.clear()
for _ in range(40):
    value, slope = swing(height)
    history.append(float(value))
    downhill = -(slope - slope.mean())
    height = jnp.clip(height + 5e-4 * downhill / jnp.abs(downhill).max(), 0.01, 0.04)
    height = height * 0.02 / height.mean()
made = sparsead.factor_cache.stats().factorizations
print(f"root mean square of the tip: {history[0]:.3f} -> {history[-1]:.3f} mm; {made / 40:.0f} factorizations a design")
assert made == 2 * 40  # of M, for the first acceleration, and of the matrix of all steps
assert history[-1] < 0.8 * history[0]
assert abs(float(height.mean()) - 0.02) < 1e-12

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
times = 1e3 * H * np.arange(STEPS + 1)
for label, h, color in (("even", even, "0.6"), ("designed", height, "tab:blue")):
    axes[0].stairs(1e3 * np.asarray(h), LENGTH * np.arange(COUNT + 1), label=label, color=color)
    axes[1].plot(times, 1e3 * np.asarray(tip(h)), label=label, color=color)
axes[0].set(xlabel="distance from the wall [m]", ylabel="height [mm]", ylim=(0.0, None))
axes[1].set(xlabel="time [ms]", ylabel="tip [mm]", title="after a blow of 10 kN for 1 ms")
axes[0].legend()
figure.savefig("cantilever_impact.png", dpi=150)
