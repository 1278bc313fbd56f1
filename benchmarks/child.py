"""The other side of `process.run`: measure one case and write its row. Runs in the peers' environment too."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from benchmarks import machine


def main(module: str, case: str, answer: str) -> None:
    """Measure one case of `module` and write the row to the file `answer`."""
    before = machine.calibrate()
    row = importlib.import_module(f"benchmarks.{module}").measure(**json.loads(case))
    row["calibration_s"] = [before, machine.calibrate()]
    Path(answer).write_text(json.dumps(row))


if __name__ == "__main__":
    main(*sys.argv[1:])
