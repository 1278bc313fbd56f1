"""diffrax with ``RecursiveCheckpointAdjoint``, its default."""

from __future__ import annotations

import diffrax

from benchmarks.peers.diffrax_run import integrated
from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem


def differentiator(problem: TimeProblem) -> Differentiator:
    """Return ``diffeqsolve`` as it comes."""
    return integrated(problem, diffrax.RecursiveCheckpointAdjoint())
