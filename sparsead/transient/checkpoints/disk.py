"""Checkpoints on disk: the files of a run, whole or absent, and the mark that says whose they are."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from sparsead.errors import BackendError


@dataclass(frozen=True)
class Disk:
    """Keep one state for every so many steps in a folder; an interrupted run or gradient resumes there.

    Parameters
    ----------
    folder : str
        Where; made if absent. Files of another run in it are an error.
    steps : int
        Steps of a piece, whose states are in memory at once while going back.
    """

    folder: str
    steps: int = 1000


def fingerprint(problem: Any, *arrays: Any) -> str:
    """Return the mark of a run: equal for equal methods, grids and numbers.

    Parameters
    ----------
    problem : Problem
        Scheme and grid of the run.
    *arrays : pytree of array
        State, parameters, times, steps of a piece.
    """
    digest = hashlib.sha256(repr((problem.scheme.name, problem.grid)).encode())
    for x in jax.tree.leaves(arrays):
        digest.update(np.asarray(x).tobytes())
    return digest.hexdigest()


def check_same(folder: Path, found: str, mark: str) -> None:
    """Raise `BackendError` unless the files of a folder have the mark of this run."""
    if found != mark:
        raise BackendError(
            "the folder holds another run",
            expected="files of this run: same method, grid, state and parameters",
            got=f"{folder} with a run of other numbers",
            fix="pass an empty folder",
        )


def save(path: Path, **arrays: Any) -> None:
    """Write arrays by name, beside and renamed: a kill or a full disk leaves the old file whole.

    Raises
    ------
    BackendError
        If the file cannot be written.
    """
    beside = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            contents: dict[str, Any] = {name: np.asarray(x) for name, x in arrays.items()}
            np.savez(file, **contents)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BackendError(
            "a checkpoint cannot be written",
            expected=f"room and permission to write {path.name} in {path.parent}",
            got=f"{type(error).__name__}: {error.strerror}",
            fix="make room and call again: the run resumes after the last checkpoint",
        ) from error


def load(path: Path) -> Any:
    """Return the arrays of a file by name, or None if there is no such file."""
    return np.load(path) if path.exists() else None
