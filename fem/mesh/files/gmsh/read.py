"""Mesh files of gmsh, versions 2.2, 4.0 and 4.1, text and binary.

meshio refuses files in which only some entities have physical groups, nodes with parameters and sparse node tags in
binary, and gives the cells of several groups in version 2 as several cells; so this format is read here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.errors import ElementError
from fem.mesh.files.content import FileContent
from fem.mesh.files.errors import malformed
from fem.mesh.files.gmsh.sections import open_gmsh
from fem.mesh.files.gmsh.version2 import cells_version2, nodes_version2
from fem.mesh.files.gmsh.version4 import cells_version4, nodes_version4
from fem.mesh.files.labels import Labels

if TYPE_CHECKING:
    from pathlib import Path


def read_gmsh(path: Path) -> FileContent:
    """Read a gmsh file; cells that have no physical group are in no set.

    Parameters
    ----------
    path : Path
        File.

    Raises
    ------
    MeshFileError
        If it is cut off, malformed, or of another version.
    ElementError
        If it holds cells of a kind whose count of nodes is not known.
    """
    file = open_gmsh(path)
    section = "$PhysicalNames"
    try:
        names = file.names()
        section = "$Nodes"
        tags, points = nodes_version2(file) if file.version == "2.2" else nodes_version4(file)
        labels = Labels.of_nodes(tags, points)
        section = "$Entities or $Elements"
        found = cells_version2(file) if file.version == "2.2" else cells_version4(file)
        cells, sets = found.blocks(labels, names)
    except ElementError:
        raise
    except ValueError as error:
        raise malformed(path, "gmsh", f"{error}, in {section}") from error
    return FileContent(points, cells, cell_sets=sets)
