"""pyMOTO: design iterations on its network of filter, assembly and solve; the update is that of `beams`.

Its own optimality criteria hold the volume of the design and not of the filtered one, which is another problem.

Every call of a module looks at the whole stack of its callers, which is several times as slow where `python -m` is at
the bottom of it: so the iterations have a thread, with a stack as short as that of a user's script.
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pymoto
from pymoto.solvers import (
    CG,
    GeometricMultigrid,
    SolverSparseCholeskyCVXOPT,
    SolverSparseLU,
    SolverSparsePardiso,
)

from benchmarks import beams
from benchmarks.beams import Beam, Watch

# Of the conjugate gradients: what their compliance needs to agree with that of direct solvers; nodes of the last grid.
TOLERANCE, COARSEST = 1e-9, 50


def run(beam: Beam, watch: Watch, *, solver: str) -> None:
    """Make all iterations; `watch` is called with the compliance after each."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_run, beam, watch, solver).result()


def _run(beam: Beam, watch: Watch, solver: str) -> None:
    domain = pymoto.VoxelDomain(*beam.shape)
    points = domain.get_node_position(np.arange(domain.nnodes)).T[:, : beam.dimension]
    load = beam.load(points).ravel()
    design = pymoto.Signal("x", state=beam.start())
    with pymoto.Network() as network:
        density = pymoto.DensityFilter(domain, radius=beam.radius)(design)
        young = pymoto.MathExpression(f"{beams.VOID} + {beams.SOLID - beams.VOID} * inp0^{beams.PENALTY:g}")(density)
        stiffness = pymoto.AssembleStiffness(
            domain, e_modulus=1.0, poisson_ratio=beams.POISSON, plane="stress", bc=np.flatnonzero(beam.held(points))
        )(young)
        u = pymoto.LinSolve(symmetric=True, positive_definite=True, solver=_solver(domain, solver))(stiffness, load)
        compliance = pymoto.EinSum("i,i->")(u, load)
        volume = pymoto.EinSum("i->")(density)
    costs = _gradient(network, volume, design) / beam.cells
    for _ in range(beam.iterations):
        network.response()
        value, slope = float(compliance.state), _gradient(network, compliance, design)
        design.state = beams.improved(design.state, slope, costs)
        watch(value)


def _gradient(network: Any, response: Any, design: Any) -> Any:
    network.reset()
    response.sensitivity = 1.0
    network.sensitivity()
    gradient = design.sensitivity.copy()
    network.reset()
    return gradient


def _solver(domain: Any, name: str) -> Any:
    if name != "multigrid":
        direct = {"pardiso": SolverSparsePardiso, "cholmod": SolverSparseCholeskyCVXOPT, "superlu": SolverSparseLU}
        options = {"symmetric": True, "hermitian": True, "positive_definite": True} if name == "pardiso" else {}
        return direct[name](**options)
    levels, coarse = [], domain
    while all(n % 2 == 0 for n in (coarse.nelx, coarse.nely, coarse.nelz)) and coarse.nnodes > COARSEST:
        levels.append(GeometricMultigrid(coarse))
        coarse = levels[-1].sub_domain
    for level, inner in itertools.pairwise(levels):
        level.inner_level = inner
    return CG(preconditioner=levels[0], tol=TOLERANCE)
