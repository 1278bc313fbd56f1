r"""
An arch that carries itself
===========================

What holds up nothing but its own weight? The load is the material, :math:`f(x) = \rho\, x\, g`: more of it is stiffer
and heavier, and the gradient of the compliance has both signs. Between two bearings an arch is left, as masons knew.
"""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import fem
import sparsead
from fem import output

jax.config.update("jax_enable_x64", True)

# %%
# The left half of a wall 20 m wide and 10 m high, 1 m thick, of stone; a bearing at its corner, symmetry at the right.
width, height, young, weight = 10.0, 10.0, 30e9, (0.0, -9.81 * 2400.0)  # [m], [m], [Pa], [N/m^3]
cells = 30
mesh = fem.rectangle((cells, cells), size=(width, height))
space = fem.Space(mesh, components=2)
corner = mesh.points_on(lambda x: (x[:, 0] < 1e-9 + width / cells) & (x[:, 1] == 0))
supports = [
    fem.fix(space, corner),
    fem.fix(space, mesh.points_on(lambda x: x[:, 0] == width), components=(0,)),
]
smooth = fem.design.density_filter(mesh, radius=1.5 * width / cells)
share = 0.2


def loaded(y):
    """Return displacements and weight of densities y; the modulus by RAMP, since with SIMP light cells sag."""
    load = fem.design.self_weight(space, y, weight)
    moduli = fem.design.ramp(y, solid=young, void=1e-6 * young, penalty=6.0)
    return fem.solve(fem.elements.elasticity(space, young=moduli, poisson=0.2), load, supports), load


def work(x):
    """Return the work of the weight in J."""
    return fem.responses.compliance(space, *loaded(smooth(x)))


# %%
# One solve gives value and gradient, also where the load depends on the design; and the gradient has both signs.
start = jnp.full(mesh.cell_count, share)
sparsead.factor_cache.clear()
first, slope = jax.jit(jax.value_and_grad(work))(start)
stats = sparsead.factor_cache.stats()
assert (stats.factorizations, stats.solves) == (1, 1)
assert slope.min() < 0 < slope.max()

# %%
# A fifth of the wall must be used: without a lower bound on the material the best is none.
found = fem.optimize.mma(
    lambda x: work(x) / first,
    start,
    [lambda x: 1 - fem.design.volume_fraction(mesh, smooth(x)) / share],
    lower=0.0,
    upper=1.0,
    max_iterations=80,
    motion=fem.optimize.Motion(move=0.1),
)
y = smooth(found.x)
u, load = loaded(y)
print(f"work {first:.2f} J -> {found.value * first:.2f} J")

# %%
# The bearing carries the half, whatever its shape. The thrust tells how high the arch rises: about its crown the moment
# of the weight is that of the thrust. An arch carries by compression inside of it, so this line is below its back.
moduli = fem.design.ramp(y, solid=young, void=1e-6 * young, penalty=6.0)
body = fem.elements.elasticity(space, young=moduli, poisson=0.2)
thrust, up = (
    float(fem.responses.reaction(body, u, supports, corner, along, load=load)) for along in ((1.0, 0.0), (0.0, 1.0))
)
assert np.isclose(up, -load[:, 1].sum(), rtol=1e-6)
bearing = fem.reactions(body, u, supports, load)[corner, 1] @ mesh.points[corner, 0] / up
rise = float(-load[:, 1] @ mesh.points[:, 0] / up - bearing) * up / thrust
print(f"weight {up / 1e3:.0f} kN, thrust {thrust / 1e3:.0f} kN, line of thrust {rise:.1f} m high")
assert 0.8 * height < rise < height
assert found.value < 0.1

# %%
# sphinx_gallery_squares = {0: (-10.2, 10.2, -5.2, 15.2)}
figure, ax = plt.subplots(figsize=(8, 4.4), layout="constrained")
nodes, moved = mesh.blocks[0].nodes, mesh.points - np.array([width, 0])
both = fem.Mesh(
    np.concatenate([moved, moved * [-1, 1]]),
    (fem.CellBlock("quad4", nodes), fem.CellBlock("quad4", nodes[:, ::-1] + len(mesh.points))),
)
output.plot(both, np.tile(y, 2), label="density", axes=ax, colormap="Greys", edges=False, length_unit="m")
ax.plot([-width, width], [-0.3, -0.3], "^", color="C0", ms=10, clip_on=False)
ax.set_title(f"weight {2e-3 * up:.0f} kN, thrust {1e-3 * thrust:.0f} kN, rise {rise:.1f} m")
figure.savefig("arch.png", dpi=150)
