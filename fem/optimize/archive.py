"""Arrays to a file that is complete before it takes its name: a kill or a full disk leaves what was there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def write_archive(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Replace an ``.npz`` file by a new one.

    Parameters
    ----------
    path : path
        File.
    arrays : mapping of str to arrays
        What is in it.

    Raises
    ------
    OSError
        If it cannot be written; the file that was there stays.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type] # the stubs take the names for options
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
