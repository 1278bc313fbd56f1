"""Finite elements with derivatives: from a mesh to matrices, vectorised over cells, on top of `sparsead`."""

from __future__ import annotations

from fem.mesh import CellBlock, Facets, Mesh, box, interval, rectangle

__all__ = ["CellBlock", "Facets", "Mesh", "box", "interval", "rectangle"]
