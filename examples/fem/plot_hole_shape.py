r"""
Shape of a hole
===============

A plate is pulled twice as hard along x as along y. Which hole of given area weakens it least? The compliance is
differentiated in **all nodal coordinates**; a smooth map turns them into a handful of shape parameters. The answer is
known: an ellipse whose axes are as the stresses, with the same stress all around it.

.. math::

    r(\theta) = \exp \sum_k p_k \cos 2 k \theta, \qquad a / b = \sigma_x / \sigma_y = 2, \qquad
    \sigma_\theta = \sigma_x + \sigma_y
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

import fem
from fem import fields

jax.config.update("jax_enable_x64", True)

# %%
# A quarter of a round plate, 14 times as wide as the hole, with quadratic cells. Lengths in radii of the round hole,
# stresses in the smaller of the two.
young, poisson, far, pull = 1000.0, 0.3, 14.0, np.array([2.0, 1.0])
grid = fem.rectangle((16, 20), element="quad8")
sets = {"on x": lambda s: s[:, 1] == 0, "on y": lambda s: s[:, 1] == 1}
grid = grid.with_sets(points=sets, facets={"hole": lambda s: s[:, 0] == 0, "rim": lambda s: s[:, 0] == 1})
across, angle = grid.points[:, 0], grid.points[:, 1] * np.pi / 2
waves = np.cos(2 * np.arange(1, 6)[:, None] * angle)
area_of = np.linspace(0, np.pi / 2, 401)


def place(p):
    """Return the points, shape (p, 2): rays from the hole to the rim, finer at the hole, area of the hole kept."""
    outline = jnp.exp(p @ jnp.cos(2 * jnp.arange(1, 6)[:, None] * area_of))
    size = jnp.sqrt(jnp.trapezoid(outline**2, area_of) / (np.pi / 2))
    hole = jnp.exp(p @ waves) / size
    r = hole * (far / hole) ** across
    # The two edges of symmetry are straight: no rounding off the axes.
    x = jnp.where(grid.points[:, 1] == 1, 0.0, r * jnp.cos(angle))
    return jnp.stack([x, r * jnp.sin(angle)], axis=1)


mesh = grid.with_points(place(jnp.zeros(5))).check()
space = fem.Space(mesh, components=2)
supports = fem.fix(space, "on x", 1) + fem.fix(space, "on y", 0)
load = fem.traction(space, "rim", lambda x: pull * x / jnp.linalg.norm(x, axis=1, keepdims=True))


def displacement(points):
    """Return the displacements for any places of the points."""
    return fem.solve(fem.elements.elasticity(space.at(points), young=young, poisson=poisson), load, supports)


def compliance(points):
    """Return the work of the load."""
    return (displacement(points) * load).sum()


# %%
# The gradient in all coordinates. Enlarging a plane body, or moving it along, changes nothing.
slope = jax.jit(jax.grad(compliance))(jnp.asarray(mesh.points))
print(f"gradient in {slope.size} coordinates; sum of X dc/dX = {(slope * mesh.points).sum():.2e}")
assert abs((slope * mesh.points).sum()) < 1e-9 * np.abs(slope * mesh.points).sum()

# %%
# The best hole, by a quasi-Newton method on five parameters. JAX carries the gradient from coordinates to parameters.
objective = jax.jit(jax.value_and_grad(lambda p: compliance(place(p))))
fit = minimize(objective, np.zeros(5), jac=True, method="BFGS", options={"gtol": 1e-7})
best = np.asarray(place(fit.x))
hole = np.flatnonzero(grid.points[:, 0] == 0)
a, b = np.abs(best[hole]).max(axis=0)
print(f"{fit.nfev} solves; half axes {a:.4f} and {b:.4f}, ratio {a / b:.4f}")


def hoop(points):
    """Return the stress along the hole, where nothing presses on it: the trace of the stress."""
    stress = fields.stress(space.at(points), displacement(points), young=young, poisson=poisson, at="points")
    return np.trace(np.asarray(stress)[hole], axis1=1, axis2=2)


before, after = hoop(mesh.points), hoop(best)
print(f"stress along the hole: {before.min():.2f} to {before.max():.2f} round, {after.min():.2f} to {after.max():.2f}")
assert abs(a / b - 2) < 0.04
assert np.all(np.abs(after - 3.0) < 0.15)
assert abs(before.max() - 5.0) < 0.15  # three times the larger stress less the smaller

# %%
# The gradient on the round hole, and the stress around both holes.
# sphinx_gallery_squares = {0: (0.0, 1.5, -0.1, 1.4)}
figure, axes = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
order = hole[np.argsort(angle[hole])]
axes[0].plot(*mesh.points[order].T, color="C0", label="round")
axes[0].plot(*best[order].T, color="C3", label="best of the same area")
# The nodal forces of a unit pressure are normals: with them derivatives at points become one along the edge.
normal = np.asarray(fem.pressure(space, "hole", 1.0))[order]
step = -((np.asarray(slope)[order] * normal).sum(1) / (normal**2).sum(1) ** 1.5)[:, None] * normal
axes[0].quiver(*mesh.points[order].T, *step.T, angles="xy", width=0.004, color="0.3")
axes[0].annotate(
    "minus the gradient\nacross the hole", (0.42, 0.78), (0.6, 1.1), arrowprops={"arrowstyle": "-", "color": "0.6"}
)
theta = np.linspace(0, np.pi / 2, 100)
axes[0].plot(np.sqrt(2) * np.cos(theta), np.sqrt(0.5) * np.sin(theta), "k:", label="ellipse 2 : 1")
axes[0].set(aspect="equal", xlim=(0, 2.0), ylim=(0, 1.5), title="a quarter of the hole")
axes[0].set(xlabel="x [radii of the round hole]", ylabel="y [radii]")
axes[0].legend(frameon=False, loc="upper right")
by_angle = np.argsort(angle[hole])
for values, name, color in ((before, "round hole", "C0"), (after, "best hole", "C3")):
    axes[1].plot(np.degrees(angle[hole][by_angle]), values[by_angle], ".-", color=color, label=name)
axes[1].axhline(3.0, color="k", ls=":", label=r"$\sigma_x + \sigma_y$")
axes[1].set(xlabel="parameter angle [degree]", ylabel=r"stress along the hole / $\sigma_y$", ylim=(0, 5.5))
axes[1].legend(frameon=False)
figure.savefig("hole_shape.png", dpi=150)
