"""A series of files in time, or over the iterations of a design, that ParaView plays."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from fem.errors import MeshFileError
from fem.mesh.mesh import check_mesh
from fem.output.write import write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import ArrayLike

    from fem.mesh import Mesh


class Series:
    """Fields on one mesh, a VTU file each, and the PVD file that lists them with their times.

    What is added is on the disk at once, and the list is complete whenever it is read: a run that is killed leaves a
    series. One that goes on continues the series: times before its first are kept, those after are replaced.

    Parameters
    ----------
    path : path
        The list, which ends in ``.pvd``. The others lie beside it: ``bridge.pvd``, ``bridge_0000.vtu``, ...
    mesh : Mesh
        Mesh.
    units : mapping of str to str
        Unit of each field, as of `fem.output.write`.

    Raises
    ------
    MeshFileError
        If the name does not end in ``.pvd``, or the file there is no series.

    Examples
    --------
    >>> import fem, tempfile
    >>> beam = fem.rectangle((2, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     series = fem.output.Series(f"{folder}/beam.pvd", beam)
    ...     for iteration in range(3):
    ...         series.add(iteration, cells={"density": [0.5, iteration / 2]})
    ...     series.times
    [0.0, 1.0, 2.0]
    """

    def __init__(self, path: str | PathLike[str], mesh: Mesh, *, units: Mapping[str, str] | None = None) -> None:
        check_mesh(mesh)
        self.path, self.mesh, self.units = Path(path), mesh, dict(units or {})
        if self.path.suffix != ".pvd":
            raise MeshFileError(
                "a series has a list", expected="a name that ends in .pvd", got=f"{self.path.name!r}",
                fix="fem.output.write writes a single VTU", path=str(self.path),
            )  # fmt: skip
        self._files = self._listed()
        self._continues = bool(self._files)

    @property
    def times(self) -> list[float]:
        """Times that are listed, ascending."""
        return sorted(self._files)

    def add(
        self,
        time: float,
        *,
        points: Mapping[str, ArrayLike] | None = None,
        cells: Mapping[str, ArrayLike] | None = None,
    ) -> None:
        """Write fields.

        Parameters
        ----------
        time : float
            Time, or the number of the iteration; it replaces an equal one.
        points : mapping of str to arrays, shape (p,), (p, c) or (p, c, c)
            Values at points.
        cells : mapping of str to arrays, shape (e,), (e, c) or (e, c, c)
            Values of cells.

        Raises
        ------
        MeshFileError
            If the time is not finite.
        MeshError
            If a field does not fit the mesh.
        LibraryMissingError
            If meshio is not installed: ``pip install 'sparsead[mesh]'``.
        """
        if not math.isfinite(time):
            raise MeshFileError(
                "a time is not finite", expected="a finite number", got=f"time = {time!r}",
                fix="pass the time, or the number of the iteration", path=str(self.path),
            )  # fmt: skip
        if self._continues:
            self._files = {at: name for at, name in self._files.items() if at < time}
            self._continues = False
        used = set(self._files.values())
        number = next(n for n in range(len(used) + 1) if self._name(n) not in used)
        name = self._files.get(float(time), self._name(number))
        write(self.path.with_name(name), self.mesh, points=points, cells=cells, units=self.units, sets=False)
        self._files[float(time)] = name
        self._write_list()

    def _name(self, number: int) -> str:
        return f"{self.path.stem}_{number:04d}.vtu"

    def _write_list(self) -> None:
        """Replace the list in one step, so that a reader finds the old one or the new one."""
        root = ElementTree.Element("VTKFile", type="Collection", version="0.1")
        collection = ElementTree.SubElement(root, "Collection")
        for time in self.times:
            ElementTree.SubElement(collection, "DataSet", timestep=repr(time), part="0", file=self._files[time])
        beside = self.path.with_suffix(".pvd.part")
        ElementTree.ElementTree(root).write(beside, xml_declaration=True)
        os.replace(beside, self.path)

    def _listed(self) -> dict[float, str]:
        """Times and files of the list that is there."""
        if not self.path.exists():
            return {}
        try:
            entries = ElementTree.parse(self.path).getroot().iter("DataSet")
            return {float(entry.attrib["timestep"]): entry.attrib["file"] for entry in entries}
        except (ElementTree.ParseError, KeyError, ValueError, UnicodeDecodeError) as error:
            raise MeshFileError(
                "a file that is no series", expected="a list of files with times, as this class writes it",
                got=f"{self.path.name!r}: {error}", fix="give the series another name, or move the file away",
                path=str(self.path),
            ) from error  # fmt: skip
