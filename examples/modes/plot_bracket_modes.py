r"""
Modes of a bracket
==================

The bracket that hangs at two bolts, in three dimensions: how does it swing, at which frequencies, and where would more
or lighter material change them? One factorization finds the modes, and every gradient comes from their shapes.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead

jax.config.update("jax_enable_x64", True)

# %%
# The drawing comes from gmsh. Its triangles become prisms, and each prism three tetrahedra: where corners are taken in
# the order of their numbers, neighbours cut their common side along the same diagonal.
drawing = fem.read(Path(sys.argv[0]).parents[1] / "fem" / "meshes" / "bracket.msh")
corners, triangles = np.unique(drawing.blocks[0].nodes[:, :3], return_inverse=True)
triangles, flat = np.sort(triangles.reshape(-1, 3), axis=1), drawing.points[corners]
thickness, young, density = 0.008, 210e9, 7850.0  # [m], [Pa], [kg/m^3]
a, b, c = triangles.T
above = len(flat)
cells = np.concatenate(
    [
        np.stack(four, 1)
        for four in ((a, b, c, c + above), (a, b, b + above, c + above), (a, a + above, b + above, c + above))
    ]
)
points = np.concatenate([np.c_[flat, np.full(above, z)] for z in (0.0, thickness)])
edges = points[cells[:, 1:]] - points[cells[:, :1]]
turned = np.linalg.det(edges) < 0
cells[turned] = cells[turned][:, [1, 0, 2, 3]]
mesh = fem.Mesh(points, (fem.CellBlock("tet4", cells),)).with_order(2)
space = fem.Space(mesh, components=3)
print(mesh)

# %%
# Held where the bolts go through: all points between those of their edges in the drawing.
rim = drawing.points[drawing.facet_points(drawing.facet_sets["bolts"])]
bolted = mesh.points_on(lambda x: np.min(np.linalg.norm(x[:, None, :2] - rim, axis=2), axis=1) < 1e-6)
held = fem.fix(space, bolted)


def modes(stiff, heavy):
    """The squares of the four lowest angular frequencies, and the modes, of factors of modulus and density."""
    stiffness = fem.elements.elasticity(space, young=young * stiff, poisson=0.3)
    found = fem.modal(stiffness, fem.elements.mass(space, density * heavy), held, k=4, count=False)
    return found.eigenvalues, found


# %%
# Frequencies, shapes, and the gradients of all four in both factors: one factorization.
program = jax.jit(jax.jacrev(modes, (0, 1), has_aux=True))
ones = jnp.ones(mesh.cell_count)
sparsead.factor_cache.clear()
slopes, found = program(ones, ones)
stats = sparsead.factor_cache.stats()
f = np.asarray(found.frequencies)
print("frequencies [Hz]:", np.round(f, 1), "; factorizations:", stats.factorizations)
assert stats.factorizations == 1

# %%
# Stiffness is worth as much as mass costs: in each mode strain energy is kinetic energy. And shapes have unit mass.
for slope, sign in zip(slopes, (1, -1), strict=True):
    assert np.allclose(slope.sum(1), sign * found.eigenvalues, rtol=1e-6)
M = fem.elements.mass(space, density)
products = np.einsum("ipc,jpc->ij", found.shapes, np.stack([M @ u for u in found.shapes]))
assert np.allclose(products, np.eye(4), atol=1e-8)

# %%
# Rayleigh: with twice the modulus where the first mode has most of its strain energy, its frequency cannot rise by more
# than this share, and does not fall.
share = np.asarray(slopes[0][0]) / found.eigenvalues[0]
stiffer = jnp.where(share > np.quantile(share, 0.9), 2.0, 1.0)
raised = float(program(stiffer, ones)[1].eigenvalues[0] / found.eigenvalues[0])
assert 1.0 < raised < 1.0 + share[stiffer > 1].sum()
print(f"a tenth of the cells holds {share[stiffer > 1].sum():.0%} of the energy of the first mode")

# %%
# The skin, sides of one cell only, moved with the modes; dark is at rest.
figure = plt.figure(figsize=(12, 6.6), layout="constrained")
sides = np.sort(cells[:, [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]].reshape(-1, 3), axis=1)
sides, count = np.unique(sides, axis=0, return_counts=True)
sides = sides[count == 1]
for number in range(4):
    ax = figure.add_subplot(2, 2, number + 1, projection="3d")
    shape = np.asarray(found.shapes[number])[: 2 * above]
    moved = points + 0.02 * shape / np.abs(shape).max()
    size = np.linalg.norm(shape, axis=1)[sides].mean(1)
    faces = ax.plot_trisurf(*moved.T, triangles=sides, cmap="viridis", lw=0.1, edgecolor="0.3", shade=False)
    faces.set_array(size)
    faces.set_clim(0, size.max())
    ax.set_title(f"mode {number + 1}: {f[number]:.0f} Hz")
    ax.set_box_aspect(np.ptp(moved, axis=0), zoom=1.2)
    ax.view_init(elev=50, azim=-70)
    ax.set_axis_off()
figure.savefig("bracket_modes.png", dpi=150)
