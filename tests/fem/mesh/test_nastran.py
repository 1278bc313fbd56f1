"""Nastran bulk data: layouts of fields, coordinate systems, elements, included files, and files with faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import ElementError, MeshError, MeshFileError  # noqa: E402

# A plate in all layouts: small fields, large ones with a continuation, free ones; reals without an exponent's letter.
PLATE = """SOL 101
CEND
TITLE = a plate
BEGIN BULK
$ a comment
GRID           1       0      0.     0.0     0.0
GRID*                  2                             1.0             0.0*
*                    0.0
GRID,3,,1.,1.  $ behind a card
GRID    4               .0      10.-1   0.
GRID,5,,2.0D0,0.0
GRID,6,,.2+1,1.
CQUAD4         1       7       1       2       3       4     30.
CTRIA3,2,8,2,5,6
CTRIA3,3,8,2,6,3,45.
CBAR,10,9,1,4,0.,0.,1.
CBEAM,11,9,4,3,6
CELAS1,12,1,1,1,4,1
PSHELL,7,1,0.1
ENDDATA
what follows is no part of it
"""


def read(tmp_path: Path, text: str, **more: object) -> fem.Mesh:
    (tmp_path / "plate.bdf").write_text(text)
    return fem.read(tmp_path / "plate.bdf", **more)  # type: ignore[arg-type]


def test_fields_small_large_and_free(tmp_path: Path) -> None:
    mesh = read(tmp_path, PLATE).check()
    np.testing.assert_array_equal(mesh.points, [[0, 0], [1, 0], [1, 1], [0, 1], [2, 0], [2, 1]])
    # The angle of the material is no node.
    assert {block.element.name: block.nodes.tolist() for block in mesh.blocks} == {
        "quad4": [[0, 1, 2, 3]],
        "tri3": [[1, 4, 5], [1, 5, 2]],
    }
    np.testing.assert_array_equal(mesh.cells_on("ref=7"), [0])
    np.testing.assert_array_equal(mesh.cells_on("ref=8"), [1, 2])
    # Bars along sides of the plate; neither the vector nor the grid point that turns them is one of their ends.
    groups = mesh.facet_groups(mesh.facets_on("ref=9"))
    assert sorted(sorted(row) for group in groups for row in group.nodes.tolist()) == [[0, 3], [2, 3]]


def test_bulk_data_without_a_header(tmp_path: Path) -> None:
    assert read(tmp_path, PLATE[PLATE.index("GRID") :]).cell_count == 3


@pytest.mark.parametrize("name", ["tet4", "tet10", "hex8", "hex20", "wedge6", "tri6", "quad8", "quad4"])
def test_order_of_nodes(name: str, tmp_path: Path) -> None:
    mesh = (
        fem.box((1, 1, 1), element=name) if name[:3] in ("tet", "hex", "wed") else fem.rectangle((1, 1), element=name)
    )
    element = mesh.blocks[0].element
    card = {"tet": "CTETRA", "hex": "CHEXA", "wed": "CPENTA", "tri": "CTRIA6", "qua": f"CQUAD{element.count}"}[name[:3]]
    place = {tuple(x): n for n, x in enumerate(element.nodes)}
    # The manual numbers edges of the lower face, those between the faces, and those of the upper face.
    edges = {
        "hex20": [(0, 1), (1, 2), (2, 3), (3, 0), (0, 4), (1, 5), (2, 6), (3, 7), (4, 5), (5, 6), (6, 7), (7, 4)],
        "tet10": [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)],
        "tri6": [(0, 1), (1, 2), (2, 0)],
        "quad8": [(0, 1), (1, 2), (2, 3), (3, 0)],
    }.get(name, [])
    middle = [place[tuple((element.nodes[a] + element.nodes[b]) / 2)] for a, b in edges]
    numbers = [*range(element.corners), *middle]
    lines = ["GRID,{},,{},{},{}".format(n + 1, *np.pad(x, (0, 3 - len(x)))) for n, x in enumerate(element.nodes)]
    fields = [card, "1", "1", *(str(n + 1) for n in numbers)]
    rows = [fields[:9], *(["", *fields[k : k + 8]] for k in range(9, len(fields), 8))]
    text = "\n".join([*lines, *(",".join(row) for row in rows), "ENDDATA", ""])
    read_mesh = read(tmp_path, text).check()
    assert read_mesh.blocks[0].element.name == name
    np.testing.assert_array_equal(read_mesh.blocks[0].nodes, [range(element.count)])
    np.testing.assert_array_equal(read_mesh.points, element.nodes)


def test_coordinate_systems(tmp_path: Path) -> None:
    # System 3 is cylindrical about the x axis through (1, 0, 0), in system 2, which is moved by (1, 0, 0).
    text = """CORD2C,3,2,0.,0.,0.,1.,0.,0.
,0.,1.,0.
CORD2R,2,,1.,0.,0.,1.,0.,1.
,2.,0.,0.
CORD2S,4,0,0.,0.,0.,0.,0.,1.
,1.,0.,0.
GRDSET,,2
GRID,1,3,2.,90.,5.
GRID,2,,1.,2.,3.
GRID,3,4,2.,90.,0.
GRID,4,4,3.,0.,0.
CTETRA,1,1,1,2,3,4
ENDDATA
"""
    mesh = read(tmp_path, text)
    np.testing.assert_allclose(mesh.points, [[6, 0, 2], [2, 2, 3], [2, 0, 0], [0, 0, 3]], rtol=0, atol=1e-15)


def test_included_files(tmp_path: Path) -> None:
    head, grid, tail = PLATE.partition(PLATE[PLATE.index("GRID") : PLATE.index("CQUAD4")])
    (tmp_path / "grid.blk").write_text(grid)
    assert read(tmp_path, f"{head}INCLUDE 'grid.\n blk'\n{tail}").cell_count == 3
    with pytest.raises(MeshFileError, match=r"got:      '.*bolt.blk', which 'plate.bdf' includes"):
        read(tmp_path, f"{head}INCLUDE 'bolt.blk'\n{tail}")
    (tmp_path / "grid.blk").write_text("include 'plate.bdf'\n")
    with pytest.raises(MeshFileError, match=r"got:      INCLUDE of 'plate.bdf', which includes this file"):
        read(tmp_path, f"{head}INCLUDE 'grid.blk'\n{tail}")


@pytest.mark.parametrize(
    ("change", "error", "got"),
    [
        (("ENDDATA", ""), MeshFileError, "'.*' at the end of '.*plate.bdf'"),
        (("CTRIA3,2,8,2,5,6", "CTRIA3,2,8,2,5,60"), MeshFileError, "there is no node 60"),
        (("CTRIA3,2,8,2,5,6", "CTRIA3,2,8,2,,6"), MeshFileError, "a node of CTRIA3 in line 14 is left out; all 3"),
        (("CTRIA3,2,8,2,5,6", "CTRIA3,2,8,2,5.,6"), MeshFileError, "'5.' in place of a whole number in field 4 of"),
        (("CTRIA3,2,8,2,5,6", "CTRIAX6,2,8,2,5,6"), ElementError, "CTRIAX6 in line 14"),
        (("CTRIA3,2,8,2,5,6", "CPYRAM,2,8,1,2,3,4,5"), ElementError, "1 cells of the kind 'pyramid'"),
        ((".2+1", "2.O"), MeshFileError, "'2.O' in place of a number in field 3 of GRID in line 12"),
        (("GRID,6,,", "GRID,6,5,"), MeshFileError, "grid point 6 in line 12 in coordinate system 5, of which"),
        (("GRID,6,,", "GRID,5,,"), MeshFileError, "node 5 twice, at two places"),
        (("PSHELL,", "CORD2R,5,6,"), MeshFileError, "coordinate system 5 in system 6, which is not defined"),
        (("PSHELL,7,1,0.1", "CORD2R,5,,,,,,,"), MeshFileError, "three points on one line in CORD2R in line 19"),
        (("BEGIN BULK", "BEGIN BULK\nENDDATA"), MeshFileError, "no card GRID in"),
    ],
)
def test_files_with_faults(change: tuple[str, str], error: type[Exception], got: str, tmp_path: Path) -> None:
    assert change[0] in PLATE
    with pytest.raises(error, match=f"got:      {got}") as caught:
        read(tmp_path, PLATE.replace(*change))
    assert str(caught.value).count("\n") == 3


def test_cut_off_anywhere_is_no_other_mesh(tmp_path: Path) -> None:
    for length in range(PLATE.index("ENDDATA") + 7):
        with pytest.raises((MeshFileError, MeshError)):
            read(tmp_path, PLATE[:length])
