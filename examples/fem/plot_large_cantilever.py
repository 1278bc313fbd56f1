r"""
A large cantilever without a matrix
===================================

A block, held at one end and loaded along the lower edge of the other, is designed with a quarter of its material.
Factors of a million unknowns would take more memory than a desk has; ``method=fem.multigrid()`` makes no matrix. What
is run here is small; with ``cells = (128, 32, 64)`` the same script designs a block of 0.8 million unknowns, and
with ``method = None`` it uses the direct solver.

Conjugate gradients need no more iterations for a design with a contrast of 1e9 than for the full block.
"""

import jax
import matplotlib.pyplot as plt
import numpy as np
import pyvista

import fem
import sparsead
from fem import output

jax.config.update("jax_enable_x64", True)

# %%
# Half of the block, behind its plane of symmetry. All cells are alike, which is what multigrid asks for.
cells, share = (32, 8, 16), 0.25
method = fem.multigrid(rtol=1e-6)
mesh = fem.box(cells, size=(2.0, 0.5, 1.0))
space = fem.Space(mesh, components=3)
supports = [
    fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0)),
    fem.fix(space, mesh.points_on(lambda p: p[:, 1] == 0), components=(1,)),
]
edge = mesh.facets_on(lambda p: (p[:, 0] == 2) & (p[:, 2] <= 1 / cells[2]))
load = fem.traction(space, edge, (0.0, 0.0, -float(cells[2])))
smooth = fem.design.density_filter(mesh, radius=2.0 / cells[2])


def work(y, method=method):
    """Work of the load for densities y."""
    young = fem.design.simp(y, solid=1.0, void=1e-9, penalty=3.0)
    u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3), load, supports, method=method)
    return fem.responses.compliance(space, u, load)


# %%
# A value and its gradient are one solve. The store of factors counts its iterations.
counts = [0]
sparsead.factor_cache.clear()
found = fem.optimize.oc(
    lambda x: work(smooth(x)),
    np.full(mesh.cell_count, share),
    lambda x: fem.design.volume_fraction(mesh, smooth(x)) - share,
    max_iterations=20,
    callback=lambda _x, _record: counts.append(sparsead.factor_cache.stats().iterations),
)
iterations = np.diff(counts)
y = np.asarray(smooth(found.x))
print(f"{space.count} unknowns: {iterations[0]} iterations for the full block, {iterations[-1]} for the design")
assert found.value < found.history.value[0] / 4
assert iterations[-1] <= 2 * iterations[0]

# %%
# The direct solver says the same of the design.
assert abs(found.value - float(work(y, None))) < 1e-6 * found.value

# %%
whole = fem.box((cells[0], 2 * cells[1], cells[2]), size=(2.0, 1.0, 1.0), origin=(0.0, -0.5, 0.0))
half = y.reshape(cells)
part = output.surface(whole, np.concatenate([half[:, ::-1], half], axis=1).reshape(-1), threshold=0.4)
with pyvista.vtk_verbosity("off"):  # where there is no display VTK says so, and draws without one
    plotter = pyvista.Plotter(off_screen=True, window_size=(1000, 800))
    plotter.background_color = "white"
    plotter.add_mesh(part, color="#9db4cf", smooth_shading=True, split_sharp_edges=True, specular=0.2)
    plotter.add_mesh(pyvista.Box(whole.points.T[:, [0, -1]].reshape(-1)), style="wireframe", color="grey")
    plotter.camera_position = [(4.2, -3.3, 2.6), (1, 0, 0.45), (0, 0, 1)]
    picture = plotter.screenshot(None, return_img=True)
    plotter.close()

figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained", width_ratios=(1.3, 1))
axes[0].imshow(picture[100:580, 130:720])
axes[0].set_axis_off()
axes[1].plot(np.arange(1, len(iterations) + 1), iterations, "o-")
axes[1].set(xlabel="design", ylabel="iterations of the solve", ylim=(0, None), xticks=range(0, 21, 5))
figure.savefig("large_cantilever.png", dpi=150)
