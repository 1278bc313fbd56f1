r"""
A bracket from a mesh file
==========================

A steel bracket is bolted to a wall and carries a pin. Its mesh comes from gmsh, with the names of its holes. How stiff
is it, how large is the peak stress, and how do both change with the thickness of every cell and with the place of every
point? Each gradient takes one more triangular solve.

The peak is a smooth maximum of the stress of von Mises, :math:`(\sum \sigma^p A / \sum A)^{1/p}` with p = 12.
"""

import sys
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
young, poisson, force = 210e9, 0.3, 3e3  # [Pa], 1, [N]
supports = fem.fix(space, "bolts")
down = fem.traction(space, "pin", (0.0, -1.0))
load = force * down / abs(down.sum())
print(mesh, "sets:", ", ".join([*mesh.cell_sets, *mesh.facet_sets]))


def answers(thickness, points):
    """Return the compliance [J] and the peak stress [Pa]."""
    where = space.at(points)
    plate = fem.elements.elasticity(where, young=young, poisson=poisson, thickness=thickness)
    u = fem.solve(plate, load, supports)
    mises = fields.von_mises(fields.stress(where, u, young=young, poisson=poisson))
    power = 12
    scale = jax.lax.stop_gradient(mises.max())
    return (u * load).sum(), scale * jnp.mean((mises / scale) ** power) ** (1 / power)


# %%
# Values, and gradients in the thickness of each cell and in all coordinates: two rows, one for each answer.
thickness, points = jnp.full(mesh.cell_count, 0.008), jnp.asarray(mesh.points)
sparsead.factor_cache.clear()
(compliance, peak), pullback = jax.vjp(jax.jit(answers), thickness, points)
by_thickness, by_points = jax.vmap(pullback)((jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
stats = sparsead.factor_cache.stats()
print(f"compliance {compliance:.4f} J, peak stress {peak / 1e6:.1f} MPa; {stats.factorizations} factorization")
assert stats.factorizations == 1

# %%
# What must hold: twice the thickness everywhere halves both; a larger drawing of a plate is as stiff, and its stress
# falls with the size; a moved one is the same.
for value, slope, by_place, degree in zip((compliance, peak), by_thickness, by_points, (0.0, -1.0), strict=True):
    assert np.isclose(slope @ thickness, -value, rtol=1e-9)
    assert np.isclose((by_place * points).sum(), degree * value, rtol=1e-8, atol=1e-8 * value)
    assert np.all(np.abs(by_place.sum(0)) < 1e-9 * np.abs(by_place).sum(0))
fall = -np.asarray(by_thickness) * np.asarray(thickness) / np.array([[compliance], [peak]])
most = np.argsort(fall[1])[::-1][: mesh.cell_count // 10]
print(f"a tenth of the cells decides {fall[1, most].sum():.0%} of the peak stress")
assert fall[1, most].sum() > 0.5

# %%
# And against differences, extrapolated from two steps, along a random change of thickness and shape at once.
draw = np.random.default_rng(0)
d_thickness, d_points = 1e-4 * draw.normal(size=thickness.shape), 1e-5 * draw.normal(size=points.shape)


def central(h):
    """Return the central difference of both answers."""
    ahead, behind = (jnp.stack(jax.jit(answers)(thickness + s * d_thickness, points + s * d_points)) for s in (h, -h))
    return (ahead - behind) / (2 * h)


difference = (4 * central(0.5) - central(1.0)) / 3
exact = by_thickness @ d_thickness + (by_points * d_points).sum((1, 2))
print("slopes", exact, "by differences", difference)
assert np.allclose(exact, difference, rtol=1e-5)

# %%
# The stress, and what the peak gains where: the arrows say where to move the boundary to lower it.
u = fem.solve(fem.elements.elasticity(space, young=young, poisson=poisson, thickness=thickness), load, supports)
mises = fields.von_mises(fields.stress(space, u, young=young, poisson=poisson, at="points"))
figure, axes = plt.subplots(1, 2, figsize=(11, 5.2), layout="constrained")
marks = {"supports": supports, "loads": load, "unit": "MPa"}
output.plot(mesh, np.asarray(mises) / 1e6, label="von Mises", axes=axes[0], **marks)
gain = {"label": "peak stress saved by thickness, mean 1", "colormap": "magma"}
output.plot(mesh, fall[1] * mesh.cell_count, axes=axes[1], **gain)
edge = mesh.facet_points(mesh.boundary)
axes[1].quiver(*mesh.points[edge].T, *-np.asarray(by_points)[1, edge].T, angles="xy", width=0.004, color="C0")
axes[0].set_title(f"compliance {compliance:.3f} J, peak {peak / 1e6:.0f} MPa")
axes[1].set_title("where thickness and shape matter")
figure.savefig("bracket_from_file.png", dpi=150)
