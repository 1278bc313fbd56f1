"""torchdiffeq ``odeint_adjoint``: integrates back in time, keeps nothing."""

from __future__ import annotations

from torchdiffeq import odeint_adjoint

from benchmarks.peers.torchdiffeq_run import integrated
from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return ``odeint_adjoint``, told the parameters."""
    return integrated(problem, odeint_adjoint, told=True)
