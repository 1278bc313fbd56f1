"""Output: mesh files with fields, and pictures."""

from __future__ import annotations

from fem.output.plane import plot
from fem.output.solid import plot_solid
from fem.output.write import to_meshio, write

__all__ = ["plot", "plot_solid", "to_meshio", "write"]
