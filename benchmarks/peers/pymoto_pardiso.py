"""pyMOTO ``LinSolve`` with PARDISO, its first choice, told where the matrix is symmetric positive definite."""

from __future__ import annotations

from benchmarks.contestant import Contestant
from benchmarks.peers.pymoto_module import linsolve
from benchmarks.problems import Problem


def contestant(problem: Problem) -> Contestant:
    """Return ``LinSolve`` with the solver that it chooses."""
    kind = "2 (SPD)" if problem.positive_definite else "11"
    return linsolve(problem, None, note=f"PARDISO, type {kind}", serial=False)
