"""The only door to pyvista."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.libraries import required

if TYPE_CHECKING:
    from types import ModuleType


def library() -> ModuleType:
    """Return pyvista.

    Raises
    ------
    LibraryMissingError
        If it is not installed: ``pip install 'sparsead[plot3d]'``.
    """
    with required("pyvista", "pictures in space are drawn, and surfaces found, by", "pip install 'sparsead[plot3d]'"):
        import pyvista
    module: ModuleType = pyvista
    return module
