"""Fields of a solution: strain, stress, energies, norms, values at points; all differentiable."""

from __future__ import annotations

from fem.fields.anisotropic_stress import anisotropic_stress
from fem.fields.axisymmetric_stress import axisymmetric_stress
from fem.fields.energy import strain_energy
from fem.fields.gradient import gradient, interpolate, strain
from fem.fields.invariants import principal, von_mises
from fem.fields.norms import error, integral, norm
from fem.fields.probe import Probe
from fem.fields.stress import stress

__all__ = [
    "Probe",
    "anisotropic_stress",
    "axisymmetric_stress",
    "error",
    "gradient",
    "integral",
    "interpolate",
    "norm",
    "principal",
    "strain",
    "strain_energy",
    "stress",
    "von_mises",
]
