"""Weak forms, one a file."""

from __future__ import annotations

from fem.elements.elasticity import elasticity

__all__ = ["elasticity"]
