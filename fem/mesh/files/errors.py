"""Errors about the text of mesh files: cut off, malformed, or another format than the name says.

A file is called cut off only where its own end is missing: a section, an element of XML or a block that begins and
does not end. What is there to its end and wrong is malformed; what a library gives up on may be either, or neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.errors import MeshFileError

if TYPE_CHECKING:
    from pathlib import Path


def cut_off(path: Path, kind: str, *, missing: str, after: str) -> MeshFileError:
    """Return the error for a file whose end is missing.

    Parameters
    ----------
    path : Path
        File.
    kind : str
        Its format.
    missing : str
        What should have come.
    after : str
        What the file ends after.
    """
    return MeshFileError(
        "a mesh file that is cut off",
        expected=f"{missing}, in {kind} format",
        got=f"the end of {str(path)!r} at {path.stat().st_size} bytes, {_one_line(after)}",
        fix="write or copy the file again",
        path=str(path),
    )


def malformed(path: Path, kind: str, got: str, *, expected: str = "") -> MeshFileError:
    """Return the error for a file that is there to its end, and wrong.

    Parameters
    ----------
    path : Path
        File.
    kind : str
        Its format.
    got : str
        The fault and where it stands.
    expected : str
        The rule that it breaks.
    """
    return MeshFileError(
        "a mesh file that cannot be read",
        expected=expected or f"a file in {kind} format",
        got=f"{_one_line(got)}, in {str(path)!r}",
        fix="correct that place or write the file again; its name must end as its format says",
        path=str(path),
    )


def open_end(path: Path, last: str) -> MeshFileError:
    """Return the error for a file whose last line may go on.

    Parameters
    ----------
    path : Path
        File.
    last : str
        Its last line.
    """
    return MeshFileError(
        "a mesh file whose last line has no end",
        expected="a line break after the last line, by which one sees that it is whole",
        got=f"{last[-40:]!r} at the end of {str(path)!r}",
        fix="if that line is whole, put a line break after it; if not, write or copy the file again",
        path=str(path),
    )


def not_understood(path: Path, kind: str, got: str) -> MeshFileError:
    """Return the error for a file that meshio does not read, whether it is damaged or more than meshio knows.

    Parameters
    ----------
    path : Path
        File.
    kind : str
        Its format.
    got : str
        What meshio says.
    """
    return MeshFileError(
        "a mesh file that meshio cannot read",
        expected=f"a sound file in {kind} format, with cells and data of kinds that meshio knows",
        got=f"{_one_line(got)}, in {str(path)!r}",
        fix="open it in the program that wrote it; if it is sound, save it as .msh, .vtu or .inp instead",
        path=str(path),
    )


def not_there(path: Path, named: str, fix: str) -> MeshFileError:
    """Return the error for a file that does not exist.

    Parameters
    ----------
    path : Path
        File.
    named : str
        Who names it, or from where it is seen.
    fix : str
        What to do.
    """
    return MeshFileError(
        "no such mesh file", expected="the path of a file", got=f"{str(path)!r}, {named}", fix=fix, path=str(path)
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
