"""Weak forms, one a file."""

from __future__ import annotations

from fem.elements.advection import advection
from fem.elements.anisotropic import anisotropic
from fem.elements.axisymmetric import axisymmetric
from fem.elements.diffusion import diffusion
from fem.elements.elasticity import elasticity
from fem.elements.mass import mass
from fem.elements.robin import robin

__all__ = ["advection", "anisotropic", "axisymmetric", "diffusion", "elasticity", "mass", "robin"]
