"""Rigid motions, and which of them supports leave free."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fem.dofs.constraints import Held
    from fem.dofs.fields import Field
    from fem.dofs.topology import Topology

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


def free_motions(
    topology: Topology, held: Held, part: NDArray[np.integer], field: Field, kind: str | None = None
) -> list[str]:
    """Return the names of the rigid motions of some points that no constraint stops, combined where they must be.

    Parameters
    ----------
    topology : Topology
        Dofs.
    held : Held
        Constraints.
    part : int array, shape (p,)
        Points that move as one.
    field : Field
        The unknown.
    kind : str, optional
        What its components are; see `rigid_motions`.
    """
    names, _, _, free = _free(topology, held, part, field, kind)
    return _described(names, free)


def free_displacements(
    topology: Topology, held: Held, part: NDArray[np.integer], field: Field, kind: str | None = None
) -> NDArray[np.float64]:
    """Return vectors, shape (m, n), that span the rigid motions of some points that no constraint stops.

    The parameters are those of `free_motions`.
    """
    _, dofs, motions, free = _free(topology, held, part, field, kind)
    vectors = np.zeros((len(free), topology.numbering.count))
    vectors[:, dofs.reshape(-1)] = free @ motions.reshape(len(motions), -1)
    return vectors


def _free(
    topology: Topology, held: Held, part: NDArray[np.integer], field: Field, kind: str | None
) -> tuple[list[str], NDArray[np.integer], NDArray[np.float64], NDArray[np.float64]]:
    """Names of the motions, their dofs, themselves of unit size, and the coefficients of those that are free."""
    dofs = topology.numbering.first[part][:, None] + field.offset + np.arange(field.components)
    supported = part[np.isin(dofs, held.dofs).any(axis=1)]
    about = topology.mesh.points[supported].mean(axis=0) if len(supported) else None
    names, motions = rigid_motions(topology.mesh.points[part], field.components, kind, about=about)
    scale = np.abs(motions).max(axis=(1, 2), keepdims=True)
    unit = motions / np.where(scale > 0, scale, 1)
    return names, dofs, unit, _unstopped(held, dofs, unit)


def _unstopped(held: Held, dofs: NDArray[np.integer], motions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients of the motions that violate no constraint, one combination a row."""
    full = np.zeros((len(motions), held.couplings.shape[1]))
    full[:, dofs.reshape(-1)] = motions.reshape(len(motions), -1)
    violated = full[:, held.dofs] - (held.couplings @ full.T).T
    left, stretch, _ = np.linalg.svd(violated)
    resistance = np.zeros(len(motions))
    resistance[: len(stretch)] = stretch
    return left[:, resistance <= _FREE * max(resistance.max(), 1.0)].T


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
