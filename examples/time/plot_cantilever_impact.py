r"""
A cantilever under an impact
============================

Heights of a steel beam, designed so that its tip moves less in the first milliseconds after a blow, with no more steel:
there it is the inertia near the tip that counts, before the wall is felt. Beam elements, Newmark's method, 200 steps;
one factorization for all of them, none for the gradient.

.. math::

    M(h)\,\ddot u + C(h)\,\dot u + K(h)\,u = p(t), \qquad
    \min_h \tfrac1T \int_0^T u_\mathrm{tip}(t)^2 \, \mathrm{d}t, \qquad \sum_e h_e = \mathrm{const}
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead

jax.config.update("jax_enable_x64", True)
COUNT, LENGTH, WIDTH, STEEL, DENSITY = 20, 1.0, 0.02, 210e9, 7850.0  # elements, [m], [m], [Pa], [kg/m3]
H, STEPS = 4e-5, 200  # [s]

# %%
# A line of elements with two displacements and a rotation at each point, clamped at the left.
line = np.stack([np.linspace(0, LENGTH, COUNT + 1), np.zeros(COUNT + 1)], 1)
mesh = fem.Mesh(line, (fem.CellBlock("line2", np.arange(COUNT)[:, None] + np.arange(2)),))
space = fem.Space(mesh, components=3)
clamped = fem.fix(space, [0])
rest = jnp.zeros(space.shape)


def beam(height):
    """Mass and stiffness of a beam of these heights."""
    area, inertia = WIDTH * height, WIDTH * height**3 / 12
    stiffness = fem.elements.euler_bernoulli(space, young=STEEL, area=area, inertia=inertia)
    return fem.elements.frame_mass(space, DENSITY, area=area), stiffness


def blow(t, force):
    """Half a sine of one millisecond at the tip. Unit: [N]."""
    return rest.at[-1, 1].set(jnp.where(t < 1e-3, force * jnp.sin(1e3 * jnp.pi * t), 0.0))


def swing(height, times):
    """Displacement of the tip at the times, and the integral of its square. Units: [m], [m2 s]."""
    mass, stiffness = beam(height)
    motion, integral = fem.march(
        rest, times, 1e4, mass=mass, stiffness=stiffness, damping=5.0 * mass + 1e-6 * stiffness, load=blow,
        supports=clamped, v0=rest, h=H, functional=lambda t, motion, force: motion.u[-1, 1] ** 2,
    )  # fmt: skip
    return motion.u[:, -1, 1], integral[-1]


@jax.jit
def objective(height):
    """Root mean square of the tip's displacement, with its gradient. Unit: [mm]."""
    end = H * STEPS
    return jax.value_and_grad(lambda h: 1e3 * jnp.sqrt(swing(h, [0.0, end])[1] / end))(height)


# %%
# Steepest descent along the plane of constant mass, heights between 10 and 40 mm.
even = jnp.full(COUNT, 0.02)
height, history = even, []
sparsead.factor_cache.clear()
for _ in range(40):
    value, slope = objective(height)
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
times = H * np.arange(STEPS + 1)
for label, h, color in (("even", even, "0.6"), ("designed", height, "tab:blue")):
    axes[0].stairs(1e3 * np.asarray(h), line[:, 0], label=label, color=color)
    axes[1].plot(1e3 * times, 1e3 * np.asarray(swing(h, times)[0]), label=label, color=color)
axes[0].set(xlabel="distance from the wall [m]", ylabel="height [mm]", ylim=(0.0, None))
axes[1].set(xlabel="time [ms]", ylabel="tip [mm]", title="after a blow of 10 kN for 1 ms")
axes[0].legend()
figure.savefig("cantilever_impact.png", dpi=150)
