"""From the movement of some points to that of all, and how well the cells take it."""

from __future__ import annotations

from fem.shape.elastic import elastic
from fem.shape.laplace import laplace
from fem.shape.radial import radial

__all__ = ["elastic", "laplace", "radial"]
