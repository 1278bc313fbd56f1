"""The page of all designs: a square picture of each example that optimizes, with a link to it.

An example is shown where it uses `fem.optimize` or `fem.design`; those that write their loop by hand are named, one a
line, by the directive::

    ```{designs}
    fem/plot_hole_shape
    ```

The pictures are those of `squares`: the first that an example asks for is its thumbnail, and is shown here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

EXAMPLES = Path(__file__).parents[2] / "examples"
USES = re.compile(r"\bfem\.(optimize|design)\b")
FIRST_SQUARE = re.compile(r"^# sphinx_gallery_squares = \{(\d+)", re.MULTILINE)


def shown(examples: Path, by_hand: Iterable[str]) -> list[Path]:
    """Return the examples that are shown, those named by hand included; a name without an example is an error."""
    named = {examples / f"{name}.py" for name in by_hand}
    absent = sorted(path.stem for path in named if not path.is_file())
    if absent:
        raise FileNotFoundError(f"no example has the name {absent[0]}")
    return sorted(path for path in examples.glob("*/plot_*.py") if path in named or USES.search(path.read_text()))


def picture(path: Path) -> str:
    """Return the figure of an example, in Markdown: its square, below it its title, both leading to it."""
    text = path.read_text()
    title = (ast.get_docstring(ast.parse(text)) or path.stem).splitlines()[0]
    first = FIRST_SQUARE.search(text)
    place = f"gallery/{path.parent.name}"
    square = f"/{place}/images/square/{path.stem}_{first[1] if first else 0}.png"
    head = f":::{{figure}} {square}\n:alt: {title}\n:target: {place}/{path.stem}.html"
    return f"{head}\n\n[{title}](/{place}/{path.stem}.rst)\n:::\n"


class Designs(SphinxDirective):
    """The grid of pictures."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the figures, in a container that the style sheet makes a grid of."""
        self.env.note_reread()  # examples come and go without this page
        text = "\n".join(picture(path) for path in shown(EXAMPLES, filter(None, self.content)))
        return [nodes.container("", *self.parse_text_to_nodes(text), classes=["designs"])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("designs", Designs)
    return {"parallel_read_safe": True}
