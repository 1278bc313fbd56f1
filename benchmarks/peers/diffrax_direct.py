"""diffrax with ``DirectAdjoint``, which differentiates through the loop of steps."""

from __future__ import annotations

import diffrax

from benchmarks.peers.diffrax_run import integrated
from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return ``diffeqsolve`` with ``DirectAdjoint``."""
    return integrated(problem, diffrax.DirectAdjoint())
