"""Claim: importing sparsead adds at most 0.05 s to NumPy and SciPy, and 0.1 s to JAX.

Fresh interpreters; the time between the import of the dependency and that of sparsead.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from benchmarks import harness, tables

TITLE = "Import times"
THREADS = (1,)
RUNS, QUICK_RUNS = 21, 5
TARGETS = {"sparsead.numpy": 0.05, "sparsead.jax": 0.1}
BEFORE = {"sparsead.numpy": "numpy, scipy.sparse, scipy.sparse.linalg", "sparsead.jax": "jax"}
PROGRAM = """
import time
import {before}
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return both front-ends."""
    for module in TARGETS:
        yield {"module": module, "quick": quick}


def measure(module: str, quick: bool) -> dict[str, Any]:
    """Import in fresh interpreters; the first, which may write byte code, does not count."""
    program = PROGRAM.format(before=BEFORE[module], module=module)
    times = []
    for _ in range(1 + (QUICK_RUNS if quick else RUNS)):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        times.append(float(done.stdout))
    return {"beyond": BEFORE[module], "time_s": harness.spread(times[1:])}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each median beside its target."""
    return [
        {
            "claim": f"import {row['module']}, beyond {row['beyond']}",
            "target": TARGETS[row["module"]],
            "figure": row["time_s"]["median"],
            "unit": "s",
        }
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["module", "beyond", "time"],
        [[row["module"], row["beyond"], tables.timing(row["time_s"])] for row in rows if row["outcome"] == "ok"],
    )
