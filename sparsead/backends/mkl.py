"""Find and load Intel's MKL, which the wheel ``mkl`` installs; nothing is loaded before it is asked for."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.metadata
import os
import site
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

INSTALL = 'pip install "sparsead[pardiso]"'
_NAMES = {"linux": "libmkl_rt.so*", "darwin": "libmkl_rt*.dylib", "win32": "mkl_rt*.dll"}
_ARGUMENTS_OF_PARDISO = 16
_ARGUMENTS_OF_GETDIAG = 5


class MKL:
    """The few functions of MKL that are used, with their types.

    Parameters
    ----------
    path : str
        The library ``mkl_rt``.

    Attributes
    ----------
    small_indices : bool
        Whether ``pardiso`` takes 32-bit integers; the environment variable
        ``MKL_INTERFACE_LAYER=ILP64`` makes them 64 bits wide.
    """

    def __init__(self, path: str) -> None:
        library = ctypes.CDLL(path)
        self._pid = os.getpid()
        self._pardiso = _typed(library.pardiso, _ARGUMENTS_OF_PARDISO)
        self._pardiso_64 = _typed(library.pardiso_64, _ARGUMENTS_OF_PARDISO)
        self._getdiag = _typed(library.pardiso_getdiag, _ARGUMENTS_OF_GETDIAG)
        # The lowercase symbol of the same name is the Fortran one, which takes a pointer.
        self._set_threads_here = library.MKL_Set_Num_Threads_Local
        self._set_threads_here.argtypes, self._set_threads_here.restype = [ctypes.c_int], ctypes.c_int
        self.small_indices = "ILP64" not in os.environ.get("MKL_INTERFACE_LAYER", "").upper()

    def pardiso(self, index: np.dtype) -> Callable[..., None]:
        """Return the solver for 32-bit or for 64-bit integers; its arguments are addresses."""
        return self._pardiso if index.itemsize == np.dtype(np.int32).itemsize else self._pardiso_64

    def diagonal(
        self, pt: NDArray[np.int64], slot: int, n: int, dtype: np.dtype, index: np.dtype
    ) -> NDArray[Any] | None:
        """Return the diagonal of the factors in a slot of a handle, shape (n,); None if MKL does not tell.

        There is one function for both widths of integers: it crashes on a handle of the other width than the
        interface, which is the width of ``pardiso``.
        """
        if (index == np.int32) is not self.small_indices:
            return None
        of_factors, of_matrix = np.empty(n, dtype), np.empty(n, dtype)
        integers = np.array([slot, 0], index)
        at = integers.ctypes.data
        self._getdiag(pt.ctypes.data, of_factors.ctypes.data, of_matrix.ctypes.data, at, at + integers.itemsize)
        return None if integers[1] else of_factors

    @contextlib.contextmanager
    def threads_that_survive_fork(self) -> Iterator[None]:
        """Compute on this thread alone in a process forked after MKL was loaded: GNU's thread pool hangs there."""
        if os.getpid() == self._pid:
            yield
            return
        before = self._set_threads_here(1)
        try:
            yield
        finally:
            self._set_threads_here(before)


@functools.cache
def load() -> MKL | None:
    """Return MKL, or None where it is not installed or cannot be loaded."""
    for path in _candidates():
        with contextlib.suppress(OSError, AttributeError):
            return MKL(str(path))
    return None


def _candidates() -> Iterator[Path]:
    """Files that may be the library, the likeliest first."""
    name = _NAMES.get(sys.platform, _NAMES["linux"])
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        files = importlib.metadata.files("mkl") or []
        yield from (Path(str(file.locate())) for file in files if file.match(name))
    roots = [sys.prefix, sys.base_prefix, site.getuserbase(), os.environ.get("MKLROOT", "")]
    for root in filter(None, roots):
        for folder in ("lib", "Library/bin", "bin", "lib/intel64"):
            yield from sorted((Path(root) / folder).glob(name))


def _typed(function: Callable[..., None], arguments: int) -> Callable[..., None]:
    function.argtypes, function.restype = [ctypes.c_void_p] * arguments, None  # type: ignore[attr-defined]
    return function
