"""Checkpoints: everything that a run needs to go on, in one file that is whole at any moment."""

from __future__ import annotations

import os
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import OptimizationError
from fem.optimize.archive import write_archive
from fem.optimize.history import History, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

_VERSION = 3
_SAME = 1e-6  # relative: another machine, other threads
_PROBLEM, _METHOD, _HISTORY = "problem ", "method ", "history "


@dataclass(frozen=True, eq=False)
class Saved:
    """What a checkpoint holds.

    Attributes
    ----------
    x : float array, shape (n,)
        The design to evaluate next.
    last : float array, shape (n,)
        The design evaluated last.
    method : dict of str to array
        What the method remembers.
    history : History
        Iterations so far.
    steepest : float
        The steepest slope of the objective so far, which residuals are measured with.
    """

    x: NDArray[np.float64]
    last: NDArray[np.float64]
    method: Arrays
    history: History
    steepest: float


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A file that a run writes, and goes on from.

    Parameters
    ----------
    path : path-like
        File, by convention ``.npz``.
    every : int
        Iterations between two writes.
    problem : mapping of str to array
        What must be the same for a run to go on from it; the names are those that an error says.
    """

    path: str | os.PathLike[str]
    every: int
    problem: Mapping[str, NDArray[Any]]

    def load(self) -> Saved | None:
        """Return what the file holds, None if there is no file.

        Raises
        ------
        OptimizationError
            If it is no checkpoint, or one of another problem.
        """
        if not Path(self.path).exists():
            return None
        try:
            with Path(self.path).open("rb") as file, np.load(file, allow_pickle=False) as found:
                arrays = dict(found)
            version = int(arrays.pop("version"))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise self._refused("no checkpoint", f"a file of version {_VERSION}", f"{error}") from error
        if version != _VERSION:
            raise self._refused("a checkpoint of another version", f"version {_VERSION}", f"version {version}")
        self._check(_under(_PROBLEM, arrays))
        columns = _under(_HISTORY, arrays)
        rows = zip(*(columns[name] for name in Record._fields), strict=True)
        records = [
            Record(int(i), float(f), g, float(c), float(r), float(t), int(k), int(s), float(p))
            for i, f, g, c, r, t, k, s, p in rows
        ]
        return Saved(arrays["x"], arrays["last"], _under(_METHOD, arrays), History(records), float(arrays["steepest"]))

    def check_value(self, there: float, here: float) -> None:
        """Compare the objective of the last design with that of the file.

        Raises
        ------
        OptimizationError
            If they differ by more than another machine's rounding.
        """
        if not np.isclose(there, here, rtol=_SAME, atol=0.0):
            raise self._refused(
                "a checkpoint of another problem: its objective differs",
                f"{here:.10g} at its last design",
                f"{there:.10g}",
            )

    def store(self, saved: Saved) -> None:
        """Replace the file by a new one, which is complete before it takes the name.

        Warns
        -----
        UserWarning
            If it cannot be written, as on a full disk; the file that was there stays.
        """
        arrays: Arrays = {"version": np.array(_VERSION), "x": saved.x, "last": saved.last}
        arrays["steepest"] = np.array(saved.steepest)
        arrays |= {_PROBLEM + name: value for name, value in self.problem.items()}
        arrays |= {_METHOD + name: value for name, value in saved.method.items()}
        arrays |= {_HISTORY + name: getattr(saved.history, name) for name in Record._fields}
        try:
            write_archive(self.path, arrays)
        except OSError as error:
            stays = f"{os.fspath(self.path)} stays"
            warnings.warn(f"no checkpoint of iteration {len(saved.history)}: {error}; {stays}", stacklevel=5)

    def _check(self, found: Arrays) -> None:
        for name, value in self.problem.items():
            there = found.get(name)
            if there is None or there.shape != value.shape or (there != value).any():
                raise self._refused(
                    f"a checkpoint of another problem: its {name} differs", _short(value), _short(there)
                )

    def _refused(self, what: str, expected: str, got: str) -> OptimizationError:
        return OptimizationError(
            what, expected=expected, got=f"{got} in {os.fspath(self.path)}",
            fix="remove the file to start anew, or name another one", path=os.fspath(self.path),
        )  # fmt: skip


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def _short(value: NDArray[Any] | None) -> str:
    if value is None:
        return "none"
    return f"{value}" if value.size == 1 else f"shape {value.shape}, first {value.reshape(-1)[:3].tolist()}"
