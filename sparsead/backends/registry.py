"""The table of backends by name."""

from __future__ import annotations

from collections.abc import Callable

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
