"""Coordinate systems of Nastran: rectangular, cylindrical and spherical ones by three points."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fem.mesh.files.nastran.cards import Card

_SHAPES = ("CORD2R", "CORD2C", "CORD2S")

# Shape, origin, and the axes as rows, in the basic system.
System: TypeAlias = "tuple[str, NDArray[np.float64], NDArray[np.float64]]"


def coordinate_systems(cards: Mapping[int, Card]) -> dict[int, System]:
    """Return the systems by their numbers.

    Parameters
    ----------
    cards : dict of int to Card
        Cards CORD2R, CORD2C and CORD2S by number.

    Raises
    ------
    ValueError
        If a system refers to one that is not there or to itself, or its points lie on a line.
    """
    known: dict[int, System] = {0: ("CORD2R", np.zeros(3), np.eye(3))}
    waiting = dict(cards)
    while waiting:
        ready = [number for number, card in waiting.items() if card.whole(2, 0) in known]
        if not ready:
            number, card = next(iter(waiting.items()))
            raise ValueError(f"coordinate system {number} in system {card.whole(2, 0)}, which is not defined before it")
        for number in ready:
            card = waiting.pop(number)
            points = np.array([card.real(place) for place in range(3, 12)]).reshape(3, 3)
            known[number] = _system(card, in_basic(points, known[card.whole(2, 0)]))
    return known


def is_system(card: Card) -> bool:
    """Return whether a card defines a coordinate system by three points."""
    return card.name in _SHAPES


def in_basic(points: NDArray[np.float64], system: System) -> NDArray[np.float64]:
    """Return points of a system in the basic one, shape (p, 3)."""
    shape, origin, axes = system
    first, second, third = points.T
    if shape == "CORD2C":
        angle = np.deg2rad(second)
        points = np.column_stack([first * np.cos(angle), first * np.sin(angle), third])
    elif shape == "CORD2S":
        polar, angle = np.deg2rad(second), np.deg2rad(third)
        around = first * np.sin(polar)
        points = np.column_stack([around * np.cos(angle), around * np.sin(angle), first * np.cos(polar)])
    return np.asarray(points @ axes + origin)


def _system(card: Card, points: NDArray[np.float64]) -> System:
    """Return the system with its origin, a point on z and one in the plane of x and z."""
    origin, on_z, in_plane = points
    z = on_z - origin
    y = np.cross(z, in_plane - origin)
    if not np.linalg.norm(y) > 1e-12 * np.linalg.norm(z) * np.linalg.norm(in_plane - origin):
        raise ValueError(f"three points on one line in {card.name} in line {card.line}")
    x = np.cross(y, z)
    return card.name, origin, np.array([axis / np.linalg.norm(axis) for axis in (x, y, z)])
