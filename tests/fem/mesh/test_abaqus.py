"""Abaqus input files: keywords, sets, surfaces, included files, and files with faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import ElementError, MeshFileError  # noqa: E402

ABAQUS = """*Heading
** two blocks, nodes in two lists, a set in two parts, a surface by element and by set
*Node, nset=first
 10, 0., 0.
 20, 1., 0.
 30, 1., 1.
*NODE
 40, 0., 1.
 50, 2., 0.
 60, 2., 1.
*Element, type=CPS4R, elset=plate
 7, 10, 20, 30,
 40
*Element, type=CPS3
 8, 20, 50, 60
 9, 20, 60, 30
*Nset, nset=left
 10,
*Nset, nset=left
 40
*Nset, nset=most, generate
 10, 50, 10
*Elset, elset=tail, generate
 8, 9, 1
*Elset, elset=both
 plate, tail
*Surface, type=ELEMENT, name=edge
 plate, S4
 8, S2
*Surface, type=ELEMENT, name=face
 plate, SPOS
"""
TWO = "*INSTANCE, NAME=a\n*END INSTANCE\n*INSTANCE, NAME=b\n*END INSTANCE"


def test_abaqus_sections(tmp_path: Path) -> None:
    path = tmp_path / "job.inp"
    path.write_text(ABAQUS)
    mesh = fem.read(path).check()
    assert [(block.element.name, len(block)) for block in mesh.blocks] == [("quad4", 1), ("tri3", 2)]
    for name, points in {"first": [0, 1, 2], "left": [0, 3], "most": [0, 1, 2, 3, 4]}.items():
        np.testing.assert_array_equal(mesh.points_on(name), points)
    for name, cells in {"plate": [0], "tail": [1, 2], "both": [0, 1, 2]}.items():
        np.testing.assert_array_equal(mesh.cells_on(name), cells)
    sides = {tuple(row) for group in mesh.facet_groups(mesh.facets_on("edge")) for row in group.nodes.tolist()}
    assert sides == {(3, 0), (4, 5)}
    assert "face" not in mesh.facet_sets


def test_abaqus_includes_files(tmp_path: Path) -> None:
    head, tail = ABAQUS.split("*Element, type=CPS4R")
    (tmp_path / "nodes.inc").write_text(head)
    (tmp_path / "job.inp").write_text("*INCLUDE, INPUT=nodes.inc\n*Element, type=CPS4R" + tail)
    np.testing.assert_array_equal(fem.read(tmp_path / "job.inp").points_on("left"), [0, 3])


@pytest.mark.parametrize("name", ["hex8", "tet4", "wedge6", "hex20", "tet10"])
def test_abaqus_sides_of_solids(name: str, tmp_path: Path) -> None:
    # The corners of the sides as the Abaqus manual lists them, counted from 1.
    sides = {
        "tet": ["1 2 3", "1 4 2", "2 4 3", "3 4 1"],
        "wed": ["1 2 3", "4 6 5", "1 4 5 2", "2 5 6 3", "3 6 4 1"],
        "hex": ["1 2 3 4", "5 8 7 6", "1 5 6 2", "2 6 7 3", "3 7 8 4", "4 8 5 1"],
    }[name[:3]]
    element = fem.box((1, 1, 1), element=name).blocks[0].element
    kind = {"hex8": "C3D8R", "tet4": "C3D4", "wedge6": "C3D6", "hex20": "C3D20", "tet10": "C3D10M"}[name]
    lines = ["*NODE", *(f"{n + 1}, {x[0]}, {x[1]}, {x[2]}" for n, x in enumerate(element.nodes))]
    lines += [f"*ELEMENT, TYPE={kind}", ", ".join(map(str, [1, *range(1, element.count + 1)]))]
    for number in range(len(sides)):
        lines += [f"*SURFACE, NAME=side{number}", f"1, S{number + 1}"]
    (tmp_path / "job.inp").write_text("\n".join(lines) + "\n")
    mesh = fem.read(tmp_path / "job.inp").check()
    for number, corners in enumerate(sides):
        expected = {int(corner) - 1 for corner in corners.split()}
        assert {p for p in mesh.points_on(f"side{number}") if p < element.corners} == expected


def test_abaqus_middle_nodes_go_last(tmp_path: Path) -> None:
    text = "*NODE\n1, 0.\n2, 1.\n3, 2.\n*ELEMENT, TYPE=B32\n1, {}\n"
    for nodes in ("1, 2, 3", "1, 3, 2"):
        (tmp_path / "job.inp").write_text(text.format(nodes))
        assert fem.read(tmp_path / "job.inp").blocks[0].nodes.tolist() == [[0, 2, 1]]


@pytest.mark.parametrize(
    ("change", "error", "got"),
    [
        (("CPS4R", "C3D5"), ElementError, r"\*ELEMENT, TYPE=C3D5"),
        ((" 9, 20, 60, 30", " 9, 20, 60, 99"), MeshFileError, "ValueError: there is no node 99"),
        ((" 9, 20, 60, 30", " 9, 20, 60"), MeshFileError, "ValueError: 7 numbers for elements CPS3 of 3 nodes"),
        (("*Heading", "*Part, name=bolt"), MeshFileError, "the end of '.*job.inp' at .* bytes, after"),
        (("*Heading", "*INCLUDE, INPUT=job.inp"), MeshFileError, r"\*INCLUDE of 'job.inp', which includes this file"),
        (("*Heading", "*INCLUDE, INPUT=bolt.inc"), MeshFileError, "'.*bolt.inc', which 'job.inp' includes"),
        (("10,\n*Nset", "10,\n\0*Nset"), MeshFileError, "a byte of zero"),
        ((" 8, S2", " 18, S2"), MeshFileError, "ValueError: there is no element 18"),
        (("plate, tail", "plate, head"), MeshFileError, "KeyError: 'head'"),
        (("2., 0.", "2., o."), MeshFileError, "ValueError: could not convert string to float: 'o.'"),
        (("plate, SPOS\n", "plate, SP"), MeshFileError, "' plate, SP' at the end of '.*job.inp'"),
        (
            ("*Heading", "*INSTANCE, NAME=a\n*END INSTANCE\n*INSTANCE, NAME=b\n*END INSTANCE"),
            MeshFileError,
            "instances a, b in 'job.inp'",
        ),
    ],
)
def test_abaqus_files_with_faults(change: tuple[str, str], error: type[Exception], got: str, tmp_path: Path) -> None:
    path = tmp_path / "job.inp"
    path.write_text(ABAQUS.replace(*change))
    with pytest.raises(error, match=f"got:      {got}"):
        fem.read(path)


def test_abaqus_coordinates_left_out_are_zero(tmp_path: Path) -> None:
    (tmp_path / "job.inp").write_text("*NODE\n1\n2, 1.\n3, , 1.\n*ELEMENT, TYPE=CPS3\n1, 1, 2, 3\n")
    np.testing.assert_array_equal(fem.read(tmp_path / "job.inp").points, [[0, 0], [1, 0], [0, 1]])


def test_abaqus_data_lines_in_files_of_their_own(tmp_path: Path) -> None:
    head, nodes, tail = ABAQUS.partition(" 10, 0., 0.\n 20, 1., 0.\n 30, 1., 1.\n")
    (tmp_path / "nodes.inc").write_text(nodes)
    for text in (head.replace("nset=first", "nset=first, input=nodes.inc"), head + "*INCLUDE, INPUT=nodes.inc\n"):
        (tmp_path / "job.inp").write_text(text + tail)
        mesh = fem.read(tmp_path / "job.inp")
        np.testing.assert_array_equal(mesh.points_on("first"), [0, 1, 2])
        assert mesh.cell_count == 3


@pytest.mark.parametrize("end", ["*END STEP", "*END", "** the end", " 10, 20,"])
def test_abaqus_last_line_that_is_whole_needs_no_line_break(end: str, tmp_path: Path) -> None:
    start = "*STEP\n" if end == "*END STEP" else "*NSET, NSET=last\n"
    (tmp_path / "job.inp").write_text(ABAQUS + start + end)
    assert fem.read(tmp_path / "job.inp").cell_count == 3


def test_abaqus_beams_may_have_a_node_for_their_direction(tmp_path: Path) -> None:
    text = "*NODE\n1, 0.\n2, 1.\n3, 2.\n4, 0., 9.\n*ELEMENT, TYPE=B31H, ELSET=rod\n1, 1, 2, 4\n2, 2, 3, 4\n"
    (tmp_path / "job.inp").write_text(text)
    mesh = fem.read(tmp_path / "job.inp")
    np.testing.assert_array_equal(mesh.blocks[0].nodes, [[0, 1], [1, 2]])
    np.testing.assert_array_equal(mesh.points, [[0], [1], [2]])
    np.testing.assert_array_equal(mesh.cells_on("rod"), [0, 1])


@pytest.mark.parametrize("text", ["BEGIN BULK\nGRID,1,,0.,0.,0.\nENDDATA\n", "", "8 1 0\n1 0. 0. 0.\n"])
def test_file_that_is_no_abaqus_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "job.inp").write_text(text)
    with pytest.raises(MeshFileError, match=r"got:      no line \*NODE or \*ELEMENT in \d+ bytes"):
        fem.read(tmp_path / "job.inp")
