r"""
Shape of a fillet
=================

A flat bar is pulled; where it becomes wider the stress is higher, however round the transition is. Where should the
edge move? The peak stress is differentiated in all coordinates of the mesh; then, with five numbers for the edge, a
quasi-Newton method finds a transition of the same length with a lower peak.

The peak is the smooth maximum :math:`(\sum_i \sigma_i^p)^{1/p}` of the stress of von Mises, with p = 30, over the
points of the edge.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize

import fem
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# The upper half of the bar. Lengths in half widths of the slender part, stresses in its mean stress.
wide, radius, material = 1.5, 1.0, {"young": 1000.0, "poisson": 0.3}
reach = np.sqrt(radius**2 - (radius - (wide - 1)) ** 2)
start, end = 1.2, 1.2 + reach
axis = np.concatenate(
    [np.linspace(0, start, 9), np.linspace(start, end, 21)[1:], end + 2 * np.linspace(0, 1, 17)[1:] ** 1.3]
)
mesh = fem.rectangle((axis, 10), element="quad8", grading=(None, 0.2))
across = mesh.points[:, 1]
space = fem.Space(mesh, components=2)
supports = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0), 0) + fem.fix(space, np.flatnonzero(across == 0), 1)
load = fem.traction(space, mesh.facets_on(lambda x: np.isclose(x[:, 0], axis[-1])), (1.0, 0.0))
edge = np.flatnonzero(across == 1)
edge = edge[np.argsort(mesh.points[edge, 0])]


def height(x, p):
    """Return the half width at x: an arc, and polynomials that leave its ends and its tangent in place."""
    t = jnp.clip((end - x) / reach, 0.0, 1.0)
    arc = 1 + radius - jnp.sqrt(radius**2 - (reach * t) ** 2)
    return arc + t**2 * (1 - t) * jnp.polyval(p, t)


def place(p):
    """Return the points, shape (p, 2)."""
    x = jnp.asarray(mesh.points[:, 0])
    return jnp.stack([x, across * height(x, p)], axis=1)


def stress(points):
    """Return the stress of von Mises at all points."""
    where = space.at(points)
    u = fem.solve(fem.elements.elasticity(where, **material), load, supports)
    return fields.von_mises(fields.stress(where, u, at="points", **material))


def peak(points):
    """Return the smooth maximum along the edge."""
    along = stress(points)[edge]
    return ((along / 1.5) ** 30).sum() ** (1 / 30) * 1.5


# %%
# The gradient in all coordinates. The stress of an enlarged drawing, under forces that stay, falls with its size.
arc = place(jnp.zeros(5))
top, slope = jax.jit(jax.value_and_grad(peak))(arc)
print(f"round fillet: greatest stress {stress(arc).max():.4f}, smooth maximum {top:.4f}")
assert np.isclose((slope * arc).sum(), -top, rtol=1e-9)

# %%
# The best edge. JAX carries the gradient from the coordinates to the five numbers; a difference confirms it.
objective = jax.jit(jax.value_and_grad(lambda p: peak(place(p))))
direction = np.array([0.3, -0.2, 0.1, 0.4, -0.1])
difference = (objective(1e-5 * direction)[0] - objective(-1e-5 * direction)[0]) / 2e-5
assert np.isclose(objective(np.zeros(5))[1] @ direction, difference, rtol=1e-6)
fit = minimize(objective, np.zeros(5), jac=True, method="BFGS", options={"maxiter": 25})
best = place(fit.x)
before, after = (np.asarray(stress(points))[edge] for points in (arc, best))
print(f"{fit.nfev} solves: greatest stress {before.max():.4f} -> {after.max():.4f}")
assert after.max() - 1 < 0.75 * (before.max() - 1)

# %%
# Stress and gradient on the arc, per length of the edge; the two edges; the stress along them.
# sphinx_gallery_squares = {0: (0.9, 2.5, 0.0, 1.6)}
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.4), layout="constrained", width_ratios=(1.35, 1))
shown = mesh.with_points(np.asarray(arc))
style = {"label": "von Mises stress / mean stress", "length_unit": "half widths", "axes": axes[0], "edges": False}
output.plot(shown, np.asarray(stress(arc)), supports=supports, **style)
facets = shown.facets_on(lambda x: (x[:, 1] >= 1 - 1e-9) & (x[:, 0] > 1e-9) & (x[:, 0] < axis[-1] - 1e-9))
normal = np.asarray(fem.pressure(space.at(arc), facets, 1.0))[edge]
size = (normal**2).sum(1)
rate = -np.divide((np.asarray(slope)[edge] * normal).sum(1), size, out=np.zeros_like(size), where=size > 0)
arrow = (rate / np.abs(rate).max() / np.sqrt(np.maximum(size, 1e-30)))[:, None] * normal
style = {"angles": "xy", "scale_units": "xy", "scale": 2.5, "width": 0.004, "color": "C3", "zorder": 5}
axes[0].quiver(*np.asarray(arc)[edge].T, *arrow.T, **style)
axes[0].plot(*np.asarray(best)[edge].T, color="C3", ls="--", label="best edge")
axes[0].plot([], [], color="C3", label="where the edge should move")
axes[0].set(title="upper half of the bar, pulled to the right", ylim=(-0.15, 2.1))
axes[0].legend(frameon=False, loc="upper right")
axes[1].plot(mesh.points[edge, 0], before, ".-", ms=4, label="round fillet")
axes[1].plot(mesh.points[edge, 0], after, ".-", ms=4, color="C3", label="best edge of the same length")
axes[1].axhline(1, color="k", ls=":", lw=1)
axes[1].set(xlabel="x [half widths]", ylabel="stress along the edge / mean stress", ylim=(0, None))
axes[1].legend(frameon=False, loc="lower right")
figure.savefig("fillet.png", dpi=150)
