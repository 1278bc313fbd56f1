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
    from fem.dofs.fields import Field
    from fem.dofs.topology import Topology
    from sparsead.errors import SparseADError

_AXES = "xyz"
_PART = 1e-6  # of the largest part of a motion: smaller ones are rounding
_FREE = 1e-8  # of the largest singular value: motions that supports resist less are free


def rigid_motions(
    points: NDArray[np.float64], components: int, kind: str | None = None, *, about: NDArray[np.float64] | None = None
) -> tuple[list[str], NDArray[np.float64]]:
    """Return names and displacements of the rigid motions of points.

    Parameters
    ----------
    points : array, shape (p, d)
        Coordinates. Unit: [length].
    components : int
        Components of the unknown.
    kind : {"solid", "frame", "plate", "revolution", "scalar"}, optional
        What the components are; by default displacements, where there are as many as dimensions, else numbers
        whose constants are motions.
    about : array, shape (d,), optional
        Point of the axes of rotation, by default the middle of the points. Unit: [length].

    Returns
    -------
    names : list of str
        ``"translation along x"`` ...
    motions : array, shape (m, p, components)
        Displacements.
    """
    d = points.shape[1]
    kind = kind or ("solid" if components == d else "scalar")
    constants = np.broadcast_to(np.eye(components)[:, None], (components, len(points), components))
    if kind == "scalar":
        return [f"a constant in component {k}" for k in range(components)], constants
    if kind == "revolution":
        return ["translation along the axis"], constants[1:2]
    centred = points - (points.mean(axis=0) if about is None else about)
    if kind == "plate":
        turns = np.zeros((2, len(points), components))
        turns[0, :, 0], turns[0, :, 1] = centred[:, 1], 1.0
        turns[1, :, 0], turns[1, :, 2] = -centred[:, 0], 1.0
        return ["deflection", "rotation about x", "rotation about y"], np.concatenate([constants[:1], turns])
    names, turns = _turns(centred, components)
    return [f"translation along {_AXES[k]}" for k in range(d)] + names, np.concatenate([constants[:d], turns])


def _turns(centred: NDArray[np.float64], components: int) -> tuple[list[str], NDArray[np.float64]]:
    """Rotations of displacements, and of the rotations that follow them where there are more components."""
    d = centred.shape[1]
    planes: tuple[tuple[int, int], ...] = {1: (), 2: ((0, 1),), 3: ((1, 2), (2, 0), (0, 1))}[d]
    turns = np.zeros((len(planes), len(centred), components))
    for number, (i, j) in enumerate(planes):
        turns[number, :, i], turns[number, :, j] = -centred[:, j], centred[:, i]
        if components > d:
            turns[number, :, d + number] = 1.0
    names = [f"rotation about {_AXES[3 - i - j]}" if d == 3 else "rotation in the plane" for i, j in planes]
    return names, turns


@dataclass(frozen=True)
class Unsupported:
    """Turns the error of a singular matrix into one that names the free rigid motion of a part of the mesh.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints.
    kinds : tuple of (str, str)
        Names of fields, and what their components are; see `rigid_motions`.
    """

    topology: Topology
    held: Held
    kinds: tuple[tuple[str, str], ...] = ()

    def __call__(self, error: SparseADError) -> SparseADError:
        """Return the error to raise."""
        for part in self._parts():
            for field in self.topology.numbering.fields:
                kind = dict(self.kinds).get(field.name)
                points = self.topology.mesh.points[part]
                names, motions = rigid_motions(points, field.components, kind, about=self._middle_of_held(part, field))
                free = self._free(part, field, motions)
                if len(free):
                    return self._free_to_move(part, field, "; ".join(_described(names, free)))
        return self._place(error)

    def _free_to_move(self, part: NDArray[np.integer], field: Field, motion: str) -> ConstraintError:
        whole = len(part) == len(self.topology.mesh.points)
        where = "the structure" if whole else f"the part of {len(part)} points with point {part[0]}"
        several = len(self.topology.numbering.fields) > 1
        return ConstraintError(
            f"{where} is free to move" + (f" in field {field.name!r}" if several else ""),
            expected="supports that stop every rigid motion of every part",
            got=f"no support stops: {motion}",
            fix="hold more dofs with fem.fix, or tie the parts together",
            point=int(part[0]),
        )

    def _parts(self) -> list[NDArray[np.integer]]:
        pairs = self.topology.system().pairs
        count = len(pairs.indptr) - 1
        ones = np.ones(len(pairs.neighbours), np.int8)
        graph = csr_array((ones, pairs.neighbours, pairs.indptr), shape=(count, count))
        number, labels = connected_components(graph, directed=False)
        return [np.flatnonzero(labels == label) for label in range(min(number, 50))]

    def _dofs(self, part: NDArray[np.integer], field: Field) -> NDArray[np.integer]:
        return self.topology.numbering.first[part][:, None] + field.offset + np.arange(field.components)

    def _middle_of_held(self, part: NDArray[np.integer], field: Field) -> NDArray[np.float64] | None:
        """Return the middle of the supported points of a part, about which it turns, if there are any."""
        supported = part[np.isin(self._dofs(part, field), self.held.dofs).any(axis=1)]
        return self.topology.mesh.points[supported].mean(axis=0) if len(supported) else None

    def _free(self, part: NDArray[np.integer], field: Field, motions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coefficients of the motions that violate no constraint, one combination a row."""
        n = self.topology.numbering.count
        dofs = self._dofs(part, field)
        scale = np.abs(motions).max(axis=(1, 2), keepdims=True)
        unit = motions / np.where(scale > 0, scale, 1)
        full = np.zeros((len(motions), n))
        full[:, dofs.reshape(-1)] = unit.reshape(len(motions), -1)
        violated = full[:, self.held.dofs] - (self.held.couplings @ full.T).T
        left, stretch, _ = np.linalg.svd(violated)
        resistance = np.zeros(len(motions))
        resistance[: len(stretch)] = stretch
        return left[:, resistance <= _FREE * max(resistance.max(), 1.0)].T

    def _place(self, error: SparseADError) -> SparseADError:
        dof = getattr(error, "dof", None)
        if dof is None:
            dof = getattr(error, "column", None)
        if dof is not None:
            node, field, component = self.topology.numbering.owner(int(dof))
            error.add_note(f"dof {dof} is component {component} of field {field.name!r} at point {node}")
        return error


def _described(names: list[str], motions: NDArray[np.float64]) -> list[str]:
    """Name each motion by its parts, after combining them to as few parts as possible by elimination."""
    motions = motions.copy()
    for row in range(len(motions)):
        rest = np.abs(motions[row:])
        pivot, column = (int(i) for i in np.unravel_index(np.argmax(rest), rest.shape))
        motions[[row, row + pivot]] = motions[[row + pivot, row]]
        motions[row] /= motions[row, column]
        others = np.arange(len(motions)) != row
        motions[others] -= motions[others, column][:, None] * motions[row]
    kept = np.abs(motions) > _PART * np.abs(motions).max(axis=1, keepdims=True)
    order = np.argsort(kept.argmax(axis=1), kind="stable")
    return [" with ".join(name for name, part in zip(names, kept[row], strict=True) if part) for row in order]
