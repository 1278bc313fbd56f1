"""Quadrature rules on reference cells."""

from __future__ import annotations

from fem.quadrature.rule import Quadrature, rule

__all__ = ["Quadrature", "rule"]
