"""Optimizers: functions of arrays in, a design and its history out; none of them knows finite elements."""

from __future__ import annotations

from fem.optimize.approximation import Motion
from fem.optimize.audit import Audit, Check, Cost, audit
from fem.optimize.gcmma import gcmma
from fem.optimize.handover import HandedOver
from fem.optimize.history import History, Record, Result
from fem.optimize.ipopt import ipopt
from fem.optimize.mma import mma
from fem.optimize.nlopt import nlopt
from fem.optimize.oc import oc
from fem.optimize.running import Running
from fem.optimize.scipy import scipy

__all__ = [
    "Audit",
    "Check",
    "Cost",
    "HandedOver",
    "History",
    "Motion",
    "Record",
    "Result",
    "Running",
    "audit",
    "gcmma",
    "ipopt",
    "mma",
    "nlopt",
    "oc",
    "scipy",
]
