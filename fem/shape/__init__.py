"""From the movement of some points to that of all, and how well the cells take it."""

from __future__ import annotations

from fem.shape.elastic import elastic
from fem.shape.guard import guard
from fem.shape.laplace import laplace
from fem.shape.quality import quality
from fem.shape.radial import radial

__all__ = ["elastic", "guard", "laplace", "quality", "radial"]
