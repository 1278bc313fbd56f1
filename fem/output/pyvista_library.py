"""The only door to pyvista."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.errors import LibraryMissingError

if TYPE_CHECKING:
    from types import ModuleType


def library() -> ModuleType:
    """Return pyvista.

    Raises
    ------
    LibraryMissingError
        If it is not installed: ``pip install 'sparsead[plot3d]'``.
    """
    try:
        import pyvista
    except ImportError as error:
        raise LibraryMissingError(
            "pictures in space are drawn, and surfaces found, by pyvista, which is not installed",
            expected="an importable pyvista",
            got=str(error),
            fix="pip install 'sparsead[plot3d]'",
        ) from error
    module: ModuleType = pyvista
    return module
