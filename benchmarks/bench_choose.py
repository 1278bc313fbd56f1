"""What `sparsead.backends.choose` decides by: each backend on matrices of growing size, and on the large ones.

No target: the figures are the reason for its rules. Every backend in a process of its own, through the
NumPy front-end, new values in every call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from benchmarks import bench_overhead, harness, ours_numpy, problems, tables

TITLE = "Which backend for which matrix"
THREADS = (1, 2)
# Nodes along a side of the 2D Laplacian, cells along a side of the hexahedral and the convective box.
SIZES = {"laplacian": (4, 8, 11, 16, 23, 32), "solid": (2, 3, 4, 6), "convection_diffusion": (3, 5, 7, 10)}
ROUNDS, QUICK_ROUNDS = 200, 20


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return every backend on every small matrix that it takes."""
    for kind, sizes in SIZES.items():
        definite = kind != "convection_diffusion"
        for size in sizes:
            for backend in ("dense", *bench_overhead.BACKENDS):
                if definite or backend != "cholmod":
                    yield {"kind": kind, "size": size, "backend": backend, "quick": quick}


def measure(kind: str, size: int, backend: str, quick: bool) -> dict[str, Any]:
    """Time value and gradient on one backend."""
    system = problems.small(kind, size)
    contestant = ours_numpy.contestant(system, backend)
    times = harness.paired(
        {backend: (lambda number: contestant.put(system.values(number)), contestant.call)},
        rounds=QUICK_ROUNDS if quick else ROUNDS,
        budget=20.0,
    )
    return {"n": system.n, "time_s": harness.spread(times[backend])}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return nothing: there is no target."""
    return []


def table(rows: list[dict[str, Any]]) -> str:
    """Return one line a matrix and number of threads, one column a backend."""
    backends = ("dense", *bench_overhead.BACKENDS)
    done = {(*_at(row), row["backend"]): row["time_s"]["median"] for row in rows if row["outcome"] == "ok"}
    places = sorted({(*_at(row), row["n"]) for row in rows if row["outcome"] == "ok"})
    lines = []
    for kind, size, threads, n in places:
        times = [done.get((kind, size, threads, backend)) for backend in backends]
        best = min(time for time in times if time is not None)
        cells = ["" if time is None else f"{tables.seconds(time)}{' *' if time == best else ''}" for time in times]
        lines.append([kind, n, threads, *cells])
    return tables.markdown(["matrix", "n", "threads", *backends], lines)


def _at(row: dict[str, Any]) -> tuple[str, int, int]:
    return row["kind"], row["size"], row["threads"]
