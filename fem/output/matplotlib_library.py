"""The only door to matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.libraries import required

if TYPE_CHECKING:
    from types import ModuleType


def library() -> ModuleType:
    """Return matplotlib, with what is drawn by it here.

    Raises
    ------
    LibraryMissingError
        If it is not installed: ``pip install 'sparsead[plot]'``.
    """
    with required("matplotlib", "pictures in the plane are drawn by", "pip install 'sparsead[plot]'"):
        import matplotlib
        import matplotlib.animation
        import matplotlib.collections
        import matplotlib.pyplot
        import matplotlib.tri
    module: ModuleType = matplotlib
    return module
