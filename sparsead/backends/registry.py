"""The table of backends by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sparsead.backends.backend import Backend
from sparsead.backends.banded import Banded
from sparsead.backends.cholmod import Cholmod
from sparsead.backends.cvxopt import Cvxopt
from sparsead.backends.dense import Dense
from sparsead.backends.pardiso import Pardiso
from sparsead.backends.superlu import SuperLU
from sparsead.backends.triangular import Triangular
from sparsead.backends.umfpack import Umfpack
from sparsead.errors import BackendError, BackendMissingError

if TYPE_CHECKING:
    import numpy as np

    from sparsead.pattern.structure import Structure

BACKENDS: dict[str, Backend] = {
    backend.name: backend
    for backend in (Dense(), Banded(), Triangular(), Pardiso(), Cholmod(), Umfpack(), Cvxopt(), SuperLU())
}


# What ``method="..."`` may name beside values that are methods themselves; filled by those who make them.
METHODS: dict[str, Callable[[], Backend]] = {}


def get(name: str) -> Backend:
    """Return the backend of that name.

    Parameters
    ----------
    name : str
        A key of `BACKENDS`.

    Returns
    -------
    Backend
        The library, ready to use.

    Raises
    ------
    BackendError
        If there is no backend of that name.
    BackendMissingError
        If its library is not installed; the message says how to install it.

    Examples
    --------
    >>> import sparsead
    >>> sparsead.backends.get("superlu").name
    'superlu'
    """
    if name not in BACKENDS:
        raise BackendError(
            "unknown backend",
            expected=f"one of {', '.join(sorted(BACKENDS))}",
            got=f"backend={name!r}",
            fix="pass one of these names, or None to let the structure choose",
        )
    return usable(BACKENDS[name])


def usable(backend: Backend) -> Backend:
    """Return the backend.

    Raises
    ------
    BackendMissingError
        If its library is not installed; the message says how to install it.
    """
    missing = backend.missing()
    if missing is not None:
        raise BackendMissingError(
            f"backend {backend.name!r} is not installed",
            expected="its library on this machine",
            got=f"backend={backend.name!r}, and the library cannot be loaded",
            fix=missing,
        )
    return backend


def check_able(backend: Backend, structure: Structure, dtype: np.dtype[Any]) -> None:
    """Raise `BackendError` if the backend has no way with matrices of this structure, or of this type."""
    if not backend.supports(structure, is_complex=dtype.kind == "c"):
        raise BackendError(
            f"backend {backend.name!r} cannot solve with this structure",
            expected="a structure that it supports",
            got=f"a {structure.describe()} matrix of type {dtype}",
            fix=backend.advice,
            fault="structure",
        )
    if dtype.char in "fF" and not backend.single_precision:
        raise BackendError(
            f"backend {backend.name!r} has no single precision",
            expected='precision="double", or a backend with single precision (superlu, dense)',
            got='precision="single"',
            fix='drop precision="single"',
        )


def installed() -> tuple[str, ...]:
    """Return the names of the backends whose libraries are there.

    Returns
    -------
    tuple of str
        Names that `solve` takes as ``backend``.

    Examples
    --------
    >>> import sparsead
    >>> "superlu" in sparsead.backends.installed()
    True
    """
    return tuple(name for name, backend in BACKENDS.items() if backend.missing() is None)
