r"""
Shape of a fillet
=================

A flat bar is pulled; where it becomes wider the stress is higher, however round the transition is. Where should the
edge go? Six bumps raise and lower it; the inner points follow as those of an elastic body, and the peak of the stress
is differentiated through all of this. The slender part may not become thinner, the bar by one hundredth heavier.

The peak is the smooth maximum :math:`(\sum_i \sigma_i^p)^{1/p}` of the stress of von Mises, with p = 30, over the
points of the edge. A step of the optimizer that would spoil a cell is cut back.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# The upper right quarter of the bar, with a round fillet. Lengths in half widths of the slender part, stresses in its
# mean stress.
wide, radius, material = 1.5, 1.0, {"young": 1000.0, "poisson": 0.3}
reach = np.sqrt(radius**2 - (radius - (wide - 1)) ** 2)
start, end = 1.2, 1.2 + reach
axis = np.concatenate(
    [np.linspace(0, start, 13), np.linspace(start, end, 19)[1:], end + 2 * np.linspace(0, 1, 17)[1:] ** 1.3]
)
flat = fem.rectangle((axis, 10), element="quad8", grading=(None, 0.2))
x, y = flat.points.T
arc = 1 + radius - np.sqrt(radius**2 - (reach * np.clip((end - x) / reach, 0, 1)) ** 2)
mesh = flat.with_points(np.stack([x, y * arc], axis=1))
edge = np.flatnonzero(y == 1)
edge = edge[np.argsort(x[edge])]
space = fem.Space(mesh, components=2)
supports = fem.fix(space, np.flatnonzero(x == 0), 0) + fem.fix(space, np.flatnonzero(y == 0), 1)
load = fem.traction(space, mesh.facets_on(lambda p: np.isclose(p[:, 0], axis[-1])), (1.0, 0.0))

# %%
# Points on the axes of symmetry slide along them, those of the right end along it.
centers, width = start + 0.25 * np.arange(2, 8), 0.5
bumps = np.maximum(0, 1 - ((x[edge] - centers[:, None]) / width) ** 2) ** 2
move = fem.shape.elastic(mesh, edge, supports + fem.fix(space, np.flatnonzero(x == axis[-1]), 0))


def place(p):
    """Return the points, shape (p, 2)."""
    return mesh.points + move(jnp.stack([jnp.zeros(len(edge)), p @ bumps], axis=1))


def stress(p):
    """Return the stress of von Mises at all points."""
    where = space.at(place(p))
    u = fem.solve(fem.elements.elasticity(where, **material), load, supports)
    return fields.von_mises(fields.stress(where, u, at="points", **material))


def peak(p):
    """Return the smooth maximum along the edge."""
    return fem.responses.p_norm(stress(p)[edge], 30.0)


def volume(p):
    """Allowed to be zero or less: one hundredth more than at the start."""
    return fields.integral(space.at(place(p))) / mesh.measures.sum() - 1.01


# %%
# The best edge.
lower = np.where(centers < end, -0.3, 0.0)
options = {"lower": lower, "upper": 0.3, "guard": fem.shape.guard(mesh, place, least=0.3), "change": 1e-3}
found = fem.optimize.gcmma(peak, np.zeros(6), [volume], max_iterations=15, **options)
before, after = (np.asarray(stress(p)) for p in (np.zeros(6), found.x))
best, quality = np.asarray(place(found.x)), np.asarray(fem.shape.quality(mesh, place(found.x)))
print(f"{len(found.history)} iterations: greatest stress {before[edge].max():.3f} -> {after[edge].max():.3f}")
print(f"volume {found.constraints[0] + 0.01:+.2%}; the worst cell has a scaled Jacobian of {quality.min():.2f}")
assert after[edge].max() - 1 < 0.5 * (before[edge].max() - 1)  # of what is above the mean stress
assert found.constraints[0] < 1e-6 and quality.min() > 0.3

# %%
# The best bar, with the round fillet dashed; the stress along both edges.
# sphinx_gallery_squares = {0: (0.9, 2.5, 0.0, 1.6)}
figure, axes = plt.subplots(1, 2, figsize=(12.5, 4.4), layout="constrained", width_ratios=(1.35, 1))
style = {"label": "von Mises stress / mean stress", "length_unit": "half widths", "axes": axes[0]}
output.plot(mesh.with_points(best), after, supports=supports, **style)
axes[0].plot(*mesh.points[edge].T, color="C3", ls="--", label="round fillet")
axes[0].set(title="quarter of the bar, pulled to the right", ylim=(-0.15, 2.1))
axes[0].legend(frameon=False, loc="upper right")
axes[1].plot(x[edge], before[edge], ".--", ms=4, color="C3", label="round fillet")
axes[1].plot(x[edge], after[edge], ".-", ms=4, color="C0", label="best edge")
axes[1].axhline(1, color="k", ls=":", lw=1)
axes[1].set(xlabel="x [half widths]", ylabel="stress along the edge / mean stress", ylim=(0, None))
axes[1].legend(frameon=False, loc="lower right")
figure.savefig("fillet.png", dpi=150)
