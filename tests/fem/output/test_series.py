"""Series for ParaView: what is listed is there, and a run that goes on continues it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import MeshError, MeshFileError  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

meshio = require("meshio")
MESH = fem.rectangle((2, 1))


def listed(path: Path) -> dict[float, float]:
    """First density of each file in the list, by its time."""
    entries = ElementTree.parse(path).getroot().iter("DataSet")
    files = {float(e.attrib["timestep"]): path.with_name(e.attrib["file"]) for e in entries}
    return {time: float(meshio.read(file).cell_data["density [1]"][0][0]) for time, file in files.items()}


def series(path: Path) -> fem.output.Series:
    return fem.output.Series(path, MESH, units={"density": "1"})


def test_list_names_a_file_for_each_time(tmp_path: Path) -> None:
    path = tmp_path / "beam.pvd"
    kept = series(path)
    for time in (0.0, 0.25, 1e-3):
        kept.add(time, cells={"density": [time, 1.0]}, points={"place": MESH.points})
        assert listed(path)[time] == time
    assert listed(path) == {0.0: 0.0, 0.25: 0.25, 1e-3: 1e-3}
    assert kept.times == [0.0, 1e-3, 0.25]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["beam.pvd", *(f"beam_000{i}.vtu" for i in range(3))]


def test_run_that_goes_on_continues_the_series(tmp_path: Path) -> None:
    path = tmp_path / "beam.pvd"
    first = series(path)
    for time in range(4):
        first.add(time, cells={"density": [time, 1.0]})
    again = series(path)
    assert again.times == [0.0, 1.0, 2.0, 3.0]
    again.add(2, cells={"density": [7.0, 1.0]})
    again.add(3, cells={"density": [8.0, 1.0]})
    assert listed(path) == {0.0: 0.0, 1.0: 1.0, 2.0: 7.0, 3.0: 8.0}


def test_equal_time_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "beam.pvd"
    kept = series(path)
    for value in (1.0, 2.0):
        kept.add(5, cells={"density": [value, 1.0]})
    assert listed(path) == {5.0: 2.0}


def test_field_that_does_not_fit_leaves_the_list_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "beam.pvd"
    kept = series(path)
    kept.add(0, cells={"density": [1.0, 1.0]})
    with pytest.raises(MeshError, match=r"got: +'density' is float64 of shape \(3,\)"):
        kept.add(1, cells={"density": np.ones(3)})
    assert listed(path) == {0.0: 1.0}


def test_time_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshFileError, match=r"got: +time = nan"):
        series(tmp_path / "beam.pvd").add(np.nan, cells={"density": [1.0, 1.0]})
    assert not list(tmp_path.iterdir())


def test_other_names_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MeshFileError, match=r"got: +'beam.vtu'"):
        series(tmp_path / "beam.vtu")
    (tmp_path / "notes.pvd").write_text("my notes")
    with pytest.raises(MeshFileError, match=r"got: +'notes.pvd': syntax error"):
        series(tmp_path / "notes.pvd")
    assert (tmp_path / "notes.pvd").read_text() == "my notes"
