"""jax-fem: the tangent of a distorted box of hex8 cells, its triplets turned into CSR by SciPy."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax_fem.generate_mesh import Mesh
from jax_fem.problem import Problem
from scipy.sparse import csr_array

from benchmarks.peers import boxes

jax.config.update("jax_enable_x64", True)
LAM = boxes.POISSON / ((1 + boxes.POISSON) * (1 - 2 * boxes.POISSON))
MU = 1 / (2 * (1 + boxes.POISSON))


class Elasticity(Problem):
    """Isotropic elasticity times the modulus at the quadrature points."""

    def get_tensor_map(self) -> Any:
        """Return the stress of a displacement gradient."""

        def stress(gradient: Any, young: Any) -> Any:
            strain = (gradient + gradient.T) / 2
            return young * (LAM * jnp.trace(strain) * jnp.eye(3) + 2 * MU * strain)

        return stress


def assembly(n: int, element: str, rounds: int) -> dict[str, Any]:
    """Time a repeated assembly."""
    points, cells = boxes.box(n)
    jax.block_until_ready(jnp.zeros(1))

    def make() -> Any:
        problem = Elasticity(Mesh(points, cells, "HEX8"), vec=3, dim=3, ele_type="HEX8")
        quadrature = problem.fes[0].num_quads

        def assemble(young: Any) -> Any:
            problem.internal_vars = [jnp.repeat(jnp.asarray(young)[:, None], quadrature, axis=1)]
            problem.newton_update([jnp.zeros(points.shape)])
            triplets = (np.asarray(problem.V), (problem.I, problem.J))
            return csr_array(triplets, shape=(points.size, points.size)).data

        return assemble

    return {"dofs": points.size, **boxes.timed(make, len(cells), rounds)}
