"""Formats that meshio reads: the same box in each, cut off at many places, and what meshio leaves out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import require

require("jax")
meshio = require("meshio")

import fem  # noqa: E402
from fem.errors import ElementError, LibraryMissingError, MeshError, MeshFileError  # noqa: E402

BOX = fem.box((2, 2, 2), element="tet4")
CELLS = BOX.blocks[0].nodes
SKIN = np.concatenate([group.nodes for group in BOX.facet_groups(BOX.facets_on(lambda x: x[:, 0] == 0))])
SOLIDS = {
    "text.vtu": {"file_format": "vtu", "binary": False},
    "plain.vtu": {"file_format": "vtu", "compression": None},
    "packed.vtu": {"file_format": "vtu"},
    "text.vtk": {"file_format": "vtk", "binary": False},
    "binary.vtk": {"file_format": "vtk"},
    "text42.vtk": {"file_format": "vtk42", "binary": False},
    "binary42.vtk": {"file_format": "vtk42"},
    "text.xdmf": {"file_format": "xdmf", "data_format": "XML"},
    "text.su2": {"file_format": "su2"},
    "text.mesh": {"file_format": "medit"},
    "binary.meshb": {"file_format": "medit"},
    "text.vol": {"file_format": "netgen"},
}
SURFACES = {
    "text.stl": {"file_format": "stl", "binary": False},
    "binary.stl": {"file_format": "stl", "binary": True},
    "text.ply": {"file_format": "ply", "binary": False},
    "binary.ply": {"file_format": "ply", "binary": True},
    "text.off": {"file_format": "off"},
}


def write(path: Path, name: str) -> None:
    if name in SURFACES:
        mesh, more = meshio.Mesh(BOX.points, [("triangle", SKIN)]), SURFACES[name]
    else:
        mesh, more = meshio.Mesh(BOX.points, [("tetra", CELLS)]), SOLIDS[name]
    meshio.write(path, mesh, **more)


@pytest.mark.parametrize("name", [*SOLIDS, *SURFACES])
def test_box_in_every_format(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, name)
    mesh = fem.read(tmp_path / name, dimension=3)
    expected = BOX.points[SKIN] if name in SURFACES else BOX.points[CELLS]
    np.testing.assert_allclose(mesh.points[mesh.blocks[0].nodes], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", [*SOLIDS, *SURFACES])
def test_cut_off_anywhere_is_no_other_mesh(name: str, tmp_path: Path) -> None:
    write(tmp_path / name, name)
    whole, data = fem.read(tmp_path / name), (tmp_path / name).read_bytes()
    for length in {*range(0, len(data), max(1, len(data) // 50)), *range(len(data) - 6, len(data))}:
        (tmp_path / name).write_bytes(data[:length])
        try:
            mesh = fem.read(tmp_path / name)
        except (MeshFileError, MeshError) as error:
            assert str(error).count("\n") == 3
        else:
            # Nothing but what follows the cells is missing.
            assert length > 0.9 * len(data)
            np.testing.assert_array_equal(mesh.points, whole.points)
            np.testing.assert_array_equal(mesh.blocks[0].nodes, whole.blocks[0].nodes)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("packed.vtu", "a mesh file that is cut off"),
        ("text.xdmf", "a mesh file that is cut off"),
        ("text.stl", "a mesh file that is cut off"),
        ("binary.stl", "a mesh file that is cut off"),
        ("text.su2", "a mesh file whose last line has no end"),
        ("text.off", "a mesh file whose last line has no end"),
        ("text.vtk", "a mesh file whose last line has no end"),
    ],
)
def test_missing_end_is_named(name: str, first: str, tmp_path: Path) -> None:
    write(tmp_path / name, name)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes().rstrip()[:-3])
    with pytest.raises(MeshFileError, match=f"^{first}\n"):
        fem.read(tmp_path / name)


def test_binary_vtk_with_fewer_kinds_than_announced(tmp_path: Path) -> None:
    write(tmp_path / "box.vtk", "binary42.vtk")
    data = (tmp_path / "box.vtk").read_bytes()
    (tmp_path / "box.vtk").write_bytes(data[:-9])
    with pytest.raises(MeshFileError, match=r"got:      \d+ cells, of 48 that the file announces"):
        fem.read(tmp_path / "box.vtk")


def test_cells_that_meshio_would_leave_out(tmp_path: Path) -> None:
    write(tmp_path / "box.vtu", "text.vtu")
    text = (tmp_path / "box.vtu").read_text()
    head, types = text.split('Name="types"')
    (tmp_path / "box.vtu").write_text(f'{head}Name="types"{types.replace("10", "11", 1)}')
    with pytest.raises(MeshFileError, match=r"got:      .*cells that meshio cannot handle \(type 11\)"):
        fem.read(tmp_path / "box.vtu")


def test_markers_of_su2_keep_their_names(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plate.su2").write_text("""NDIME= 2
NELEM= 1
9 0 1 2 3 0
NPOIN= 4
0. 0. 0
1. 0. 1
1. 1. 2
0. 1. 3
NMARK= 3
MARKER_TAG= wall
MARKER_ELEMS= 2
3 0 1
3 1 2
MARKER_TAG= 7
MARKER_ELEMS= 1
3 2 3
MARKER_TAG= far field
MARKER_ELEMS= 1
3 3 0
""")
    mesh = fem.read(tmp_path / "plate.su2").check()
    assert {name: sum(map(len, facets.cells)) for name, facets in mesh.facet_sets.items()} == {
        "wall": 2,
        "tag=7": 1,
        "far field": 1,
    }
    np.testing.assert_array_equal(mesh.points[mesh.points_on("far field")], [[0, 0], [0, 1]])
    assert capfd.readouterr() == ("", "")


def test_zones_of_su2_are_refused(tmp_path: Path) -> None:
    zone = "NDIME= 2\nNELEM= 1\n5 0 1 2 0\nNPOIN= 3\n0. 0. 0\n1. 0. 1\n1. 1. 2\nNMARK= 0\n"
    (tmp_path / "plate.su2").write_text(zone + zone)
    with pytest.raises(MeshFileError, match="got:      3 points, of 6 that the file announces"):
        fem.read(tmp_path / "plate.su2")


def test_library_of_a_format_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def read(path: str) -> None:
        raise ModuleNotFoundError("No module named 'netCDF4'", name="netCDF4")

    (tmp_path / "box.exo").write_bytes(b"CDF")
    monkeypatch.setattr(meshio.exodus, "read", read)
    with pytest.raises(LibraryMissingError, match="'netCDF4'\n  fix:      pip install netCDF4"):
        fem.read(tmp_path / "box.exo")


def test_kind_of_cells_without_an_element(tmp_path: Path) -> None:
    meshio.write(tmp_path / "box.vtk", meshio.Mesh(np.eye(5, 3), [("pyramid", [[0, 1, 2, 3, 4]])]))
    with pytest.raises(ElementError, match="got:      1 cells of the kind 'pyramid'"):
        fem.read(tmp_path / "box.vtk")
