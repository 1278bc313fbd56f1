"""Output: mesh files with fields, and pictures."""

from __future__ import annotations

from fem.output.animation import animate
from fem.output.plane import plot
from fem.output.series import Series
from fem.output.solid import plot_solid
from fem.output.surface import surface, write_surface
from fem.output.write import to_meshio, write

__all__ = ["Series", "animate", "plot", "plot_solid", "surface", "to_meshio", "write", "write_surface"]
