"""torch-fem: the stiffness of a distorted box of hex8 cells, with the maps of its model kept."""

from __future__ import annotations

from typing import Any

import torch
from torchfem import Solid
from torchfem.materials import IsotropicElasticity3D

from benchmarks.peers import boxes

torch.set_default_dtype(torch.float64)


def assembly(n: int, element: str, rounds: int) -> dict[str, Any]:
    """Time a repeated assembly: element matrices of the reference state with new moduli, added up."""
    points, cells = boxes.box(n)
    none = torch.zeros(0, dtype=torch.long)

    def make() -> Any:
        nodes, elements = torch.as_tensor(points), torch.as_tensor(cells)
        model = Solid(nodes, elements, IsotropicElasticity3D(torch.ones(len(cells)), boxes.POISSON))

        def assemble(young: Any) -> Any:
            model.material = IsotropicElasticity3D(torch.as_tensor(young), boxes.POISSON).vectorize(len(cells))
            with torch.no_grad():
                return model.assemble_matrix(model.k0(), none).values()

        return assemble

    return {"dofs": points.size, **boxes.timed(make, len(cells), rounds)}
