r"""
A bracket from a mesh file
==========================

A steel bracket is bolted to a wall and carries a pin. Its mesh comes from gmsh, with the names of its holes. How stiff
is it, how large is the peak stress, and how do both change with the thickness of every cell and with the place of every
point? One factorization answers all of it; the gradients take one more pair of
triangular solves.

The peak is a smooth maximum of the stress of von Mises, :math:`(\sum_i \sigma_i^p)^{1/p}` with p = 40, over all points.
"""

import sys
import timeit
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead
from fem import fields, output

jax.config.update("jax_enable_x64", True)

# %%
# From the file to supports and loads: gmsh's physical groups are named sets. The pin pulls down with 3 kN.
mesh = fem.read(Path(sys.argv[0]).parent / "meshes" / "bracket.msh").check()
space = fem.Space(mesh, components=2)
material, force, power = {"young": 210e9, "poisson": 0.3}, 3e3, 40  # [Pa], 1, [N], 1
supports = fem.fix(space, "bolts")
down = fem.traction(space, "pin", (0.0, -1.0))
load = force * down / abs(down.sum())
print(mesh, "sets:", ", ".join([*mesh.cell_sets, *mesh.facet_sets]))


def stress_of(where, u):
    """Return the stress of von Mises at all points [Pa]."""
    return fields.von_mises(fields.stress(where, u, at="points", **material))


def answers(thickness, points):
    """Return the compliance [J] and the peak stress [Pa]."""
    where = space.at(points)
    u = fem.solve(fem.elements.elasticity(where, thickness=thickness, **material), load, supports)
    mises = stress_of(where, u)
    scale = jax.lax.stop_gradient(mises.max())
    return (u * load).sum(), scale * ((mises / scale) ** power).sum() ** (1 / power)


# %%
# Values, and gradients in the thickness of each cell and in all coordinates: two rows, one for each answer.
thickness, points = jnp.full(mesh.cell_count, 0.008), jnp.asarray(mesh.points)
value = jax.jit(answers)
slopes = jax.jit(lambda *x: (answers(*x), jax.jacrev(answers, (0, 1))(*x)))
sparsead.factor_cache.clear()
(compliance, peak), rows = slopes(thickness, points)
by_thickness, by_points = (jnp.stack(parts) for parts in zip(*rows, strict=True))
stats = sparsead.factor_cache.stats()
print(f"compliance {compliance:.4f} J, peak stress {peak / 1e6:.1f} MPa")
count = by_thickness.size + by_points.size
print(f"{count} derivatives: {stats.factorizations} factorization, {stats.solves} solves: forward, and both adjoints")
assert (stats.factorizations, stats.solves) == (1, 2)

# %%
# What must hold: twice the thickness everywhere halves both; a larger drawing of a plate is as stiff, and its stress
# falls with the size; a moved one is the same.
for answer, slope, by_place, degree in zip((compliance, peak), by_thickness, by_points, (0.0, -1.0), strict=True):
    assert np.isclose(slope @ thickness, -answer, rtol=1e-9)
    assert np.isclose((by_place * points).sum(), degree * answer, rtol=1e-8, atol=1e-8 * answer)
    assert np.all(np.abs(by_place.sum(0)) < 1e-9 * np.abs(by_place).sum(0))

# %%
# And against differences, extrapolated from two steps, along a random change of thickness and shape at once.
draw = np.random.default_rng(0)
step = 1e-4 * draw.normal(size=thickness.shape), 1e-5 * draw.normal(size=points.shape)


def central(h):
    """Return the central difference of both answers."""
    ahead, behind = (jnp.stack(value(thickness + s * step[0], points + s * step[1])) for s in (h, -h))
    return (ahead - behind) / (2 * h)


difference = (4 * central(0.1) - central(0.2)) / 3
exact = by_thickness @ step[0] + (by_points * step[1]).sum((1, 2))
print("slopes along a random change:", exact, "by differences:", difference)
assert np.allclose(exact, difference, rtol=1e-5)

# %%
# Time of a call, the best of 10; another thickness at each call, so that no factorization is found again.
calls = [lambda f=f: jax.block_until_ready(f(thickness * draw.uniform(0.9, 1.1), points)) for f in (value, slopes)]
alone, both = 1e3 * np.min([[timeit.timeit(call, number=1) for call in calls] for _ in range(10)], axis=0)
print(f"both values {alone:.1f} ms, with both gradients {both:.1f} ms: {both / alone:.1f} times")

# %%
# The stress; what a little more thickness saves where, relative to the mean; and arrows, where to move the boundary.
# The nodal forces of a unit pressure turn derivatives at points into those of an area: they are its normals.
u = fem.solve(fem.elements.elasticity(space, thickness=thickness, **material), load, supports)
figure, axes = plt.subplots(1, 3, figsize=(15.5, 5.4), layout="constrained", sharey=True)
style = {"label": "von Mises stress", "unit": "MPa", "supports": supports, "loads": load, "axes": axes[0]}
output.plot(mesh, np.asarray(stress_of(space, u)) / 1e6, displacement=u, **style)
axes[0].set_title(f"{force / 1e3:.0f} kN: compliance {compliance:.3f} J, peak {peak / 1e6:.0f} MPa")
edge = np.setdiff1d(mesh.facet_points(mesh.boundary), mesh.points_on("bolts"))
inward = np.asarray(fem.pressure(space, mesh.boundary, 1.0))[edge]
area = jax.grad(lambda one: fields.integral(space, one))(jnp.ones(mesh.cell_count))
for row, (ax, name) in enumerate(zip(axes[1:], ("compliance", "peak stress"), strict=True)):
    saved = np.asarray(by_thickness[row] / by_thickness[row].sum() * area.sum() / area)
    most = np.percentile(saved, 98)
    style = {"limits": (-most, most), "colormap": "RdBu_r", "edges": False, "axes": ax}
    output.plot(mesh, saved, label="saved by thickness, relative to the mean", **style)
    rate = -(np.asarray(by_points)[row, edge] * inward).sum(1) / (inward**2).sum(1)
    rate = (rate / np.percentile(np.abs(rate), 98)).clip(-1, 1) / np.linalg.norm(inward, axis=1)
    arrow = rate[:, None] * inward
    style = {"angles": "xy", "scale_units": "xy", "scale": 60, "width": 0.004, "color": "0.25"}
    ax.quiver(*mesh.points[edge].T, *arrow.T, **style)
    ax.plot(*(mesh.points[edge] + arrow / 60).T, linestyle="none")
    ax.set(title=f"how to lower the {name}", ylabel="")
for ax in axes:
    ax.locator_params(axis="x", nbins=5)
figure.savefig("bracket_from_file.png", dpi=150)
print("picture: bracket_from_file.png")
