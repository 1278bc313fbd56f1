"""torchdiffeq ``odeint``: backpropagation through the steps."""

from __future__ import annotations

from torchdiffeq import odeint

from benchmarks.peers.torchdiffeq_run import integrated
from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return ``odeint``."""
    return integrated(problem, odeint)
