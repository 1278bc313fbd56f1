"""pyMOTO: the stiffness of a box of voxels, all of one shape, which is all that it takes; with its pattern kept."""

from __future__ import annotations

from typing import Any

import pymoto

from benchmarks.peers import boxes


def assembly(n: int, element: str, rounds: int) -> dict[str, Any]:
    """Time a repeated assembly; the matrix is another than the others', because cells are not distorted."""
    domain = pymoto.VoxelDomain(2 * n, n, n)

    def make() -> Any:
        module = pymoto.AssembleStiffness(domain, e_modulus=1.0, poisson_ratio=boxes.POISSON)
        return lambda young: module(young).data

    row = {"dofs": 3 * domain.nnodes, "note": "voxels only", **boxes.timed(make, domain.nel, rounds)}
    del row["check"]
    return row
