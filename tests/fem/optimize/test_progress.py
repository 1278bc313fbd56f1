"""Progress: a line in a terminal, nothing in a pipe, a clear word where tqdm is absent."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import require

tqdm = require("tqdm.auto")
optimize = require("fem.optimize")
errors = require("fem.errors")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def minimize(**options: Any) -> Any:
    return optimize.mma(
        lambda x: (x**2).sum(), [0.9, 0.4], [lambda x: 1.0 - x.sum()], lower=0.0, upper=1.0, change=0.0,
        progress=True, **options,
    )  # fmt: skip


def lines(max_iterations: int, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    minimize(max_iterations=max_iterations, **options)
    return terminal.getvalue().strip().split("\r")


def test_a_terminal_shows_iteration_value_constraint_and_change(monkeypatch: pytest.MonkeyPatch) -> None:
    last = lines(3, monkeypatch)[-1]
    assert last.startswith("design: 100%")
    for part in ("3/3", "value ", "constraint ", "change "):
        assert part in last


def test_a_resumed_run_starts_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines(3, monkeypatch, checkpoint=tmp_path / "run.npz")
    last = lines(4, monkeypatch, checkpoint=tmp_path / "run.npz")[-1]
    assert "4/4" in last


def test_a_pipe_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    minimize(max_iterations=3)
    assert capfd.readouterr() == ("", "")


def test_without_tqdm_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(errors.LibraryMissingError, match=r"got: +.*tqdm.*\n +fix: +pip install 'sparsead\[progress\]'"):
        minimize(max_iterations=3)
