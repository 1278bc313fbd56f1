"""Output: mesh files with fields, and pictures."""

from __future__ import annotations

from fem.output.write import to_meshio, write

__all__ = ["to_meshio", "write"]
