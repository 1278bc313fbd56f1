"""A small campaign on every run of the suite, and proof that the fuzzer sees what is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import require

require("jax")

from tests.fuzz.plants import PLANTS, planted  # noqa: E402 - imports JAX
from tests.fuzz.watchdog import Plan, Report, watch  # noqa: E402
from tests.fuzz.worker import run_case  # noqa: E402

FATAL = ("crash", "hang")  # these end the process


def campaign(folder: Path, *, seed: int, cases: int, jitted: int = 0, plant: str | None = None) -> Report:
    plan = Plan(seed, cases, jitted, workers=1, seconds=300, silence=3 if plant else 120, folder=folder, plant=plant)
    return watch(plan)


def test_no_case_crashes_hangs_or_gives_garbage(tmp_path: Path) -> None:
    report = campaign(tmp_path, seed=20, cases=300, jitted=20)
    assert report.failures == []
    assert report.counts["done"] == 300
    assert report.counts["jitted"] == 20
    assert report.counts["harsh"] > 200
    assert 50 < report.counts["answered"] < 250


@pytest.mark.parametrize(("plant", "said"), [("crash", "crash, exit status -11"), ("hang", "hang, silent for")])
def test_fatal_error_is_found_and_the_rest_still_runs(tmp_path: Path, plant: str, said: str) -> None:
    report = campaign(tmp_path, seed=0, cases=40, plant=plant)
    first = report.failures[0]
    assert first["fault found"].startswith(said)
    assert first["operation"] and first["case"] > 0
    assert report.counts["done"] == 40 - len(report.failures)


@pytest.mark.parametrize("plant", [name for name in PLANTS if name not in FATAL])
def test_planted_error_is_found(plant: str) -> None:
    with planted(plant):
        faults = (run_case(0, index, jitted=False) for index in range(300))
        # the check of a known system after each case would see most of them: the oracle must
        assert any(fault and not fault.startswith("afterwards") for fault in faults)
