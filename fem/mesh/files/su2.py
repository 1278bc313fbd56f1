"""Names of the markers of SU2 files, for which meshio has numbers only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

_MARKER = re.compile(r"(?m)^\s*MARKER_TAG=\s*(\S.*?)\s*$")
_WHOLE = re.compile(r"[+-]?\d+")


def name_markers(path: Path, mesh: Any) -> None:
    """Give the sets of cells that have a marker its name.

    Parameters
    ----------
    path : Path
        File.
    mesh : meshio.Mesh
        What meshio has read of it: the markers with names are numbered one after the other.
    """
    tags = mesh.cell_data.pop("su2:tag", [])
    number, names = 0, {}
    for name in _MARKER.findall(path.read_text(errors="replace")):
        number = int(name) if _WHOLE.fullmatch(name) else number + 1
        names[number] = f"tag={number}" if _WHOLE.fullmatch(name) else name
    for number, name in names.items():
        mesh.cell_sets[name] = [np.flatnonzero(np.asarray(part) == number) for part in tags]
