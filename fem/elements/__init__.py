"""Weak forms, one a file."""

from __future__ import annotations

from fem.elements.lines.bar import bar, bar_forces
from fem.elements.lines.beam_forces import beam_forces
from fem.elements.lines.euler_bernoulli import euler_bernoulli
from fem.elements.lines.frame_geometric import frame_geometric
from fem.elements.lines.frame_mass import frame_mass
from fem.elements.lines.line_load import line_load
from fem.elements.lines.timoshenko import timoshenko
from fem.elements.loads.thermal_strain import thermal_strain
from fem.elements.masses.lumped_mass import lumped_mass
from fem.elements.masses.mass import mass
from fem.elements.own.weak_form import energy, residual
from fem.elements.plates.plate import plate
from fem.elements.plates.plate_geometric import plate_geometric
from fem.elements.plates.plate_mass import plate_mass
from fem.elements.solids.anisotropic import anisotropic
from fem.elements.solids.axisymmetric import axisymmetric
from fem.elements.solids.elasticity import elasticity
from fem.elements.solids.geometric import geometric
from fem.elements.solids.j2_plasticity import j2_plasticity
from fem.elements.solids.neo_hookean import neo_hookean
from fem.elements.transport.advection import advection
from fem.elements.transport.diffusion import diffusion
from fem.elements.transport.robin import robin

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
    "frame_geometric",
    "frame_mass",
    "geometric",
    "j2_plasticity",
    "line_load",
    "lumped_mass",
    "mass",
    "neo_hookean",
    "plate",
    "plate_geometric",
    "plate_mass",
    "residual",
    "robin",
    "thermal_strain",
    "timoshenko",
]
