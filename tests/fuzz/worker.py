"""Worker process: log each case before it runs, run it, judge it, log the verdict."""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TextIO

import numpy as np

import sparsead.numpy
from tests.fuzz.execute import execute
from tests.fuzz.generate import generate
from tests.fuzz.oracle import judge
from tests.fuzz.plants import PLANTS, planted
from tests.fuzz.truth import Truth

TOO_LARGE = "a factorization of .* is larger than the limit"  # the one warning that the library gives on purpose


def run_case(
    seed: int, index: int, *, jitted: bool, log: Callable[[dict[str, Any]], None] = lambda line: None
) -> str | None:
    """Run one case; return what is wrong, None if nothing is.

    Parameters
    ----------
    seed, index : int
        Which case.
    jitted : bool
        Whether compiled by JAX.
    log : callable, optional
        Called with the description before the case runs, and with the verdict after.
    """
    with np.errstate(all="ignore"):
        case = generate(seed, index, jitted=jitted)
        truth = Truth(case)
    log(case.describe())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=TOO_LARGE)
        outcome = execute(case)
    with np.errstate(all="ignore"):
        fault = judge(truth, outcome)
    fault = fault or _unusable()
    log({
        "done": index, "fault": fault, "harsh": truth.is_harsh, "jitted": jitted,
        "answered": outcome.error is None, "backend": case.backend,
    })  # fmt: skip
    return fault


def _unusable() -> str | None:
    """Solve a small system whose solution is known: whatever came before, it must work."""
    matrix = sparsead.numpy.coo([0, 0, 1], [0, 1, 1], [2.0, 1.0, 4.0], (2, 2))
    try:
        x = sparsead.numpy.solve(matrix, np.array([4.0, 8.0]))
    except Exception as error:
        return f"afterwards a known system gives {type(error).__name__}: {error}"
    return None if np.array_equal(x, [1.0, 2.0]) else f"afterwards a known system gives {x}"


def is_jitted(index: int, cases: int, jitted: int) -> bool:
    """Spread the compiled cases evenly over all."""
    return (index * jitted) // cases != ((index + 1) * jitted) // cases


def _write(log: TextIO, line: dict[str, Any]) -> None:
    log.write(json.dumps(line) + "\n")
    log.flush()


def main() -> None:
    """Run every `step`-th case from `first` on, until `cases`."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("seed", "cases", "jitted", "first", "step"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--until", type=float, required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--plant", choices=sorted(PLANTS))
    asked = parser.parse_args()
    with open(asked.log, "a") as log, planted(asked.plant) if asked.plant else nullcontext():
        for index in range(asked.first, asked.cases, asked.step):
            if time.time() > asked.until:
                return
            jitted = is_jitted(index, asked.cases, asked.jitted)
            run_case(asked.seed, index, jitted=jitted, log=lambda what: _write(log, what))


if __name__ == "__main__":
    main()
