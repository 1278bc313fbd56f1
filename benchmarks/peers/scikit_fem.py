"""scikit-fem: the stiffness of a distorted box of hex8 cells, assembled again with new moduli."""

from __future__ import annotations

from typing import Any

import numpy as np
from skfem import Basis, BilinearForm, ElementHex1, ElementVector, MeshHex
from skfem.helpers import ddot, eye, sym_grad, trace

from benchmarks.peers import boxes

LAM = boxes.POISSON / ((1 + boxes.POISSON) * (1 - 2 * boxes.POISSON))
MU = 1 / (2 * (1 + boxes.POISSON))


@BilinearForm
def stiffness(u: Any, v: Any, w: Any) -> Any:
    """Isotropic elasticity times the modulus of the cell."""
    strain = sym_grad(u)
    stress = 2.0 * MU * strain + LAM * eye(trace(strain), 3)
    return w.young * ddot(stress, sym_grad(v))


def assembly(n: int, element: str, rounds: int) -> dict[str, Any]:
    """Time a repeated assembly; the tables of shape functions are made once, and the quadrature is 2 x 2 x 2."""
    grid = [np.arange(float(c + 1)) for c in (2 * n, n, n)]
    mesh = MeshHex.init_tensor(*grid)
    points = _distorted(mesh.p, n)

    def make() -> Any:
        basis = Basis(MeshHex(points, mesh.t), ElementVector(ElementHex1()), intorder=3)
        return lambda young: _assembled(basis, young).data

    return {"dofs": 3 * mesh.p.shape[1], **boxes.timed(make, mesh.t.shape[1], rounds)}


def _assembled(basis: Any, young: Any) -> Any:
    at_points = np.broadcast_to(young[:, None], (len(young), basis.X.shape[-1]))
    return stiffness.assemble(basis, young=at_points)


def _distorted(points: Any, n: int) -> Any:
    """Move every point as `boxes.box` does, whose points are in the order x, y, z."""
    place = (points[0] * (n + 1) + points[1]) * (n + 1) + points[2]
    shift = np.random.default_rng(0).uniform(-boxes.SHIFT, boxes.SHIFT, (points.shape[1], 3))
    return points + shift[place.astype(int)].T
