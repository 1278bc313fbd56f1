"""Meshes of distorted cells, solutions that are linear in space, and derivatives by differences."""

from __future__ import annotations

from typing import Any

import numpy as np

import fem

PLANE = ("tri3", "tri6", "quad4", "quad8", "quad9")
SOLID = ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")
SLOPE = np.array([[0.3, -0.2, 0.5], [0.7, 0.1, -0.4], [0.2, 0.6, -0.3]])


def distorted(name: str, cells: int = 2) -> fem.Mesh:
    """Return a square or a cube of cells whose corners are moved, second order following them."""
    plane = name in PLANE
    order = 2 if name in ("tri6", "quad8", "quad9", "tet10", "hex20", "hex27") else 1
    linear = {"tri6": "tri3", "quad8": "quad4", "quad9": "quad4", "tet10": "tet4", "hex20": "hex8", "hex27": "hex8"}
    mesh = (fem.rectangle if plane else fem.box)(cells, element=linear.get(name, name))
    shift = np.random.default_rng(5).uniform(-0.1, 0.1, mesh.points.shape).round(3)
    return mesh.with_points(mesh.points + shift / cells).with_order(order, complete=name in ("quad9", "hex27"))


def mixed() -> fem.Mesh:
    points = np.array([[0, 0], [1, 0.1], [2, 0], [0, 1], [1.1, 1], [2, 1.2]])
    return fem.Mesh(points, (fem.CellBlock("quad4", [[0, 1, 4, 3]]), fem.CellBlock("tri3", [[1, 2, 5], [1, 5, 4]])))


def linear_solution(mesh: fem.Mesh) -> tuple[fem.Space, Any, Any]:
    """Return a space, a displacement that is linear in space, and its gradient."""
    d = mesh.dimension
    return fem.Space(mesh, components=d), mesh.points @ SLOPE[:d, :d].T, SLOPE[:d, :d]


def directional(function: Any, x: Any, direction: Any) -> float:
    """Return a derivative by Richardson's extrapolation of central differences."""

    def central(h: float) -> float:
        return (float(function(x + h * direction)) - float(function(x - h * direction))) / (2 * h)

    return (4 * central(5e-4) - central(1e-3)) / 3
