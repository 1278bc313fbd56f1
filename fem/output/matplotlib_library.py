"""The only door to matplotlib."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

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
        import matplotlib.collections
        import matplotlib.pyplot
        import matplotlib.tri
    module: ModuleType = matplotlib
    return module


def image(figure: Any, dpi: float) -> Any:
    """Return a figure as an image of Pillow, which matplotlib brings along."""
    from PIL import Image

    stored = BytesIO()
    figure.savefig(stored, format="png", dpi=dpi)
    return Image.open(stored).convert("RGB")
