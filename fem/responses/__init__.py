"""Responses of a structure: what an objective or a constraint is made of; arrays in, numbers out."""

from __future__ import annotations

from fem.responses.aggregates import ks, p_norm
from fem.responses.members import buckling, euler_load, fibre_stress
from fem.responses.motion import displacement, reaction
from fem.responses.scaling import adapted
from fem.responses.strength import relaxation, relaxed_von_mises
from fem.responses.work import compliance

__all__ = [
    "adapted",
    "buckling",
    "compliance",
    "displacement",
    "euler_load",
    "fibre_stress",
    "ks",
    "p_norm",
    "reaction",
    "relaxation",
    "relaxed_von_mises",
]
