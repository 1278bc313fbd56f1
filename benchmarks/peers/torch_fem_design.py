"""torch-fem: design iterations by its element matrices, its assembly and its solvers, all maps kept.

By conjugate gradients with its algebraic multigrid, the rigid motions given, to what their compliance needs to agree
with that of direct solvers.

`solve` of its models evaluates the material anew and takes Newton steps, which a linear design needs not. It has no
filter and no optimizer: those of `beams`.
"""

from __future__ import annotations

import torch
import torchfem.sparse
from torchfem import Planar, Solid
from torchfem.materials import IsotropicElasticity3D, IsotropicElasticityPlaneStress
from torchfem.mesh import cube_hexa, rect_quad

from benchmarks import beams
from benchmarks.beams import Beam, Watch

torch.set_default_dtype(torch.float64)
TOLERANCE = 1e-9


def run(beam: Beam, watch: Watch, *, solver: str) -> None:
    """Make all iterations; `watch` is called with the compliance after each."""
    how = {"method": "cg", "stol": TOLERANCE} if solver == "amg" else {"method": "direct"}
    if solver == "superlu":
        torchfem.sparse.available_backends.remove("pypardiso")
    flat = beam.dimension == 2
    nodes, cells = (rect_quad if flat else cube_hexa)(*(n + 1 for n in beam.shape), *map(float, beam.shape))
    points = nodes.numpy().round()
    law = (IsotropicElasticityPlaneStress if flat else IsotropicElasticity3D)(beams.SOLID, beams.POISSON)
    model = (Planar if flat else Solid)(nodes, cells, law)
    solid, dofs = model.k0(), model.idx
    motions = model.near_null_space()
    held = torch.as_tensor(beam.held(points).ravel()).nonzero().ravel()
    load = torch.as_tensor(beam.load(points).ravel())
    smooth = beams.density_filter(points[cells].mean(axis=1), beam.radius)
    transposed = smooth.T.tocsr()
    costs, x = transposed @ beam.start() / beam.start().sum(), beam.start()
    for _ in range(beam.iterations):
        density = smooth @ x
        young = torch.as_tensor(beams.young(density))
        matrix = model.assemble_matrix(young[:, None, None] * solid, held)
        u, *_ = torchfem.sparse.sparse_solve(matrix, load, motions, **how)
        moved = u[dofs]
        energy = torch.einsum("ei,eij,ej->e", moved, solid, moved).numpy()
        x = beams.improved(x, transposed @ (-beams.young_slope(density) * energy), costs)
        watch(float(load @ u))
