"""Claim: importing sparsead adds at most 0.05 s to NumPy and SciPy, and 0.1 s to JAX and these.

JAX needs NumPy and SciPy but loads SciPy only when it uses it; what is left when it did not is told too.

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
SCIENTIFIC = "numpy, scipy.sparse, scipy.sparse.linalg"
# Module, what is imported before it, target.
CLAIMS = {
    "sparsead.numpy beyond NumPy and SciPy": ("sparsead.numpy", SCIENTIFIC, 0.05),
    "sparsead.jax beyond JAX, NumPy and SciPy": ("sparsead.jax", f"jax, {SCIENTIFIC}", 0.1),
    "sparsead.jax beyond JAX": ("sparsead.jax", "jax", None),
}
PROGRAM = """
import time
import {before}
start = time.perf_counter()
import {module}
print(time.perf_counter() - start)
"""


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the imports."""
    for imported in CLAIMS:
        yield {"imported": imported, "quick": quick}


def measure(imported: str, quick: bool) -> dict[str, Any]:
    """Import in fresh interpreters; the first, which may write byte code, does not count."""
    module, before, _ = CLAIMS[imported]
    program = PROGRAM.format(before=before, module=module)
    times = []
    for _ in range(1 + (QUICK_RUNS if quick else RUNS)):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        times.append(float(done.stdout))
    return {"time_s": harness.spread(times[1:])}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each median beside its target."""
    return [
        {
            "claim": f"import of {row['imported']}",
            "target": CLAIMS[row["imported"]][2],
            "figure": row["time_s"]["median"],
            "unit": "s",
        }
        for row in rows
        if row["outcome"] == "ok" and CLAIMS[row["imported"]][2] is not None
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["import of", "time"],
        [[row["imported"], tables.timing(row["time_s"])] for row in rows if row["outcome"] == "ok"],
    )
