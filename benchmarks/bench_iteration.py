"""Claim: an iteration of a design by density takes less time and memory than in any peer, on the same direct solvers.

Filter, assembly, solve, gradient and update of half MBB beams by optimality criteria: one process and one thread for
each contestant, the same cells, radius, move limit and number of iterations from the uniform design. Its answer is the
compliance of the last design: one that differs from ours by more than 1e-6 never wins. Memory is the highest of the
process. topoptlab, whose multipliers are right to 1e-3, is compared with ours that are no better.
"""

from __future__ import annotations

import importlib
import math
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from benchmarks import beams, harness, machine, memory, tables
from benchmarks.peers.registry import DESIGNERS, Peer, interpreter, missing

TITLE = "Design iterations against the peers"
THREADS = (1,)
LIMIT = 400.0
# Iterations that warm caches and stores, and are not counted.
WARM = 2
TOLERANCE = 1e-6
LETTERS = dict(zip("smlhcx", beams.BEAMS, strict=True))
OURS = (
    Peer("fem, as chosen", "ours_iteration", (), "", "smlh", "chosen"),
    Peer("fem, PARDISO", "ours_iteration", (), "", "smlhc", "pardiso"),
    Peer("fem, CHOLMOD", "ours_iteration", (), "", "smlh", "cholmod"),
    Peer("fem, SuperLU", "ours_iteration", (), "", "sml", "superlu"),
)
ITERATIVE = (
    Peer("fem, multigrid", "ours_iteration", (), "", "lhcx", "multigrid"),
    Peer("fem, multigrid in single precision", "ours_iteration", (), "", "lhcx", "multigrid, single"),
)
REST = Peer("fem, neither assembly nor solver", "ours_iteration", (), "", "smlh", "none")
# What topoptlab is compared with: it takes the multiplier of the volume to 1e-3 only.
HALVED = Peer("fem, multiplier to 1e-3", "ours_iteration", (), "", "smlh", "pardiso, halved")
BARE = (
    Peer("by hand, CHOLMOD", "bare.beam_design", (), "", "smlh", "cholmod"),
    Peer("by hand, PARDISO", "bare.beam_design", (), "", "smlh", "pardiso"),
)
CONTESTANTS = {peer.name: peer for peer in (*OURS, *ITERATIVE, REST, HALVED, *BARE, *DESIGNERS)}
PEERS_ITERATIVE = ("multigrid", "amg")
# Seconds at 60 x 20, and a part of an iteration in space: what is neither assembly nor solver.
REST_SMALL, REST_SHARE = 2e-3, 0.03


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every contestant on every beam that it can take."""
    for letter, size in LETTERS.items():
        for name, peer in CONTESTANTS.items():
            if letter in peer.problems:
                yield {"size": size, "contestant": name, "quick": quick}


def python(case: dict[str, Any]) -> str | None:
    """Return the interpreter of the contestant's environment."""
    environment = CONTESTANTS[case["contestant"]].environment
    return interpreter(environment) if environment else None


def skip(case: dict[str, Any], threads: int, rows: list[dict[str, Any]]) -> str | None:
    """Return why the case need not run: the peer is not installed."""
    peer = CONTESTANTS[case["contestant"]]
    return missing(peer) if peer.environment else None


def measure(size: str, contestant: str, quick: bool) -> dict[str, Any]:
    """Time the iterations of one contestant, each by itself; the first one has all that is prepared."""
    peer = CONTESTANTS[contestant]
    module = importlib.import_module(f"benchmarks.{'peers.' if peer.environment else ''}{peer.module}")
    if "jax" in sys.modules:
        sys.modules["jax"].devices()  # the start of JAX counts as import
    beam, imported = beams.make(size, quick), memory.restart()
    values, stamps = [], [time.perf_counter()]

    def watch(value: float) -> None:
        stamps.append(time.perf_counter())
        values.append(value)

    with harness.limit(LIMIT):
        module.run(beam, watch, solver=peer.solver)
    seconds = np.diff(stamps)
    return {
        "dofs": beam.dofs,
        "versions": machine.versions(peer.packages),
        "first_s": seconds[0],
        "time_s": harness.spread(list(seconds[WARM:])),
        "iterations": len(values),
        "value": values[-1],
        "peak_bytes": memory.peak(),
        "imported_bytes": imported,
    }


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ours over the best of the others: of direct solvers, our multigrid over all, what is neither of these."""
    found = []
    for size in LETTERS.values():
        done = {row["contestant"]: row for row in rows if row["size"] == size and row["outcome"] == "ok"}
        ours = [done[peer.name] for peer in OURS if peer.name in done]
        for rivals in (DESIGNERS, BARE):
            there = [done[peer.name] for peer in rivals if peer.name in done and peer.solver not in PEERS_ITERATIVE]
            there = [row for row in there if _deviation(row, done) <= TOLERANCE]
            found += _ratios(size, ours, there) if ours and there else []
        iterative = [done[peer.name] for peer in ITERATIVE if peer.name in done]
        there = [done[peer.name] for peer in DESIGNERS if peer.name in done]
        there = [row for row in there if _deviation(row, done) <= TOLERANCE]
        found += _ratios(size, iterative, there) if iterative and there else []
        if ours and REST.name in done:
            found += _rest(size, _median(done[REST.name]), min(map(_median, ours)))
    return found


def _ratios(size: str, ours: list[dict[str, Any]], rivals: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Return the best of ours over the best of others, in time and in memory."""
    for what, figure in (("time", _median), ("peak memory", lambda row: row["peak_bytes"])):
        best, mine = min(rivals, key=figure), min(ours, key=figure)
        claim = f"{what} of an iteration, {size}, {mine['contestant']} over {best['contestant']}"
        yield {"claim": claim, "target": 1.0, "figure": figure(mine) / figure(best), "unit": "×"}


def _rest(size: str, rest: float, iteration: float) -> Iterable[dict[str, Any]]:
    claim = f"neither assembly nor solver, {size}"
    if size == LETTERS["s"]:
        yield {"claim": claim, "target": 1e3 * REST_SMALL, "figure": 1e3 * rest, "unit": "ms"}
    if size == LETTERS["l"]:
        yield {"claim": f"{claim}, part of an iteration", "target": REST_SHARE, "figure": rest / iteration, "unit": ""}


def _median(row: dict[str, Any]) -> float:
    return float(row["time_s"]["median"])


def _deviation(row: dict[str, Any], done: dict[str, dict[str, Any]]) -> float:
    """Return how far the compliance of the last design is from ours of the same conventions, relative."""
    if CONTESTANTS[row["contestant"]].environment == "topoptlab":
        like = done.get(HALVED.name)
    else:
        like = done.get(OURS[1].name, done.get(ITERATIVE[0].name))  # no factors of a million unknowns
    return abs(row["value"] / like["value"] - 1) if like else math.inf


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    header = [
        "beam",
        "contestant",
        "dofs",
        "iteration",
        "first",
        "peak memory",
        "of it imports",
        "compliance",
        "deviation",
    ]
    lines = []
    for size in LETTERS.values():
        here = [row for row in rows if row["size"] == size]
        done = {row["contestant"]: row for row in here if row["outcome"] == "ok"}
        lines += [_line(row, done) for row in here]
    return tables.markdown(header, [line + [""] * (len(header) - len(line)) for line in lines])


def _line(row: dict[str, Any], done: dict[str, dict[str, Any]]) -> list[Any]:
    if row["outcome"] != "ok":
        return [row["size"], row["contestant"], f"{row['outcome']} {row.get('error', '')}"]
    who = " ".join([row["contestant"], *row["versions"].values()])
    figures = [tables.timing(row["time_s"]), tables.seconds(row["first_s"])]
    figures += [tables.megabytes(row[key]) for key in ("peak_bytes", "imported_bytes")]
    if row["contestant"] == REST.name:
        return [row["size"], who, f"{row['dofs']:,}", *figures]
    answer = f"{row['value']:.6f}, iteration {row['iterations']}"
    return [row["size"], who, f"{row['dofs']:,}", *figures, answer, f"{_deviation(row, done):.0e}"]
