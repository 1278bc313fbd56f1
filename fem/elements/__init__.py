"""Weak forms, one a file."""

from __future__ import annotations

from fem.elements.advection import advection
from fem.elements.anisotropic import anisotropic
from fem.elements.axisymmetric import axisymmetric
from fem.elements.bar import bar, bar_forces
from fem.elements.beam_forces import beam_forces
from fem.elements.diffusion import diffusion
from fem.elements.elasticity import elasticity
from fem.elements.euler_bernoulli import euler_bernoulli
from fem.elements.frame_mass import frame_mass
from fem.elements.line_load import line_load
from fem.elements.lumped_mass import lumped_mass
from fem.elements.mass import mass
from fem.elements.neo_hookean import neo_hookean
from fem.elements.own import energy, residual
from fem.elements.plate import plate
from fem.elements.plate_mass import plate_mass
from fem.elements.robin import robin
from fem.elements.thermal_strain import thermal_strain
from fem.elements.timoshenko import timoshenko

__all__ = [
    "advection",
    "anisotropic",
    "axisymmetric",
    "bar",
    "bar_forces",
    "beam_forces",
    "diffusion",
    "elasticity",
    "energy",
    "euler_bernoulli",
    "frame_mass",
    "line_load",
    "lumped_mass",
    "mass",
    "neo_hookean",
    "plate",
    "plate_mass",
    "residual",
    "robin",
    "thermal_strain",
    "timoshenko",
]
