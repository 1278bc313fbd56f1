r"""
A cantilever in space
=====================

A block of 200 x 100 x 100 mm is held at one end and loaded along the lower edge of the other. A fifth of it may stay.
What stays is a keel below, in compression, and two arms above, in tension, at the sides of the block; two legs carry
their force down to the edge. It is stiffer than the plain answer, a plate of the full height and a fifth of the width.

Half of it is modelled. Value and gradient cost one factorization an iteration.
"""

import jax
import matplotlib.pyplot as plt
import numpy as np
import pyvista

import fem
from fem import output

jax.config.update("jax_enable_x64", True)

# %%
# The half behind its plane of symmetry, y = 0, in cells of 10 mm.
young, poisson, force, share = 2e3, 0.35, 200.0, 0.2  # [MPa], 1, [N], 1
nx, ny, nz, cell = 20, 5, 10, 10.0  # [mm]
mesh = fem.box((nx, ny, nz), size=(nx * cell, ny * cell, nz * cell))
space = fem.Space(mesh, components=3)
supports = [
    fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0)),
    fem.fix(space, mesh.points_on(lambda p: p[:, 1] == 0), components=(1,)),
]
edge = mesh.facets_on(lambda p: (p[:, 0] == nx * cell) & (p[:, 2] <= cell))
load = fem.traction(space, edge, (0.0, 0.0, -force / 2 / (ny * cell * cell)))
smooth = fem.design.density_filter(mesh, radius=1.5 * cell)


def work(y):
    """Work of the load on the half, in N mm, for densities y."""
    moduli = fem.design.simp(y, solid=young, void=1e-6 * young)
    u = fem.solve(fem.elements.elasticity(space, young=moduli, poisson=poisson), load, supports)
    return fem.responses.compliance(space, u, load)


# %%
# Densities by optimality criteria.
start = np.full(mesh.cell_count, share)
found = fem.optimize.oc(
    lambda x: work(smooth(x)), start, lambda x: fem.design.volume_fraction(mesh, smooth(x)) - share, max_iterations=30
)
y = np.asarray(smooth(found.x))
assert (found.history.factorizations == 1).all()
assert found.value < found.history.value[0] / 10

# %%
# The proof: the densest fifth of the cells solid, the others void, against a plate of a fifth of the width, which
# gives way five times as far as the block.
cut = np.where(y > np.quantile(y, 1 - share), 1.0, 0.0)
solid = float(work(np.ones_like(y)))
print(f"uniform {found.history.value[0]:.1f} N mm, plate {solid / share:.1f} N mm, design {work(cut):.1f} N mm")
assert work(cut) < 0.95 * solid / share

# %%
# Both halves: a surface around what has a density above 0.4, which leaves as much as was allowed.
whole = fem.box((nx, 2 * ny, nz), size=(nx * cell, 2 * ny * cell, nz * cell), origin=(0.0, -ny * cell, 0.0))
half = y.reshape(nx, ny, nz)
part = output.surface(whole, np.concatenate([half[:, ::-1], half], axis=1).reshape(-1), threshold=0.4)
assert part.is_manifold
assert abs(part.volume / whole.measures.sum() - share) < 0.02

with pyvista.vtk_verbosity("off"):  # where there is no display VTK says so, and draws without one
    plotter = pyvista.Plotter(off_screen=True, window_size=(1200, 900))
    plotter.background_color = "white"
    plotter.enable_anti_aliasing("ssaa")
    plotter.add_mesh(part, color="#9db4cf", smooth_shading=True, split_sharp_edges=True, specular=0.2)
    plotter.add_mesh(pyvista.Box(whole.points.T[:, [0, -1]].reshape(-1)), style="wireframe", color="grey")
    plotter.camera_position = [(420, -330, 260), (100, 0, 45), (0, 0, 1)]
    picture = plotter.screenshot(None, return_img=True)
    plotter.close()

# sphinx_gallery_squares = {0: (240, 1005, 860, 95)}
figure, axes = plt.subplots(1, 2, figsize=(11.5, 4.6), layout="constrained", width_ratios=(1.7, 1))
axes[0].imshow(picture[130:820, 200:1050], extent=(200, 1050, 820, 130))
axes[0].set_axis_off()
axes[0].set_title("a fifth of the block, held at the left, loaded along the lower edge at the right")
axes[1].semilogy(found.history.value, label="design, with its grey edges")
axes[1].axhline(solid / share, color="0.5", ls="--", label="plate of the same mass")
axes[1].axhline(float(work(cut)), color="C0", ls=":", label="design, black and white")
axes[1].set(xlabel="iteration", ylabel="work of the load [N mm]")
axes[1].legend(frameon=False)
figure.savefig("solid_cantilever.png", dpi=150)
