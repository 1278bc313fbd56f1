"""What `bench_design` runs: the half MBB beam of the educational codes as a user writes it, from import to picture."""

from __future__ import annotations

import sys

import jax
import numpy as np

import fem

jax.config.update("jax_enable_x64", True)

mesh = fem.rectangle((60, 20), size=(60.0, 20.0))
space = fem.Space(mesh, components=2)
supports = [
    fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0), components=(0,)),
    fem.fix(space, mesh.points_on(lambda x: (x[:, 0] == 60) & (x[:, 1] == 0)), components=(1,)),
]
load = np.zeros(space.shape)
load[mesh.points_on(lambda x: (x[:, 0] == 0) & (x[:, 1] == 20)), 1] = -1.0
smooth = fem.design.sensitivity_filter(mesh, radius=2.4)


def compliance(x: jax.Array) -> jax.Array:
    """Work of the load."""
    young = fem.design.simp(x, solid=1.0, void=1e-9, penalty=3.0)
    u = fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3, plane="stress"), load, supports)
    return (load * u).sum()


def volume(x: jax.Array) -> jax.Array:
    """Above zero where half of the mesh is not enough."""
    return fem.design.volume_fraction(mesh, x) - 0.5


found = fem.optimize.oc(
    compliance, np.full(1200, 0.5), volume, sensitivity=smooth, bracket=(0.0, 1e9 * 1200), rtol=1e-3
)
axes = fem.output.plot(mesh, found.x, colormap="Greys")
axes.figure.savefig(sys.argv[1], dpi=120)
print(found.value, len(found.history))
