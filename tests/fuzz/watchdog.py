"""Watchdog: start workers, kill those that are silent, record crashes and hangs, restart behind the case."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_LOOK = 0.2  # seconds between looks
_START = 90.0  # seconds that a process may take to import everything on a busy machine
ROOT = Path(__file__).parents[2]


@dataclass
class Plan:
    """What to run.

    Parameters
    ----------
    seed, cases, jitted, workers : int
        Which cases, how many of them compiled by JAX, in how many processes.
    seconds : float
        Time for all.
    silence : float
        A worker that logs nothing for so long hangs. Compiling takes a second, starting a few.
    folder : Path
        Where the logs go.
    plant : str, optional
        Error to plant into the library.
    """

    seed: int
    cases: int
    jitted: int
    workers: int
    seconds: float
    silence: float
    folder: Path
    plant: str | None = None


@dataclass
class Report:
    """What was found.

    Parameters
    ----------
    counts : Counter
        Cases by kind: ``done``, ``harsh`` (bad or extreme), ``jitted``, ``harsh and jitted``, ``answered``, and
        the names of backends.
    failures : list of dict
        Description of each case that failed, and why.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)


class Worker:
    """One series of processes: each continues behind the case that ended the one before.

    Parameters
    ----------
    plan : Plan
        What to run.
    number : int
        Runs the cases ``number, number + workers, ...``.
    until : float
        Time to stop.
    """

    def __init__(self, plan: Plan, number: int, until: float) -> None:
        self._plan, self._until = plan, until
        self.log = plan.folder / f"worker{number}.jsonl"
        self.log.write_text("")
        self._read = 0
        self._running: dict[str, Any] | None = None
        self.finished = False
        self.report = Report()
        self._start(number)

    def _start(self, first: int) -> None:
        plan = self._plan
        numbers = {"seed": plan.seed, "cases": plan.cases, "jitted": plan.jitted, "first": first, "step": plan.workers}
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.worker"]
        command += [f"--log={self.log}", f"--until={self._until}"]
        command += [f"--{name}={number}" for name, number in numbers.items()]
        command += [f"--plant={plan.plant}"] if plan.plant else []
        with open(self.log.with_suffix(".err"), "w") as errors:
            self._process = subprocess.Popen(command, cwd=ROOT, stderr=errors)
        self._deadline = time.monotonic() + max(_START, plan.silence)

    def look(self) -> None:
        """Read the log; where the process is dead or silent, record it and start another."""
        code = self._process.poll()
        self._take_lines()
        if code == 0:
            self.finished = True
        elif code is not None:
            self._lost(f"crash, exit status {code}: {self.log.with_suffix('.err').read_text()[-2000:]}")
        elif time.monotonic() > self._deadline:
            self._process.kill()
            self._process.wait()
            self._take_lines()
            self._lost(f"hang, silent for {self._plan.silence:.0f} s")

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _take_lines(self) -> None:
        with open(self.log, "rb") as log:
            log.seek(self._read)
            text = log.read()
        complete = text[: text.rfind(b"\n") + 1]
        self._read += len(complete)
        for line in map(json.loads, complete.splitlines()):
            self._deadline = time.monotonic() + self._plan.silence
            if "done" not in line:
                self._running = line
                continue
            running, self._running = self._running, None
            self._count(line)
            if line["fault"]:
                self._record(running or {}, line["fault"])

    def _count(self, line: dict[str, Any]) -> None:
        kinds = [kind for kind in ("harsh", "jitted", "answered") if line[kind]]
        both = ["harsh and jitted"] if line["harsh"] and line["jitted"] else []
        self.report.counts.update(["done", *kinds, *both, f"backend {line['backend'] or 'chosen'}"])

    def _lost(self, fault: str) -> None:
        running, self._running = self._running, None
        self._record(running or {}, fault)
        if running is None:  # died between cases: nothing to continue behind
            self.finished = True
            return
        self._start(running["case"] + self._plan.workers)

    def _record(self, running: dict[str, Any], fault: str) -> None:
        self.report.failures.append({"seed": self._plan.seed, **running, "fault found": fault})


def watch(plan: Plan) -> Report:
    """Run all cases; return the report."""
    until = time.time() + plan.seconds
    workers = [Worker(plan, number, until) for number in range(plan.workers)]
    try:
        while not all(worker.finished for worker in workers) and time.time() < until + plan.silence:
            time.sleep(_LOOK)
            for worker in workers:
                if not worker.finished:
                    worker.look()
    finally:
        for worker in workers:
            worker.stop()
    return Report(
        counts=sum((worker.report.counts for worker in workers), Counter()),
        failures=[failure for worker in workers for failure in worker.report.failures],
    )
