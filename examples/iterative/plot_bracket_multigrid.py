r"""
An unstructured bracket by multigrid
====================================

The mesh of a bracket comes from gmsh and is drawn into the third dimension. Conjugate gradients with algebraic
multigrid solve it without factors: `fem.solve` is told the method, and tells it the rigid motions of the space. It
takes a tenth of the iterations of Jacobi's preconditioner, however many layers there are. The gradient in the modulus
of every cell needs neither another set-up nor, for the compliance, another solve.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead
from fem import output
from sparsead.iterative import amg, cg, jacobi

jax.config.update("jax_enable_x64", True)

# %%
# The drawing: corners of gmsh's triangles, and the points of its named sets among them.
drawing = fem.read(Path(sys.argv[0]).parents[1] / "fem" / "meshes" / "bracket.msh")
corners, triangles = np.unique(drawing.blocks[0].nodes[:, :3], return_inverse=True)
triangles, flat = triangles.reshape(-1, 3), drawing.points[corners]
thickness, young, force = 0.03, 210e9, 3e3  # [m], [Pa], [N]


def solid(layers):
    """Return wedges on the triangles, so many layers of them."""
    heights = np.linspace(0.0, thickness, layers + 1)
    points = np.concatenate([np.c_[flat, np.full(len(flat), z)] for z in heights])
    below = np.concatenate([triangles + layer * len(flat) for layer in range(layers)])
    return fem.Mesh(points, (fem.CellBlock("wedge6", np.c_[below, below + len(flat)]),))


def named(mesh, name):
    """Return the points of a solid above those of a set of the drawing."""
    of_set = np.isin(corners, drawing.facet_points(drawing.facet_sets[name]))
    return np.flatnonzero(np.tile(of_set, len(mesh.points) // len(flat)))


def model(layers):
    """Return space, supports and load: bolts hold, the pin pulls down with 3 kN."""
    mesh = solid(layers)
    space = fem.Space(mesh, components=3)
    pin = named(mesh, "pin")
    load = jnp.zeros(space.shape).at[pin, 1].set(-force / len(pin))
    return space, fem.fix(space, named(mesh, "bolts")), load


# %%
# Iterations by size, to a residual of 1e-8 of the load.
methods = {"multigrid": cg(amg()), "Jacobi, 3 x 3 blocks": cg(jacobi(block=3))}
sizes, iterations = [], {name: [] for name in methods}
for layers in (1, 2, 4):
    space, supports, load = model(layers)
    K = fem.elements.elasticity(space, young=young, poisson=0.3)
    sizes.append(space.count)
    for name, method in methods.items():
        sparsead.factor_cache.clear()
        u = fem.solve(K, load, supports, method=method)
        iterations[name].append(sparsead.factor_cache.stats().iterations)
print("dofs:", sizes, "iterations:", iterations)
assert max(iterations["multigrid"]) < min(iterations["Jacobi, 3 x 3 blocks"]) / 4

# %%
# The direct solver agrees, and the forces at the bolts carry the load.
direct = fem.solve(K, load, supports)
assert np.allclose(u, direct, rtol=0, atol=1e-5 * np.abs(direct).max())


def compliance(scale):
    """Return the work of the load [J] for a modulus of each cell."""
    stiffness = fem.elements.elasticity(space, young=young * scale, poisson=0.3)
    return (fem.solve(stiffness, load, supports, method=methods["multigrid"]) * load).sum()


sparsead.factor_cache.clear()
ones = jnp.ones(space.mesh.cell_count)
value, slope = jax.value_and_grad(compliance)(ones)
stats = sparsead.factor_cache.stats()
print(f"compliance {value:.4f} J; set-ups {stats.setups}, factorizations {stats.factorizations}, solves {stats.solves}")
# Twice the modulus everywhere halves the compliance, and more stiffness never adds to it.
assert np.isclose(slope @ ones, -value, rtol=1e-6) and (slope < 0).all()
assert (stats.setups, stats.factorizations, stats.solves) == (1, 0, 1)

# %%
# The front layer, displaced; what each cell carries; iterations by size.
figure, axes = plt.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
front = fem.Mesh(flat, (fem.CellBlock("tri3", triangles),))
moved = np.asarray(u)[-len(flat) :]
style = {"label": "displacement", "unit": "µm", "displacement": moved[:, :2], "axes": axes[0]}
output.plot(front, 1e6 * np.linalg.norm(moved, axis=1), **style)
axes[0].set_title(f"{force / 1e3:.0f} kN at the pin, {space.count} dofs")
density = np.asarray(-slope)[-len(triangles) :] / np.asarray(front.measures)
style = {"label": "work in a volume, over the median", "edges": False, "limits": (0, 8), "axes": axes[1]}
output.plot(front, density / np.median(density), **style)
axes[1].set_title("gradient in the modulus of each cell")
for name, counts in iterations.items():
    axes[2].semilogy(sizes, counts, "o-", label=name)
axes[2].set(xlabel="dofs", ylabel="iterations", ylim=(10, 1000), title="conjugate gradients to 1e-8")
axes[2].legend(frameon=False)
figure.savefig("bracket_multigrid.png", dpi=150)
