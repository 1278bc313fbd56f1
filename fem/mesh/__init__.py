"""Meshes: points, cells and named sets; structured meshes; checks."""

from __future__ import annotations

from fem.mesh.blocks import CellBlock
from fem.mesh.facets import FacetGroup, Facets
from fem.mesh.files.read import from_meshio, read
from fem.mesh.mesh import Mesh
from fem.mesh.quality import quality
from fem.mesh.structured import box, interval, rectangle

__all__ = [
    "CellBlock",
    "FacetGroup",
    "Facets",
    "Mesh",
    "box",
    "from_meshio",
    "interval",
    "quality",
    "read",
    "rectangle",
]
