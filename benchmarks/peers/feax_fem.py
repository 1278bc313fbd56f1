"""feax: the stiffness of a distorted box of hex8 cells, as a compiled function of the moduli."""

from __future__ import annotations

from typing import Any

import feax
import jax
import jax.numpy as jnp
from feax.assembler import _get_J_csr
from feax.traced_structure import TracedStructure

from benchmarks.peers import boxes

jax.config.update("jax_enable_x64", True)
LAM = boxes.POISSON / ((1 + boxes.POISSON) * (1 - 2 * boxes.POISSON))
MU = 1 / (2 * (1 + boxes.POISSON))


class Elasticity(feax.problem.Problem):
    """Isotropic elasticity times the modulus of the cell."""

    def get_tensor_map(self) -> Any:
        """Return the stress of a displacement gradient."""

        def stress(gradient: Any, young: Any) -> Any:
            strain = (gradient + gradient.T) / 2
            return young * (LAM * jnp.trace(strain) * jnp.eye(3) + 2 * MU * strain)

        return stress


def assembly(n: int, element: str, rounds: int) -> dict[str, Any]:
    """Time a repeated assembly into CSR, batch by batch, without supports."""
    points, cells = boxes.box(n)
    jax.block_until_ready(jnp.zeros(1))

    def make() -> Any:
        problem = Elasticity(feax.Mesh(jnp.asarray(points), jnp.asarray(cells), "HEX8"), vec=3, dim=3, ele_type="HEX8")
        structure = TracedStructure.from_problem(problem)
        zero = [jnp.zeros(points.shape)]

        @jax.jit
        def values(young: Any, structure: Any) -> Any:
            parameters = feax.TracedParams(volume_vars=(young,), surface_vars=())
            return _get_J_csr(problem, zero, parameters, structure)[0]

        return lambda young: jax.block_until_ready(values(jnp.asarray(young), structure))

    return {"dofs": points.size, **boxes.timed(make, len(cells), rounds)}
