"""scikit-fem: the stiffness of a distorted box of hex8 cells, assembled again with new moduli."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from skfem import Basis, BilinearForm, ElementHex1, ElementVector, MeshHex
from skfem.helpers import ddot, eye, sym_grad, trace

from benchmarks import harness

POISSON = 0.3
LAM, MU = POISSON / ((1 + POISSON) * (1 - 2 * POISSON)), 1 / (2 * (1 + POISSON))
SHIFT = 0.15


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
    start = time.perf_counter()
    basis = Basis(MeshHex(points, mesh.t), ElementVector(ElementHex1()), intorder=3)
    matrix = _assembled(basis, np.ones(mesh.t.shape[1]))
    first = time.perf_counter() - start
    check = float(np.abs(matrix.data).sum())
    times = []
    for number in range(rounds):
        young = np.random.default_rng(number).uniform(0.5, 1.5, mesh.t.shape[1])
        start = time.perf_counter()
        _assembled(basis, young)
        times.append(time.perf_counter() - start)
    return {
        "dofs": 3 * mesh.p.shape[1],
        "entries": int(matrix.nnz),
        "first_s": first,
        "time_s": harness.spread(times),
        "check": check,
    }


def _assembled(basis: Any, young: Any) -> Any:
    at_points = np.broadcast_to(young[:, None], (len(young), basis.X.shape[-1]))
    return stiffness.assemble(basis, young=at_points)


def _distorted(points: Any, n: int) -> Any:
    """Move every point as `benchmarks.ours_fem` does, whose points are in the order x, y, z."""
    place = (points[0] * (n + 1) + points[1]) * (n + 1) + points[2]
    shift = np.random.default_rng(0).uniform(-SHIFT, SHIFT, (points.shape[1], 3))
    return points + shift[place.astype(int)].T
