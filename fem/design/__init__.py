"""From design variables to material: filters, projections, interpolations; arrays in, arrays out."""

from __future__ import annotations

from fem.design.amounts import mass, volume_fraction
from fem.design.density_filter import density_filter
from fem.design.extrusion import extruded
from fem.design.helmholtz_filter import helmholtz_filter
from fem.design.interpolation import ramp, simp
from fem.design.length_scale import LengthScale, length_scale
from fem.design.materials import multi_material
from fem.design.overhang import overhang_filter
from fem.design.passive import Passive, passive
from fem.design.projection import Robust, project, robust
from fem.design.self_weight import self_weight
from fem.design.sensitivity_filter import sensitivity_filter
from fem.design.symmetry import symmetric

__all__ = [
    "LengthScale",
    "Passive",
    "Robust",
    "density_filter",
    "extruded",
    "helmholtz_filter",
    "length_scale",
    "mass",
    "multi_material",
    "overhang_filter",
    "passive",
    "project",
    "ramp",
    "robust",
    "self_weight",
    "sensitivity_filter",
    "simp",
    "symmetric",
    "volume_fraction",
]
