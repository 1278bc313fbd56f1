"""The picture of a history shows what the history holds."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

pyplot = require("matplotlib.pyplot")
optimize = require("fem.optimize")
errors = require("fem.errors")


@pytest.fixture(autouse=True)
def close_figures() -> Any:
    yield
    pyplot.close("all")


def history(m: int) -> Any:
    rng = np.random.default_rng(0)
    rows = [optimize.Record(k, 1 / (k + 1), rng.normal(size=m), 0.5**k, 0.1, 1.0, 1) for k in range(5)]
    return optimize.History(rows)


def curves(ax: Any) -> list[Any]:
    return [line.get_ydata() for line in ax.lines if len(line.get_ydata()) == 5]


def test_each_row_is_drawn_over_the_iterations() -> None:
    run = history(2)
    objective, constraints, change = run.plot()
    np.testing.assert_array_equal(curves(objective), [run.value])
    np.testing.assert_array_equal(curves(constraints), run.constraints.T)
    np.testing.assert_array_equal(curves(change), [run.change])
    assert change.get_xlabel() == "iteration"


def test_a_line_stands_where_each_stage_begins() -> None:
    run = history(2)
    run.records = [record._replace(stage=stage) for record, stage in zip(run.records, (0, 0, 1, 1, 2), strict=True)]
    for ax in run.plot():
        begins = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
        assert begins == [1.5, 3.5]


def test_saved_result_has_all_that_was_found(tmp_path: Any) -> None:
    run, path = history(2), tmp_path / "design.npz"
    found = optimize.Result(np.eye(2), 0.2, run.constraints[-1], True, "small change", run)
    found.save(path)
    with np.load(path) as kept:
        assert kept["x"].tolist() == [[1, 0], [0, 1]]
        assert (kept["value"].item(), kept["converged"].item(), kept["reason"].item()) == (0.2, True, "small change")
        for name in optimize.Record._fields:
            np.testing.assert_array_equal(kept[f"history_{name}"], getattr(run, name))
    assert [file.name for file in tmp_path.iterdir()] == ["design.npz"]


def test_what_cannot_be_saved_leaves_the_file_as_it_was(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run, path = history(0), tmp_path / "design.npz"
    path.write_bytes(b"mine")

    def full(*args: Any, **arrays: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        optimize.Result(np.zeros(2), 0.2, run.constraints[-1], True, "", run).save(path)
    assert path.read_bytes() == b"mine"
    assert [file.name for file in tmp_path.iterdir()] == ["design.npz"]


def test_without_constraints_there_is_no_row_for_them() -> None:
    assert [ax.get_ylabel() for ax in history(0).plot()] == ["objective", "change"]


def test_of_many_constraints_the_largest_is_drawn() -> None:
    run = history(100)
    middle = run.plot()[1]
    np.testing.assert_array_equal(curves(middle), [run.constraints.max(axis=1)])
    assert middle.get_ylabel() == "largest of 100 constraints"


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(errors.OptimizationError, match=r"got: +0 iterations"):
        optimize.History().plot()


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        errors.LibraryMissingError, match=r"got: +.*matplotlib.*\n +fix: +pip install 'sparsead\[plot\]'"
    ):
        history(1).plot()
