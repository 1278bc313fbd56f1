"""Square pictures of one axes each, for the thumbnails of the gallery and for the front page.

A figure of an example is made to be studied; shrunk to a thumbnail nothing of it can be seen. So the first axes of its
last figure is its picture. An example may choose others, and the part of them (left, right, bottom, top) to show::

    # sphinx_gallery_squares = {1: None, 0: (0.0, 20.0, 0.0, 20.0)}

Each is drawn once more, alone, without words, into `images/square/<example>_<number>.png` beside the other pictures of
its gallery; the first is the thumbnail.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sphinx_gallery.scrapers import matplotlib_scraper

INCHES, DPI = 3.0, 160


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the figures of a block, as sphinx-gallery does, and then the squares of the last one."""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    saved: str = matplotlib_scraper(block, block_vars, gallery_conf)
    wanted = block_vars["file_conf"].get("squares", {0: None})
    if figures:
        folder = Path(str(block_vars["image_path_iterator"].image_path)).parent / "square"
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"{Path(block_vars['src_file']).stem}_{number}.png" for number in wanted]
        for (number, view), file in zip(wanted.items(), files, strict=True):
            draw(figures[-1], figures[-1].axes[number], view, file)
        block_vars["file_conf"]["thumbnail_path"] = files[0].relative_to(gallery_conf["src_dir"]).as_posix()
    return saved


def draw(figure: Figure, axes: Axes, view: Sequence[float | None] | None, file: Path) -> None:
    """Save one axes, or the part of it in `view`, alone in a square."""
    figure.set_layout_engine("none")
    figure.set_size_inches(INCHES, INCHES)
    for other in figure.axes:
        other.set_visible(other is axes)
    bare(axes)
    if view:
        axes.set(xlim=view[:2], ylim=view[2:])
    figure.savefig(file, dpi=DPI, facecolor="white")


def bare(axes: Axes) -> None:
    """Take the words off an axes and let it fill the figure; what is drawn to scale keeps its proportions."""
    axes.set(title="", xlabel="", ylabel="")
    axes.tick_params(which="both", length=0, labelbottom=False, labelleft=False)
    if axes.get_legend():
        axes.get_legend().remove()
    for words in axes.texts:
        words.set_text("")  # the arrows stay
    if axes.get_aspect() != "auto":
        axes.set_frame_on(False)
    axes.set_position((0.04, 0.04, 0.92, 0.92))
