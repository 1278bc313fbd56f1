"""Files of gmsh: every version, in text and binary, groups, partitions, tags, and files with faults."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem.errors import ElementError, MeshError, MeshFileError  # noqa: E402

FILES = Path(__file__).parent / "files"
BOXES = sorted(path.name for path in FILES.glob("groups*.msh"))
ALL = sorted(path.name for path in FILES.glob("*.msh"))


def nodes_of(mesh: fem.Mesh, name: str) -> list[list[int]]:
    """Return the nodes of each facet of a set, sorted."""
    groups = mesh.facet_groups(mesh.facets_on(name))
    return sorted(sorted(row) for group in groups for row in group.nodes.tolist())


def test_groups_on_some_entities_only() -> None:
    mesh = fem.read(FILES / "tags_on_some_entities.msh").check()
    np.testing.assert_array_equal(mesh.points, [[0, 0], [1, 0], [1, 1], [0, 1]])
    np.testing.assert_array_equal(mesh.blocks[0].nodes, [[0, 1, 2], [0, 2, 3]])
    # The curves 1 and 4 have a name; the surface, the other curves and the points have none.
    assert nodes_of(mesh, "held") == [[0, 1], [0, 3]]
    assert (list(mesh.facet_sets), list(mesh.cell_sets), list(mesh.point_sets)) == (["held"], [], [])


def test_nodes_with_parameters() -> None:
    mesh = fem.read(FILES / "parametric_nodes.msh").check()
    half = [0.5, 0.0], [1.0, 0.5], [0.5, 1.0], [0.0, 0.5], [0.5, 0.5]
    np.testing.assert_array_equal(mesh.points, [[0, 0], [1, 0], [1, 1], [0, 1], *half])
    np.testing.assert_array_equal(mesh.blocks[0].nodes, [[0, 4, 8, 7], [7, 8, 6, 3], [4, 1, 5, 8], [8, 5, 2, 6]])
    np.testing.assert_array_equal(mesh.cells_on("domain"), [0, 1, 2, 3])
    sides = {"lower": [[0, 4], [1, 4]], "right": [[1, 5], [2, 5]], "upper": [[2, 6], [3, 6]], "left": [[0, 7], [3, 7]]}
    assert {name: nodes_of(mesh, name) for name in mesh.facet_sets} == sides


def test_parameters_of_nodes_on_points_curves_and_surfaces(tmp_path: Path) -> None:
    text = (FILES / "parametric_nodes.msh").read_text()
    # Dimension and tag of the entity, then one parameter on a curve, two on a surface.
    text = text.replace("5 0.5 0 0 0 1", "5 0.5 0 0 1 1 0.5").replace("6 1 0.5 0 0 1", "6 1 0.5 0 1 2 0.25")
    text = text.replace("9 0.5 0.5 0 0 1", "9 0.5 0.5 0 2 1 0.1 0.2")
    (tmp_path / "plate.msh").write_text(text)
    mesh, expected = fem.read(tmp_path / "plate.msh"), fem.read(FILES / "parametric_nodes.msh")
    np.testing.assert_array_equal(mesh.points, expected.points)
    np.testing.assert_array_equal(mesh.blocks[0].nodes, expected.blocks[0].nodes)


@pytest.mark.parametrize("name", BOXES)
def test_groups_in_every_version(name: str) -> None:
    mesh = fem.read(FILES / name).check()
    assert (len(mesh.points), len(mesh.blocks), mesh.cell_count) == (23, 1, 48)
    assert set(mesh.cell_sets) == {"left", "right", "all"}
    centres = mesh.points[mesh.blocks[0].nodes].mean(axis=1)
    np.testing.assert_array_equal(mesh.cells_on("left"), np.flatnonzero(centres[:, 0] < 1))
    np.testing.assert_array_equal(mesh.cells_on("right"), np.flatnonzero(centres[:, 0] > 1))
    np.testing.assert_array_equal(mesh.cells_on("all"), np.arange(48))
    wall = mesh.facets_on(lambda x: x[:, 0] == 0)
    for group in ("clamp", "also"):
        np.testing.assert_array_equal(mesh.facets_on(group).cells[0], wall.cells[0])
        np.testing.assert_array_equal(mesh.facets_on(group).sides[0], wall.sides[0])
    assert fem.body_load(fem.Space(mesh), (1.0,)).sum() == pytest.approx(2.0, rel=1e-14)


@pytest.mark.parametrize("name", ["sparse22.msh", "sparse41.msh"])
def test_tags_far_apart(name: str) -> None:
    mesh = fem.read(FILES / name).check()
    # The node of no cell is left out.
    np.testing.assert_array_equal(mesh.points, [[0, 0], [1, 0], [1, 1], [0, 1]])
    np.testing.assert_array_equal(mesh.blocks[0].nodes, [[0, 1, 2], [0, 2, 3]])
    assert nodes_of(mesh, "side") == [[0, 3]]


@pytest.mark.parametrize(("name", "element"), [("ring20.msh", "hex20"), ("ring27.msh", "hex27")])
def test_nodes_of_curved_hexahedra_are_in_order(name: str, element: str) -> None:
    mesh = fem.read(FILES / name).check()
    assert mesh.blocks[0].element.name == element
    # A quarter of a ring, radii 1 and 2, height 1: the arcs of 45 degrees are parabolas through their middles.
    eighth = np.pi / 8
    volume = 6 * (np.sin(2 * eighth) / 2 + 4 / 3 * np.sin(eighth) * (1 - np.cos(eighth)))
    assert fem.body_load(fem.Space(mesh), (1.0,)).sum() == pytest.approx(volume, rel=1e-12)


def square(order: str, size: int) -> bytes:
    """Return a file of version 2.2 in binary: a square of two triangles, all in group 3."""
    nodes = b"".join(
        struct.pack(f"{order}i3d", tag, x, y, 0) for tag, x, y in ((1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 0, 1))
    )
    cells = struct.pack(f"{order}3i", 2, 2, 2) + struct.pack(f"{order}12i", 1, 3, 1, 1, 2, 3, 2, 3, 1, 1, 3, 4)
    head = b"$MeshFormat\n2.2 1 %d\n" % size + struct.pack(f"{order}i", 1) + b"\n$EndMeshFormat\n"
    return head + b"$Nodes\n4\n" + nodes + b"\n$EndNodes\n$Elements\n2\n" + cells + b"\n$EndElements\n"


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_order_of_bytes(order: str, tmp_path: Path) -> None:
    (tmp_path / "square.msh").write_bytes(square(order, 8))
    mesh = fem.read(tmp_path / "square.msh").check()
    np.testing.assert_array_equal(mesh.blocks[0].nodes, [[0, 1, 2], [0, 2, 3]])
    np.testing.assert_array_equal(mesh.cells_on("physical=3"), [0, 1])


def test_version_4_0_in_binary(tmp_path: Path) -> None:
    # gmsh writes this version in text only by now: a square of two triangles and one side.
    box = struct.pack("<6d", 0, 0, 0, 1, 1, 0)
    curve = struct.pack("<i", 9) + box + struct.pack("<QiQ", 1, 4, 0)
    surface = struct.pack("<i", 5) + box + struct.pack("<QiQi", 1, 3, 1, 9)
    sections = {
        "PhysicalNames": b'2\n1 4 "side"\n2 3 "square"',
        "Entities": struct.pack("<4Q", 0, 1, 1, 0) + curve + surface,
        "Nodes": struct.pack("<2Q3iQ", 1, 4, 5, 2, 0, 4)
        + struct.pack("<" + 4 * "i3d", 7, 0, 0, 0, 2, 1, 0, 0, 50, 1, 1, 0, 4, 0, 1, 0),
        "Elements": struct.pack("<2Q3iQ4i", 2, 3, 5, 2, 2, 2, 1, 7, 2, 50)
        + struct.pack("<4i", 2, 7, 50, 4)
        + struct.pack("<3iQ3i", 9, 1, 1, 1, 3, 4, 7),
    }
    text = b"$MeshFormat\n4 1 8\n" + struct.pack("<i", 1) + b"\n$EndMeshFormat\n"
    for name, data in sections.items():
        text += b"$%s\n%s\n$End%s\n" % (name.encode(), data, name.encode())
    (tmp_path / "square.msh").write_bytes(text)
    mesh = fem.read(tmp_path / "square.msh").check()
    np.testing.assert_array_equal(mesh.points, [[0, 0], [1, 0], [1, 1], [0, 1]])
    np.testing.assert_array_equal(mesh.blocks[0].nodes, [[0, 1, 2], [0, 2, 3]])
    np.testing.assert_array_equal(mesh.cells_on("square"), [0, 1])
    assert nodes_of(mesh, "side") == [[0, 3]]


@pytest.mark.parametrize("name", ALL)
def test_cut_off_file_is_called_so_wherever_it_is_cut(name: str, tmp_path: Path) -> None:
    data = (FILES / name).read_bytes().rstrip()
    for length in {*range(0, len(data), max(1, len(data) // 150)), *range(len(data) - 20, len(data))}:
        (tmp_path / name).write_bytes(data[:length])
        with pytest.raises(MeshFileError, match=r"^a mesh file that is cut off\n") as caught:
            fem.read(tmp_path / name)
        assert str(caught.value).count("\n") == 3
    # A last line without its break is whole.
    (tmp_path / name).write_bytes(data)
    assert fem.read(tmp_path / name).cell_count == fem.read(FILES / name).cell_count


@pytest.mark.parametrize("name", ALL)
def test_file_with_wrong_bytes_is_a_mesh_or_an_error_of_four_lines(name: str, tmp_path: Path) -> None:
    data = (FILES / name).read_bytes()
    chance = random.Random(name)
    for _ in range(60):
        wrong = bytearray(data)
        for place in chance.sample(range(len(data)), 3):
            wrong[place] = chance.randrange(256)
        (tmp_path / name).write_bytes(wrong)
        try:
            assert fem.read(tmp_path / name).cell_count > 0
        except (MeshFileError, MeshError, ElementError) as error:
            assert str(error).count("\n") == 3


@pytest.mark.parametrize(
    ("change", "error", "got"),
    [
        (("2.2 0 8", "3 0 8"), MeshFileError, "version 3 in '.*plate.msh'"),
        (("2.2 0 8", "1 0 8"), MeshFileError, "version 1 in"),
        (("2.2 0 8", "2.2 2 8"), MeshFileError, "b'2.2 2 8"),
        (("$MeshFormat\n2.2 0 8\n$EndMeshFormat\n", ""), MeshFileError, "version unknown, for want of"),
        (("$MeshFormat", "solid"), MeshFileError, "'solid.*at the beginning"),
        (("9\n1 0 0 0", "8\n1 0 0 0"), MeshFileError, "6 numbers more than announced, in \\$Nodes"),
        (("9\n1 0 0 0", "10\n1 0 0 0"), MeshFileError, "1 nodes are announced and there is room for 0, in \\$Nodes"),
        (("2 1 0 0 0 1", "2 1 O 0 0 1"), MeshFileError, "'O' in place of a number in line 15, in \\$Nodes"),
        (("9 3 2 5 1 1 5 9 8", "9 3 2 5 1 1 5 9 88"), MeshFileError, "there is no node 88"),
        (("9 3 2 5 1 1 5 9 8", "9 99 2 5 1 1 5 9 8"), ElementError, "cells of gmsh's element type 99"),
        (("\n$EndParametricNodes", ""), MeshFileError, "\\$EndElements after \\$ParametricNodes in line 12"),
        (('2 5 "domain"', "2 5.5 domain"), MeshFileError, "'2 5.5 domain' in \\$PhysicalNames, which announces 5"),
        (("9 0.5 0.5 0", "8 0.5 0.5 0"), MeshFileError, "node 8 twice, at two places"),
    ],
)
def test_files_with_faults(change: tuple[str, str], error: type[Exception], got: str, tmp_path: Path) -> None:
    text = (FILES / "parametric_nodes.msh").read_text()
    assert change[0] in text
    (tmp_path / "plate.msh").write_text(text.replace(*change))
    with pytest.raises(error, match=f"got:      {got}"):
        fem.read(tmp_path / "plate.msh")
