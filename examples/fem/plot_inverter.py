r"""
A mechanism in one piece: the inverter
======================================

Push at the left, and the right end comes towards you: a force inverter without a hinge, cut from one sheet, that bends
where a linkage would turn. The response is a displacement, the output under the load of the input; its adjoint is
another load case, so value and gradient cost one factorization and two solves.

The upper half is modelled. Springs stand for the actuator and for what is moved.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead

jax.config.update("jax_enable_x64", True)

# %%
# A sheet of 100 x 50 mm (half of it), 1 mm thick, held at its corner; the actuator pushes at the axis of symmetry.
size, young, push = 0.1, 2e9, 10.0  # [m], [Pa], [N]
nx, ny = 48, 24
mesh = fem.rectangle((nx, ny), size=(size, size / 2))
space = fem.Space(mesh, components=2)
near_axis = lambda x: x[:, 1] < 0.051 * size  # noqa: E731
entry = mesh.facets_on(lambda x: (x[:, 0] == 0) & near_axis(x))
exit_ = mesh.facets_on(lambda x: (x[:, 0] == size) & near_axis(x))
supports = [
    fem.fix(space, mesh.points_on(lambda x: x[:, 1] == 0), components=(1,)),
    fem.fix(space, mesh.points_on(lambda x: (x[:, 0] == 0) & (x[:, 1] > 0.44 * size))),
]
width = 0.05 * size
f = fem.traction(space, entry, (push / width, 0.0))
actuator = fem.elements.robin(space, entry, 2e5 / width)  # [N/m] over a length
work_piece = fem.elements.robin(space, exit_, 2e3 / width)
thickness = 1e-3
smooth = fem.design.density_filter(mesh, radius=2.0 * size / nx)


def solution(y):
    """Displacements for filtered densities y."""
    moduli = fem.design.simp(y, solid=young, void=1e-9 * young)
    sheet = fem.elements.elasticity(space, young=moduli, poisson=0.35, thickness=thickness)
    return fem.solve(sheet + actuator + work_piece, f, supports)


def output(x):
    """Displacement of the exit along the push, in mm."""
    return 1e3 * fem.responses.displacement(space, solution(smooth(x)), exit_, (1.0, 0.0))


# %%
# A solid sheet pushes the work piece away. What the gradient of its output costs:
start = jnp.full(mesh.cell_count, 0.3)
sparsead.factor_cache.clear()
jax.block_until_ready(jax.jit(jax.value_and_grad(output))(start))
stats = sparsead.factor_cache.stats()
assert (stats.factorizations, stats.solves) == (1, 2)
assert output(jnp.ones(mesh.cell_count)) > 0

# %%
# Thirty percent of the sheet may stay.
found = fem.optimize.mma(
    output,
    start,
    [lambda x: fem.design.volume_fraction(mesh, smooth(x)) / 0.3 - 1],
    lower=0.0,
    upper=1.0,
    max_iterations=80,
    motion=fem.optimize.Motion(move=0.1),
)
y = smooth(found.x)
u = np.asarray(solution(y))
pushed = 1e3 * float(fem.responses.displacement(space, u, entry, (1.0, 0.0)))
print(f"entry {pushed:+.3f} mm, exit {found.value:+.3f} mm")

# %%
# The exit comes back by more than half of what the entry goes in, and the material is used up.
assert found.value < -0.5 * pushed < 0
assert abs(fem.design.volume_fraction(mesh, y) - 0.3) < 1e-3

# %%
# Both halves, at rest and pushed (enlarged).
# sphinx_gallery_squares = {0: (-8.0, 108.0, -58.0, 58.0)}
figure, ax = plt.subplots(figsize=(7, 7), layout="constrained")
large = 0.08 * size / np.abs(u).max()
for sign in (1, -1):
    for points, style in ((mesh.points, "Greys"), (mesh.points + large * u, "Blues")):
        corners = 1e3 * points[mesh.blocks[0].nodes][np.asarray(y) > 0.3] * [1, sign]
        shade = np.asarray(y)[np.asarray(y) > 0.3]
        style = {"cmap": style, "clim": (0, 1.4), "alpha": 0.35 if style == "Greys" else 1.0}
        ax.add_collection(plt.matplotlib.collections.PolyCollection(corners, array=shade, **style))
ax.annotate("push", (-1, 0), (-16, 0), va="center", arrowprops={"color": "C3", "width": 2})
ax.annotate("", (85, 0), (100, 0), arrowprops={"color": "C2", "width": 2})
ax.set(aspect="equal", xlim=(-18, 110), ylim=(-60, 60), xlabel="x [mm]", ylabel="y [mm]")
ax.set_title(f"entry {pushed:+.3f} mm, exit {found.value:+.3f} mm; motion enlarged {large:.0f} times")
figure.savefig("inverter.png", dpi=150)
