"""The only door to matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fem.errors import LibraryMissingError

if TYPE_CHECKING:
    from types import ModuleType


def library() -> ModuleType:
    """Return matplotlib, with what is drawn by it here.

    Raises
    ------
    LibraryMissingError
        If it is not installed: ``pip install 'sparsead[plot]'``.
    """
    try:
        import matplotlib
        import matplotlib.animation
        import matplotlib.collections
        import matplotlib.pyplot
        import matplotlib.tri
    except ImportError as error:
        raise LibraryMissingError(
            "pictures in the plane are drawn by matplotlib, which is not installed",
            expected="an importable matplotlib",
            got=str(error),
            fix="pip install 'sparsead[plot]'",
        ) from error
    module: ModuleType = matplotlib
    return module
