"""One case in a process of its own: threads set before any library is imported, a limit, memory, errors as rows."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import machine

ROOT = Path(__file__).resolve().parents[1]
# A child kills itself at the limit of a call; the parent waits this much longer for all of its calls.
PATIENCE = 1800.0


def run(
    module: str, case: dict[str, Any], *, threads: int, python: str | None = None, patience: float = PATIENCE
) -> dict[str, Any]:
    """Run ``module.measure(**case)`` in a child process and return its row.

    Parameters
    ----------
    module : str
        Name of a file of this folder.
    case : dict
        Arguments of its ``measure``, and part of the row.
    threads : int
        What OMP, MKL and OpenBLAS are told.
    python : str, optional
        Interpreter of the child; this one when None.
    patience : float
        The parent ends the child after this time. Unit: [s].

    Returns
    -------
    dict
        The case, ``threads``, ``outcome`` ("ok", "over the limit", "failed"), ``wall_s``,
        ``cpu_s``, and what ``measure`` returned or the last line of the error.
    """
    environment = os.environ | dict.fromkeys(machine.THREAD_VARIABLES, str(threads))
    environment["JAX_PLATFORMS"] = "cpu"
    row = {**case, "threads": threads}
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "row.json"
        command = [python or sys.executable, "-m", "benchmarks.child", module, json.dumps(case), str(answer)]
        before, start = _cpu(), time.perf_counter()
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=patience, check=False
            )
            code, errors = done.returncode, done.stderr
        except subprocess.TimeoutExpired:
            code, errors = -signal.SIGALRM, ""
        row |= {"wall_s": round(time.perf_counter() - start, 3), "cpu_s": round(_cpu() - before, 3)}
        if code == -signal.SIGALRM:
            return row | {"outcome": "over the limit"}
        if code != 0 or not answer.exists():
            return row | {"outcome": "failed", "error": _reason(errors, code)}
        return row | {"outcome": "ok"} | json.loads(answer.read_text())


def _cpu() -> float:
    """Return the processor time of all children that have ended. Unit: [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _reason(errors: str, code: int) -> str:
    """Return the message of the exception in the error output, or the signal that ended the child."""
    if code < 0:
        return f"ended by {signal.Signals(-code).name}"
    lines = errors.rstrip().splitlines()
    starts = [number for number, line in enumerate(lines) if re.match(r"[A-Za-z_][\w.]*(Error|Exception)\b", line)]
    message = " ".join(line.strip() for line in lines[starts[-1] :]) if starts else "".join(lines[-1:])
    return message[:300] or f"exit status {code}"
