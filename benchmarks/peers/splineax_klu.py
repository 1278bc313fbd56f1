"""splineax with its fork of klujax: the state of one call, with its analysis, is threaded into the next."""

from __future__ import annotations

from typing import Any

import splineax

from benchmarks.contestant import Contestant
from benchmarks.peers.splineax_state import stateful
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``linear_solve`` with ``KLU``, jitted."""
    solver: Any = splineax.KLU()
    return stateful(problem, solver, note="KLU", serial=True)
