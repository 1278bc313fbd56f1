"""Optimizers: functions of arrays in, a design and its history out; none of them knows finite elements."""

from __future__ import annotations

from fem.optimize.approximation import Motion
from fem.optimize.audit import Audit, Check, Cost, audit
from fem.optimize.gcmma import gcmma
from fem.optimize.history import History, Record, Result
from fem.optimize.mma import mma
from fem.optimize.oc import oc
from fem.optimize.running import Running

__all__ = [
    "Audit",
    "Check",
    "Cost",
    "History",
    "Motion",
    "Record",
    "Result",
    "Running",
    "audit",
    "gcmma",
    "mma",
    "oc",
]
