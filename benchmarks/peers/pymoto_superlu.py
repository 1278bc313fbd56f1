"""pyMOTO ``LinSolve`` with SuperLU, what it falls back to without MKL."""

from __future__ import annotations

import pymoto

from benchmarks.contestant import Contestant
from benchmarks.peers.pymoto_module import linsolve
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``LinSolve`` with ``SolverSparseLU``."""
    return linsolve(problem, pymoto.solvers.SolverSparseLU(), note="SuperLU", serial=True)
