"""From design variables to material: filters, projections, interpolations; arrays in, arrays out."""

from __future__ import annotations

from fem.design.amounts import mass, volume_fraction
from fem.design.density_filter import density_filter
from fem.design.helmholtz_filter import helmholtz_filter
from fem.design.interpolation import ramp, simp
from fem.design.projection import Robust, project, robust
from fem.design.self_weight import self_weight
from fem.design.sensitivity_filter import sensitivity_filter

__all__ = [
    "Robust",
    "density_filter",
    "helmholtz_filter",
    "mass",
    "project",
    "ramp",
    "robust",
    "self_weight",
    "sensitivity_filter",
    "simp",
    "volume_fraction",
]
