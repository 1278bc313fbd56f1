"""Rigid motions, and which of them supports leave free: what a singular stiffness matrix means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from fem.errors import ConstraintError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.constraints import Held
    from fem.dofs.topology import Topology
    from sparsead.errors import SparseADError

_AXES = "xyz"
_FREE = 1e-8  # of the largest singular value: motions that supports resist less are free


def rigid_motions(points: NDArray[np.float64], components: int) -> tuple[list[str], NDArray[np.float64]]:
    """Return names and displacements of the rigid motions of points.

    Parameters
    ----------
    points : array, shape (p, d)
        Coordinates. Unit: [length].
    components : int
        Components of the unknown; rotations exist where they are displacements, as many as dimensions.

    Returns
    -------
    names : list of str
        ``"translation along x"`` ...
    motions : array, shape (m, p, components)
        Displacements, about the middle of the points.
    """
    d = points.shape[1]
    names = [f"translation along {_AXES[k]}" if components == d else f"a constant in component {k}"
             for k in range(components)]  # fmt: skip
    motions = [np.tile(np.eye(components)[k], (len(points), 1)) for k in range(components)]
    if components == d and d > 1:
        centred = points - points.mean(axis=0)
        for i, j in ((1, 2), (2, 0), (0, 1)) if d == 3 else ((0, 1),):
            turn = np.zeros((len(points), d))
            turn[:, i], turn[:, j] = -centred[:, j], centred[:, i]
            names.append(f"rotation about {_AXES[3 - i - j]}" if d == 3 else "rotation in the plane")
            motions.append(turn)
    return names, np.stack(motions)


@dataclass(frozen=True)
class Unsupported:
    """Turns the error of a singular matrix into one that names the free rigid motion of a part of the mesh.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints.
    """

    topology: Topology
    held: Held

    def __call__(self, error: SparseADError) -> SparseADError:
        """Return the error to raise."""
        fields = self.topology.numbering.fields
        if len(fields) != 1:
            return error
        components = fields[0].components
        for part in self._parts():
            names, motions = rigid_motions(self.topology.mesh.points[part], components)
            free = self._free(part, motions)
            if free is not None:
                whole = len(part) == len(self.topology.mesh.points)
                where = "the structure" if whole else f"the part of {len(part)} points with point {part[0]}"
                return ConstraintError(
                    f"{where} is free to move",
                    expected="supports that stop every rigid motion of every part",
                    got=f"no support stops: {_describe(names, free)}",
                    fix="hold more dofs with fem.fix, or tie the parts together",
                    point=int(part[0]),
                )
        return self._place(error)

    def _parts(self) -> list[NDArray[np.integer]]:
        pairs = self.topology.system().pairs
        count = len(pairs.indptr) - 1
        ones = np.ones(len(pairs.neighbours), np.int8)
        graph = csr_array((ones, pairs.neighbours, pairs.indptr), shape=(count, count))
        number, labels = connected_components(graph, directed=False)
        return [np.flatnonzero(labels == label) for label in range(min(number, 50))]

    def _free(self, part: NDArray[np.integer], motions: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """Return the coefficients of a combination of motions that violates no constraint, if there is one."""
        n = self.topology.numbering.count
        dofs = self.topology.numbering.first[part][:, None] + np.arange(motions.shape[2])
        scale = np.abs(motions).max(axis=(1, 2), keepdims=True)
        unit = motions / np.where(scale > 0, scale, 1)
        full = np.zeros((len(motions), n))
        full[:, dofs.reshape(-1)] = unit.reshape(len(motions), -1)
        violated = full[:, self.held.dofs] - (self.held.couplings @ full.T).T
        left, stretch, _ = np.linalg.svd(violated)
        resistance = np.zeros(len(motions))
        resistance[: len(stretch)] = stretch
        loosest = int(np.argmin(resistance))
        return left[:, loosest] if resistance[loosest] <= _FREE * max(resistance.max(), 1.0) else None

    def _place(self, error: SparseADError) -> SparseADError:
        dof = getattr(error, "dof", None)
        if dof is None:
            dof = getattr(error, "column", None)
        if dof is not None:
            node, field, component = self.topology.numbering.owner(int(dof))
            error.add_note(f"dof {dof} is component {component} of field {field.name!r} at point {node}")
        return error


def _describe(names: list[str], weights: NDArray[np.float64]) -> str:
    """Name a motion by its largest parts."""
    share = np.abs(weights) / np.abs(weights).max()
    return " with ".join(name for name, part in zip(names, share, strict=True) if part > 1e-6)
