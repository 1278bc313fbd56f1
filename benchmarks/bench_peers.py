"""Claim: value and gradient of ‖A⁻¹b‖ in the stored values, faster and in less memory than any peer.

One process per contestant, matrix and number of threads; new values in every call; the answer
is checked before it is timed; a call that takes longer than the limit ends the process.
"""

from __future__ import annotations

import gc
import importlib
import sys
import time
from collections.abc import Iterable
from typing import Any

from benchmarks import harness, machine, memory, problems, process, reference, tables
from benchmarks.peers.registry import PEERS, Peer, interpreter

TITLE = "Value and gradient against the peers"
THREADS = (1, 2)
LIMIT = 100.0
OURS = (Peer("sparsead, JAX", "ours_jax", (), ""), Peer("sparsead, NumPy", "ours_numpy", (), ""))
CONTESTANTS = {peer.name: peer for peer in (*OURS, *PEERS)}
# Calls at most, and the time for them; a call near the limit is timed once.
CALLS = 2000
BUDGET = 20.0
QUICK_BUDGET = 3.0
# Ours over the best peer's, per matrix; (d) is held against two peers by name.
TARGETS = {"a": 0.6, "b": 0.4, "c": 1.0}
SMALL_TARGETS = {"klujax": 0.6, "sparsax": 1.2}
MEMORY_TARGET = 0.5
# Twice the threads at most halve a time: who takes more than this times the best is not run on them.
HOPELESS = 5.0
# A process has good and bad luck with where its memory lies, which shows in calls of microseconds.
REPEATS = {"d": 5}


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every contestant on every matrix that it can take, the small one in several processes by turns."""
    for problem in "abcd":
        for repeat in range(REPEATS.get(problem, 1)):
            for name, peer in CONTESTANTS.items():
                if problem in peer.problems:
                    yield {"problem": problem, "contestant": name, "repeat": repeat, "quick": quick}


def prepare(case: dict[str, Any]) -> None:
    """Make the reference of the case where it is missing."""
    if not reference.place(case["problem"], quick=case["quick"]).exists():
        made = process.run("reference", {key: case[key] for key in ("problem", "quick")}, threads=2)
        if made["outcome"] != "ok":
            raise RuntimeError(f"no reference for problem {case['problem']}: {made}")


def python(case: dict[str, Any]) -> str | None:
    """Return the interpreter of the contestant's environment."""
    environment = CONTESTANTS[case["contestant"]].environment
    return interpreter(environment) if environment else None


def skip(case: dict[str, Any], threads: int, rows: list[dict[str, Any]]) -> str | None:
    """Return why the case need not run with two threads: with one it took too long, or several times the best."""
    here = [row for row in rows if row["problem"] == case["problem"] and row["threads"] < threads]
    before = next((row for row in here if all(row.get(key) == value for key, value in case.items())), None)
    if before is None or before["outcome"] == "over the limit":
        return None if before is None else "over the limit"
    best = min((_median(row) for row in here if _valid(row)), default=0.0)
    slower = _median(before) / best if _valid(before) and best else 0.0
    return f"not run: {slower:.0f} × the best on one thread" if slower > HOPELESS else None


def measure(problem: str, contestant: str, repeat: int, quick: bool) -> dict[str, Any]:
    """Check one contestant, then time its calls and take its memory."""
    peer = CONTESTANTS[contestant]
    system = problems.make(problem, quick=quick)
    module = importlib.import_module(f"benchmarks.{'peers.' if peer.environment else ''}{peer.module}")
    if "jax" in sys.modules:
        sys.modules["jax"].devices()  # the start of JAX counts as import, not as memory of a solve
    imported = memory.restart()
    taking_part = module.contestant(system)
    with harness.limit(LIMIT):
        start = time.perf_counter()
        answer = taking_part.call(taking_part.put(system.values(0)))
        first = time.perf_counter() - start
    highest = memory.peak()
    row = {"note": taking_part.note, "first_s": first, "versions": machine.versions(peer.packages)}
    row["deviation"] = reference.deviation(taking_part, problem, quick, answer)
    row["right"] = row["deviation"] <= reference.TOLERANCE
    del answer
    memory.restart()
    times = _times(taking_part, system, QUICK_BUDGET if quick else BUDGET)
    row["time_s"] = harness.spread(times)
    row["peak_bytes"] = max(highest, memory.peak()) - imported
    row["imported_bytes"] = imported
    return row


def _times(taking_part: Any, system: problems.Problem, budget: float) -> list[float]:
    """Return the times of calls, each on new values, each under the limit."""
    times: list[float] = []
    begin = time.perf_counter()
    gc.disable()
    for number in range(1, CALLS + 1):
        given = taking_part.put(system.values(number))
        with harness.limit(LIMIT):
            start = time.perf_counter()
            result = taking_part.call(given)
            times.append(time.perf_counter() - start)
        del given, result
        if (number >= 3 and time.perf_counter() - begin > budget) or sum(times) > LIMIT:
            break
    return times


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each matrix and number of threads, ours over the best peer's."""
    found = []
    for problem, threads in sorted({(row["problem"], row["threads"]) for row in rows}):
        here = [row for row in _merged(rows) if row["problem"] == problem and row["threads"] == threads]
        ours = next((row for row in here if row["contestant"] == OURS[0].name and _valid(row)), None)
        peers = [row for row in here if row["contestant"] not in {peer.name for peer in OURS} and _valid(row)]
        if ours is None or not peers:
            continue
        where = f"({problem}), {threads} thread{'s' if threads > 1 else ''}"
        if problem == "d":
            for name, target in SMALL_TARGETS.items():
                best = min((row for row in peers if row["contestant"].startswith(name)), key=_median, default=None)
                found += [_verdict(where, ours, best, target)] if best else []
            continue
        best = min(peers, key=_median)
        found.append(_verdict(where, ours, best, TARGETS[problem]))
        ratio = ours["peak_bytes"] / best["peak_bytes"]
        claim = f"peak memory {where}, over {best['contestant']}"
        found.append({"claim": claim, "target": MEMORY_TARGET, "figure": ratio, "unit": "×"})
    return found


def _verdict(where: str, ours: dict[str, Any], best: dict[str, Any], target: float) -> dict[str, Any]:
    ratio = _median(ours) / _median(best)
    return {"claim": f"time {where}, over {best['contestant']}", "target": target, "figure": ratio, "unit": "×"}


def _merged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for the repeats of a case: a failed one if there is any, else the middle one by time."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["problem"], row["threads"], row["contestant"]), []).append(row)
    merged = []
    for repeats in groups.values():
        failed = [row for row in repeats if not _valid(row)]
        merged.append(failed[0] if failed else sorted(repeats, key=_median)[len(repeats) // 2])
    return merged


def _valid(row: dict[str, Any]) -> bool:
    return row["outcome"] == "ok" and row["right"]


def _median(row: dict[str, Any]) -> float:
    return row["time_s"]["median"]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown, the fastest of each matrix and number of threads first."""
    ordered = sorted(
        _merged(rows), key=lambda row: (row["problem"], row["threads"], _median(row) if _valid(row) else float("inf"))
    )
    return tables.markdown(
        ["matrix", "threads", "contestant", "value and gradient", "peak memory", "error", "configuration"],
        [
            [
                f"({row['problem']})",
                row["threads"],
                " ".join([row["contestant"], *(row.get("versions") or {}).values()]),
                *_cells(row),
            ]
            for row in ordered
        ],
    )


def _cells(row: dict[str, Any]) -> list[str]:
    """Return time, memory, error and configuration, or why there are none."""
    if row["outcome"] == "over the limit":
        idle = row.get("cpu_s", LIMIT) < LIMIT / 3
        return [f"> {LIMIT:.0f} s" + (", idle: it hangs" if idle else ""), "", "", ""]
    if row["outcome"] != "ok":
        return [row["outcome"], "", "", row.get("error", "")]
    time_s = tables.timing(row["time_s"]) if row["right"] else "wrong answer"
    return [time_s, tables.megabytes(row["peak_bytes"]), f"{row['deviation']:.0e}", row["note"]]
