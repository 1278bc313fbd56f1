"""What one `pip install` gives on each machine: the bare libraries that come as wheels, beside SuperLU.

No target: the figures are the reason for the table of `docs/install.md`. MKL has wheels for x86-64, Linux and
Windows; cvxopt and cholespy for Macs too, cvxopt for Linux on Arm. Every library in a process of its own, new
values in every call, and the symbolic analysis counted only where each factorization makes one.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import harness, problems, tables

TITLE = "Libraries that come as wheels"
THREADS = (1,)
SIZES = {"solid": 20, "plane_stress": 200, "convection_diffusion": 30}
QUICK_SIZES = {"solid": 4, "plane_stress": 20, "convection_diffusion": 8}
LIBRARIES = ("superlu", "pardiso", "cvxopt", "cholespy")
ROUNDS, QUICK_ROUNDS = 5, 2
LARGEST_RESIDUAL = 1e-8


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every library on every matrix that it takes, elasticity declared positive definite and not."""
    for kind, library in ((kind, library) for kind in SIZES for library in LIBRARIES):
        for definite in (False,) if kind == "convection_diffusion" else (True, False):
            if definite or library != "cholespy":
                yield {"kind": kind, "library": library, "definite": definite, "quick": quick}


def measure(kind: str, library: str, definite: bool, quick: bool) -> dict[str, Any]:
    """Time factorizations and solves of a sequence of matrices, after one that does not count.

    Raises
    ------
    ArithmeticError
        If a solution is wrong.
    """
    system = problems.small(kind, (QUICK_SIZES if quick else SIZES)[kind])
    solver = importlib.import_module(f"benchmarks.bare.{library}").make(replace(system, positive_definite=definite))
    factorizations, solves = [], []
    for number in range(1 + (QUICK_ROUNDS if quick else ROUNDS)):
        values = system.values(number)
        start = time.perf_counter()
        solver.factorize(values)
        factorized = time.perf_counter()
        x = solver.solve(system.b)
        solves.append(time.perf_counter() - factorized)
        factorizations.append(factorized - start)
    residual = float(np.abs(system.matrix(number) @ x - system.b).max() / np.abs(system.b).max())
    if not residual <= LARGEST_RESIDUAL:
        raise ArithmeticError(f"a residual of {residual:.1e}")
    return {
        "n": system.n,
        "factorize_s": harness.spread(factorizations[1:]),
        "solve_s": harness.spread(solves[1:]),
    }


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return nothing: there is no target."""
    return []


def table(rows: list[dict[str, Any]]) -> str:
    """Return one line a matrix and library, with the factorization of SuperLU over its own."""
    done = {(row["kind"], row["definite"], row["library"]): row for row in rows if row["outcome"] == "ok"}
    lines = []
    for (kind, definite, library), row in done.items():
        factorize, solve = row["factorize_s"]["median"], row["solve_s"]["median"]
        beside = done.get((kind, definite, "superlu"))
        faster = "" if beside is None else f"{beside['factorize_s']['median'] / factorize:.1f} ×"
        declared = "positive definite" if definite else "general"
        lines.append([kind, row["n"], declared, library, tables.seconds(factorize), tables.seconds(solve), faster])
    heads = ["matrix", "n", "declared", "library", "factorization", "solve", "faster than SuperLU"]
    return tables.markdown(heads, lines)
