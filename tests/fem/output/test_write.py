"""Written files: read back with cells, sets, fields and units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import MeshError, MeshFileError  # noqa: E402
from fem.output import to_meshio, write  # noqa: E402

if TYPE_CHECKING:
    from pathlib import Path

meshio = require("meshio")


def mixed() -> fem.Mesh:
    points = [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]
    blocks = (fem.CellBlock("quad4", [[0, 1, 4, 3]]), fem.CellBlock("tri3", [[1, 2, 5], [1, 5, 4]]))
    return fem.Mesh(points, blocks)


MESHES = {
    "mixed": mixed(),
    **{name: fem.rectangle((2, 2), element=name) for name in ("quad4", "quad8", "quad9", "tri3", "tri6")},
    **{name: fem.box(2, element=name) for name in ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")},
    **{name: fem.interval(3, element=name) for name in ("line2", "line3")},
}


def with_sets(mesh: fem.Mesh) -> fem.Mesh:
    return mesh.with_sets(
        points={"start": lambda x: x[:, 0] == 0},
        cells={"end": lambda x: x[:, 0] > 0.5},
        facets={"left": lambda x: x[:, 0] == 0, "low": lambda x: x[:, -1] == 0},
    )


def assert_same(read: fem.Mesh, mesh: fem.Mesh) -> None:
    np.testing.assert_array_equal(read.points, mesh.points)
    for ours, theirs in zip(read.blocks, mesh.blocks, strict=True):
        assert ours.element is theirs.element
        np.testing.assert_array_equal(ours.nodes, theirs.nodes)
    for kind in ("point_sets", "cell_sets", "facet_sets"):
        assert set(getattr(read, kind)) == set(getattr(mesh, kind))
    for kind in ("point_sets", "cell_sets"):
        for name, members in getattr(mesh, kind).items():
            np.testing.assert_array_equal(getattr(read, kind)[name], members)
    for name, facets in mesh.facet_sets.items():
        found = read.facet_sets[name]
        for ours, theirs in zip((*found.cells, *found.sides), (*facets.cells, *facets.sides), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("end", ["vtu", "xdmf", "vtk"])
@pytest.mark.parametrize("name", MESHES)
def test_round_trip(name: str, end: str, tmp_path: Path) -> None:
    if end == "xdmf":
        require("h5py")
    mesh, path = with_sets(MESHES[name]), tmp_path / f"mesh.{end}"
    write(path, mesh)
    assert_same(fem.read(path, dimension=mesh.dimension), mesh)


@pytest.mark.parametrize("name", [name for name in MESHES if not name.startswith("line")])
def test_meshes_of_other_tools(name: str) -> None:
    mesh = with_sets(MESHES[name])
    source = to_meshio(mesh, cells={"density": np.ones(mesh.cell_count)})
    assert_same(fem.from_meshio(source, dimension=mesh.dimension), mesh)
    assert np.isnan(np.concatenate(source.cell_data["density"])).sum() == sum(map(len, mesh.facet_sets.values()))


def test_ends_of_lines_become_point_sets() -> None:
    source = to_meshio(with_sets(MESHES["line3"]))
    assert {name: members.tolist() for name, members in source.point_sets.items()} == {
        "start": [0], "left": [0], "low": [0],
    }  # fmt: skip


@pytest.mark.parametrize("end", ["vtu", "xdmf"])
def test_fields_with_units(end: str, tmp_path: Path) -> None:
    require("h5py")
    mesh, path = mixed(), tmp_path / f"fields.{end}"
    u, stress = np.arange(12.0).reshape(6, 2), np.arange(12.0).reshape(3, 2, 2)
    write(
        path, mesh,
        points={"displacement": u, "temperature": np.arange(6), "all dofs": u.reshape(-1)},
        cells={"stress": stress, "density": [0.1, 0.2, 0.3]},
        units={"displacement": "m", "stress": "Pa"},
    )  # fmt: skip
    read = meshio.read(path)
    np.testing.assert_array_equal(read.point_data["displacement [m]"], np.pad(u, ((0, 0), (0, 1))))
    np.testing.assert_array_equal(read.point_data["all dofs"], read.point_data["displacement [m]"])
    np.testing.assert_array_equal(read.point_data["temperature"], np.arange(6))
    np.testing.assert_array_equal(np.concatenate(read.cell_data["density"]), [0.1, 0.2, 0.3])
    tensor = np.concatenate(read.cell_data["stress [Pa]"]).reshape(3, 3, 3)
    np.testing.assert_array_equal(tensor[:, :2, :2], stress)
    np.testing.assert_array_equal(tensor[:, 2], 0.0)


@pytest.mark.parametrize("end", ["vtu", "xdmf", "vtk"])
def test_cut_off_files_are_refused(end: str, tmp_path: Path) -> None:
    if end == "xdmf":
        require("h5py")
    path = tmp_path / f"mesh.{end}"
    write(path, with_sets(mixed()))
    data = path.read_bytes()
    for length in np.linspace(1, len(data) - 2, 40).astype(int).tolist():
        path.write_bytes(data[:length])
        with pytest.raises(MeshFileError, match=rf"got:      .*mesh\.{end}"):
            fem.read(path)


def test_a_file_whose_numbers_are_cut_off_is_refused(tmp_path: Path) -> None:
    require("h5py")
    write(tmp_path / "mesh.xdmf", mixed())
    numbers = tmp_path / "mesh.h5"
    numbers.write_bytes(numbers.read_bytes()[:-1000])
    with pytest.raises(MeshFileError, match=r"truncated .*mesh\.xdmf"):
        fem.read(tmp_path / "mesh.xdmf")


def test_names_with_spaces_in_the_legacy_format(tmp_path: Path) -> None:
    write(tmp_path / "a.vtk", mixed(), points={"heat flow": np.arange(6.0)}, units={"heat flow": "W"})
    assert "heat_flow_[W]" in meshio.read(tmp_path / "a.vtk").point_data


def test_sets_can_be_left_out(tmp_path: Path) -> None:
    write(tmp_path / "a.vtu", with_sets(mixed()), sets=False)
    assert not fem.read(tmp_path / "a.vtu").facet_sets


@pytest.mark.parametrize(
    ("fields", "got"),
    [
        ({"points": {"u": np.zeros((5, 2))}}, r"'u' is float64 of shape \(5, 2\)"),
        ({"cells": {"rho": np.zeros(6)}}, r"'rho' is float64 of shape \(6,\)"),
        ({"points": {"u": np.zeros(6, complex)}}, r"'u' is complex128 of shape \(6,\)"),
        ({"points": {"u": 1.0}}, r"'u' is float64 of shape \(\)"),
    ],
)
def test_field_that_does_not_fit(fields: Any, got: str, tmp_path: Path) -> None:
    with pytest.raises(MeshError, match=f"got:      {got}"):
        write(tmp_path / "a.vtu", mixed(), **fields)


def test_format_that_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(MeshFileError, match=r"got:      'a\.msh'"):
        write(tmp_path / "a.msh", mixed())
