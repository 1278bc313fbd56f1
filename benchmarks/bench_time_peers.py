"""Claim: the gradient of a run through time, faster than any peer's at the same tolerance, and no less accurate.

Each peer takes turns with sparsead in one process, on the same right-hand side, method, steps or tolerance, in double
precision; a peer over five times slower is timed once. Errors of gradients are relative: of given steps to the forward
mode of JAX through the same steps; of a tolerance to a run at 1e-13, certified by SciPy on the tangent's equations.
Memory is what a call needs beyond what was resident before.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

from benchmarks import harness, machine, memory, process, tables, time_problems, time_reference
from benchmarks.peers.registry import DIFFERENTIATORS, interpreter, missing
from benchmarks.taking_part import Differentiator
from benchmarks.time_problems import TimeProblem

TITLE = "Gradients through time against the peers"
THREADS = (1,)
LIMIT = 100.0
PEERS = {peer.name: peer for peer in DIFFERENTIATORS}
HOPELESS = 5.0
BUDGET, QUICK_BUDGET = 12.0, 0.5
# Eager Python in every step: a tenth of the nerve cell is enough to see by how much.
EAGER, EAGER_STEPS = ("torchdiffeq", "PETSc"), 6_000
# Relative error of a gradient above which it is wrong, and never wins.
WRONG = 1e-2


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every peer on every problem that it can take."""
    for problem in time_problems.PROBLEMS:
        for name, peer in PEERS.items():
            if problem in peer.problems:
                short = problem in "nm" and name.startswith(EAGER) and not quick
                yield {
                    "problem": problem,
                    "contestant": name,
                    "steps": EAGER_STEPS if short else 0,
                    "quick": quick,
                }


def python(case: dict[str, Any]) -> str | None:
    """Return the interpreter of the peer's environment."""
    return interpreter(PEERS[case["contestant"]].environment)


def skip(case: dict[str, Any], threads: int, rows: list[dict[str, Any]]) -> str | None:
    """Return why the case need not run: the peer is not installed."""
    return missing(PEERS[case["contestant"]])


def prepare(case: dict[str, Any]) -> None:
    """Make the reference of the case where it is missing.

    Raises
    ------
    RuntimeError
        If it cannot be made.
    """
    given = {key: case[key] for key in ("problem", "quick", "steps")}
    if not time_reference.place(**given).exists():
        made = process.run("time_reference", given, threads=1)
        if made["outcome"] != "ok":
            raise RuntimeError(f"no reference for problem {case['problem']}: {made}")


def measure(problem: str, contestant: str, steps: int, quick: bool) -> dict[str, Any]:
    """Check both answers, take their memory, then time runs and gradients in turn."""
    peer = PEERS[contestant]
    given = time_problems.make(problem, quick=quick, steps=steps)
    modules = {"ours": "ours_time", "peer": f"peers.{peer.module}"}
    parts: dict[str, Differentiator] = {
        who: importlib.import_module(f"benchmarks.{name}").differentiator(given) for who, name in modules.items()
    }
    row: dict[str, Any] = {"title": given.title, "parameters": given.params.size, "unknowns": given.start.size}
    row |= {"floor": given.error_floor, "note": parts["peer"].note, "versions": machine.versions(peer.packages)}
    for who, part in parts.items():
        with harness.limit(LIMIT):
            answer = part.gradient(part.put(given.values(0)))
            row[f"{who}_value_error"], row[f"{who}_error"] = time_reference.errors(problem, quick, steps, answer)
            row[f"{who}_bytes"] = _memory(part, given)
    times = _times(parts, given, QUICK_BUDGET if quick else BUDGET)
    row["time_s"] = {name: harness.spread(sample) for name, sample in times.items()}
    row["ratio"] = {name: harness.ratios(times, f"peer {name}")[f"ours {name}"] for name in ("run", "gradient")}
    return row


def _memory(part: Differentiator, given: TimeProblem) -> int:
    """Return the highest resident memory of one more gradient, less what was resident before. Unit: [byte]."""
    params = part.put(given.values(1))
    before = memory.restart()
    part.gradient(params)
    return max(0, memory.peak() - before)


def _times(parts: dict[str, Differentiator], given: TimeProblem, budget: float) -> dict[str, list[float]]:
    """Return the times of runs and gradients, turn by turn; one round where the peer is hopeless."""
    contestants = {
        f"{who} {name}": ((lambda k, part=part: part.put(given.values(k + 1))), getattr(part, name))
        for who, part in parts.items()
        for name in ("run", "gradient")
    }
    once = {name: harness.once(call, put, 0) for name, (put, call) in contestants.items() if "gradient" in name}
    hopeless = once["peer gradient"] > HOPELESS * once["ours gradient"]
    with harness.limit(LIMIT):
        for put, call in contestants.values():
            harness.once(call, put, 1)
        return harness.paired(contestants, rounds=1 if hopeless else harness.ROUNDS, budget=budget, warm=False)


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each problem, ours over the fastest right peer, and over the most accurate one."""
    done = [row for row in rows if row["outcome"] == "ok"]
    found = []
    for problem in dict.fromkeys(row["problem"] for row in done):
        here = [row for row in done if row["problem"] == problem]
        right = [row for row in here if row["peer_error"] <= WRONG]
        if not right:
            continue
        fastest, best = max(right, key=_ratio), min(right, key=lambda row: row["peer_error"])
        claim = f"gradient, {fastest['title']}, over {fastest['contestant']}"
        found.append({"claim": f"time of the {claim}", "target": 1.0, "figure": _ratio(fastest), "unit": "×"})
        claim = f"error of the gradient, {best['title']}, over {best['contestant']}"
        found.append({"claim": claim, "target": 1.0, "figure": _errors_ratio(best), "unit": "×"})
    return found


def _ratio(row: dict[str, Any]) -> float:
    return float(row["ratio"]["gradient"]["median"])


def _errors_ratio(row: dict[str, Any]) -> float:
    """Return ours over the peer's, both at least what rounding makes of them."""
    return float(max(row["ours_error"], row["floor"]) / max(row["peer_error"], row["floor"]))


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    header = ["problem", "peer", "its run", "its gradient", "our run", "our gradient", "gradient, ours over its"]
    header += ["its error", "our error", "its memory", "our memory"]
    lines = [_line(row) for row in rows]
    return tables.markdown(header, [line + [""] * (len(header) - len(line)) for line in lines])


def _line(row: dict[str, Any]) -> list[Any]:
    if row["outcome"] != "ok":
        return [row["problem"], row["contestant"], f"{row['outcome']} {row.get('error', '')}"]
    title = f"{row['title']}, {row['unknowns']} unknowns, {row['parameters']} parameters"
    title += f", {row['steps']:,} steps only" if row["steps"] else ""
    who = " ".join([row["contestant"], *row["versions"].values()])
    times = [row["time_s"][f"{who} {name}"]["median"] for who in ("peer", "ours") for name in ("run", "gradient")]
    return [
        title,
        f"{who} ({row['note']})" if row["note"] else who,
        *(tables.seconds(time) for time in times),
        tables.ratio(row["ratio"]["gradient"]),
        *(f"{row[key]:.0e}" for key in ("peer_error", "ours_error")),
        *(tables.megabytes(row[key]) for key in ("peer_bytes", "ours_bytes")),
    ]
