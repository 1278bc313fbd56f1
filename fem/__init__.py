"""Finite elements with derivatives: from a mesh to matrices, vectorised over cells, on top of `sparsead`."""

from __future__ import annotations
