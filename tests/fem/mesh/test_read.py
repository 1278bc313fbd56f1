"""Mesh files: every format with its named sets, damaged files, unknown cells, and what is dropped."""

from __future__ import annotations

import builtins
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")
meshio = require("meshio")

import fem  # noqa: E402
from fem.errors import ElementError, LibraryMissingError, MeshError, MeshFileError  # noqa: E402

FILES = Path(__file__).parent / "files"
NAMED = ["box22.msh", "box41.msh", "box_binary.msh", "box_quadratic.msh", "box.inp"]


def check_box(mesh: fem.Mesh, clamp: str = "clamp", load: str = "load", steel: str = "steel") -> None:
    """Assert what make.py says about the box: its sides x = 0 and x = 2 are named."""
    mesh.check()
    assert mesh.dimension == 3
    assert len(mesh.blocks) == 1
    assert len(mesh.cells_on(steel)) == mesh.cell_count > 5
    for name, x in ((clamp, 0.0), (load, 2.0)):
        facets, expected = mesh.facets_on(name), mesh.facets_on(lambda p, x=x: p[:, 0] == x)
        for ours, theirs in zip((*facets.cells, *facets.sides), (*expected.cells, *expected.sides), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert (mesh.points[mesh.points_on(name)][:, 0] == x).all()


@pytest.mark.parametrize("name", NAMED)
def test_box_from_gmsh(name: str) -> None:
    mesh = fem.read(FILES / name)
    check_box(mesh)
    assert mesh.blocks[0].element.name == ("tet10" if "quadratic" in name else "tet4")
    edge = mesh.points[mesh.points_on("edge")]
    np.testing.assert_array_equal(edge[:, :2], 0.0)
    if name != "box.inp":
        np.testing.assert_array_equal(mesh.points[mesh.points_on("corner")], [[0, 0, 1]])


def test_nastran_properties_become_sets() -> None:
    # gmsh writes no line BEGIN BULK and its tags as property numbers, which start anew for each dimension.
    check_box(fem.read(FILES / "box.bdf"), clamp="ref=1", load="ref=2", steel="ref=1")


def test_plane_mesh_drops_the_third_coordinate() -> None:
    mesh = fem.read(FILES / "plate.msh").check()
    assert (mesh.dimension, mesh.blocks[0].element.name) == (2, "quad4")
    assert len(mesh.facets_on("left")) == 1
    np.testing.assert_array_equal(mesh.points[mesh.points_on("left")][:, 0], 0.0)
    assert fem.read(FILES / "plate.msh", dimension=3).dimension == 3
    with pytest.raises(MeshError, match="got:      dimension=1 for points from"):
        fem.read(FILES / "plate.msh", dimension=1)


def test_path_can_be_a_string() -> None:
    assert fem.read(str(FILES / "plate.msh")).dimension == 2


def test_lower_cells_are_kept_on_demand() -> None:
    mesh = fem.read(FILES / "plate.msh", cell_dimensions=(1, 2))
    assert sorted(block.element.name for block in mesh.blocks) == ["line2", "quad4"]
    assert len(mesh.cells_on("left")) == 1
    with pytest.raises(MeshError, match=r"expected: cells of dimension \[3\]\n  got:      1 line, 2 quad"):
        fem.read(FILES / "plate.msh", cell_dimensions=(3,))


@pytest.mark.parametrize("name", [*NAMED, "box.bdf"])
def test_cut_off_file_is_never_read_as_another_mesh(name: str, tmp_path: Path) -> None:
    data = (FILES / name).read_bytes()
    whole = fem.read(FILES / name)
    cut = tmp_path / name
    refused = 0
    for length in range(1, len(data) - 1, 13):
        cut.write_bytes(data[:length])
        try:
            mesh = fem.read(cut)
        except (MeshFileError, MeshError) as error:
            assert str(error).count("\n") == 3
            refused += 1
        else:
            # Nothing but a closing mark is missing, or (Abaqus, which has none) whole numbers at the end.
            complete = mesh.cell_count == whole.cell_count and set(mesh.facet_sets) == set(whole.facet_sets)
            assert complete or (name == "box.inp" and data[:length].endswith((b"\n", b",", b", ")))
    assert refused > 0.9 * len(range(1, len(data) - 1, 13)) or name == "box.inp"


def test_cut_off_file_is_named(tmp_path: Path) -> None:
    half = tmp_path / "half.msh"
    half.write_bytes((FILES / "box41.msh").read_bytes()[:1500])
    with pytest.raises(MeshFileError, match=r"got:      the end of '.*half\.msh' at 1500 bytes, within") as caught:
        fem.read(half)
    assert caught.value.path == str(half)  # type: ignore[attr-defined]


def test_file_that_is_not_there() -> None:
    with pytest.raises(MeshFileError, match=r"got:      'bolt\.msh', seen from "):
        fem.read("bolt.msh")


@pytest.mark.parametrize("name", ["bracket.stp", "bracket"])
def test_format_that_is_unknown(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("ISO-10303-21;")
    with pytest.raises(MeshFileError, match=f"got:      '{name}'"):
        fem.read(tmp_path / name)


def test_file_in_another_format_than_its_name_says(tmp_path: Path) -> None:
    shutil.copy(FILES / "box41.msh", tmp_path / "box.vtu")
    with pytest.raises(MeshFileError, match="expected: a file in vtu format\n  got:      nothing of <VTKFile"):
        fem.read(tmp_path / "box.vtu")


def test_absent_meshio_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    vtu = tmp_path / "box.vtu"
    fem.output.write(vtu, fem.box((1, 1, 1)))
    genuine = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "meshio":
            raise ImportError("No module named 'meshio'")
        return genuine(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LibraryMissingError, match=r"got:      No module named 'meshio'\n  fix:      pip install"):
        fem.read(vtu)
    check_box(fem.read(FILES / "box.inp"))
    check_box(fem.read(FILES / "box41.msh"))
    assert fem.read(FILES / "box.bdf").cell_count > 5


def test_cells_without_an_element() -> None:
    pyramid = meshio.Mesh(np.eye(5, 3), [("pyramid", [[0, 1, 2, 3, 4]])])
    with pytest.raises(ElementError, match="got:      1 cells of the kind 'pyramid'"):
        fem.from_meshio(pyramid)


def test_file_without_cells() -> None:
    with pytest.raises(MeshError, match="got:      2 vertex"):
        fem.from_meshio(meshio.Mesh(np.eye(3), [("vertex", [[0], [1]])]))
    with pytest.raises(MeshError, match="got:      no cells"):
        fem.from_meshio(meshio.Mesh(np.eye(3), []))


def test_cell_with_a_node_that_is_not_there() -> None:
    with pytest.raises(MeshError, match=r"got:      node 3 in cell 1 of block 0 \(tri3\)"):
        fem.from_meshio(meshio.Mesh(np.eye(3), [("triangle", [[0, 1, 2], [1, 2, 3]])]))


def test_points_of_no_cell_are_left_out_and_sets_renumbered() -> None:
    points = np.array([[9.0, 9, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]])
    source = meshio.Mesh(points, [("triangle", [[1, 2, 3]])], point_sets={"tip": np.array([0, 2])})
    mesh = fem.from_meshio(source).check()
    np.testing.assert_array_equal(mesh.points_on("tip"), [1])
    lonely = fem.from_meshio(meshio.Mesh(points, source.cells, point_sets={"far": np.array([0])}))
    with pytest.raises(MeshError, match=r"got:      point_sets\['far'\] has 0 members"):
        lonely.check()


def test_integer_data_become_sets_and_others_do_not() -> None:
    source = meshio.Mesh(
        np.eye(4, 3),
        [("triangle", [[0, 1, 2], [1, 2, 3]])],
        cell_data={"material": [np.array([3, 7])], "density": [np.array([0.5, 1.0])]},
        point_data={"support": np.array([0, 0, 5, 5]), "all": np.array([1, 1, 1, 1])},
    )
    mesh = fem.from_meshio(source)
    assert set(mesh.cell_sets) == {"material=3", "material=7"}
    np.testing.assert_array_equal(mesh.cells_on("material=7"), [1])
    assert set(mesh.point_sets) == {"support=0", "support=5"}


def test_surface_between_two_cells_is_a_facet_set() -> None:
    source = meshio.Mesh(
        fem.rectangle((2, 1)).points,
        [("quad", [[0, 2, 3, 1], [2, 4, 5, 3]]), ("line", [[2, 3], [0, 4]])],
        cell_sets={"joint": [np.array([], int), np.array([0])], "gap": [np.array([], int), np.array([0, 1])]},
    )
    mesh = fem.from_meshio(source)
    assert [cells.tolist() for cells in mesh.facet_sets["joint"].cells] == [[0]]
    # The line from 0 to 4 is no side of a cell: the group names points only.
    assert "gap" not in mesh.facet_sets
    np.testing.assert_array_equal(mesh.points_on("gap"), [0, 2, 3, 4])
