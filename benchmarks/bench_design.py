"""Claim: the half MBB beam of 60 × 20 cells by optimality criteria, from import to picture, takes at most 6 s.

A fresh interpreter runs the script `mbb_beam.py`: imports, mesh, filter, compilation, 106 iterations to the published
compliance of 216.81366, which is checked, and a PNG.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import harness, tables

TITLE = "A design from import to picture"
THREADS = (1,)
RUNS, QUICK_RUNS = 7, 1
TARGET = 6.0
SCRIPT = Path(__file__).with_name("mbb_beam.py")
ANSWER = "216.81366", 106


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the one script."""
    yield {"script": SCRIPT.name, "quick": quick}


def measure(script: str, quick: bool) -> dict[str, Any]:
    """Run the script in fresh interpreters; the first, which may write byte code, does not count.

    Raises
    ------
    ValueError
        If the answer is not the published one, or there is no picture.
    """
    times = []
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "beam.png"
        for _ in range(1 + (QUICK_RUNS if quick else RUNS)):
            start = time.perf_counter()
            command = [sys.executable, "-m", f"benchmarks.{SCRIPT.stem}", str(picture)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            times.append(time.perf_counter() - start)
            value, iterations = done.stdout.split()
            if (f"{float(value):.5f}", int(iterations)) != ANSWER or not picture.stat().st_size:
                raise ValueError(f"not {ANSWER}: {done.stdout}")
            picture.unlink()
    return {"time_s": harness.spread(times[1:])}


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the median beside its target."""
    claim = "half MBB beam, 60 x 20, from import to picture"
    return [
        {"claim": claim, "target": TARGET, "figure": row["time_s"]["median"], "unit": "s"}
        for row in rows
        if row["outcome"] == "ok"
    ]


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    return tables.markdown(
        ["script", "wall time"],
        [[row["script"], tables.timing(row["time_s"])] for row in rows if row["outcome"] == "ok"],
    )
