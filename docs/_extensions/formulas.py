"""Draws formulas while the pages are built, so that they are there without a network and without JavaScript.

Each becomes an SVG inside the page, in units of the text around it and in its colour, with its LaTeX as the name that a
screen reader reads.
"""

from __future__ import annotations

import functools
from typing import Any
from xml.etree import ElementTree

import ziamath
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

SIZE = 20.0  # what the drawing is made with; it cancels
SCALE = 1.06  # the letters of STIX are smaller than those of the text

LOG = logging.getLogger(__name__)


@functools.cache
def drawing(latex: str, inline: bool) -> str:
    """Return a formula as SVG; raise ValueError where a command is not known."""
    formula = ziamath.Latex(latex, size=SIZE, color="currentColor", inline=inline, margin=0)
    if "\\" in formula.mathmlstr():  # what is not understood is left as it stands
        raise ValueError("a command that is not known to ziamath")
    svg = formula.svgxml()
    _, top, width, height = (SCALE / SIZE * float(number) for number in svg.get("viewBox").split())
    svg.attrib.update(width=f"{width:.3f}em", height=f"{height:.3f}em", style=f"vertical-align:{-top - height:.3f}em")
    svg.attrib.update({"role": "img", "aria-label": latex})
    return ElementTree.tostring(svg, encoding="unicode")


def visit(translator: Any, node: Any, tag: str) -> None:
    """Write a formula; one that cannot be drawn is a warning, which ends the build."""
    latex = " ".join(node.astext().split())
    try:
        svg = drawing(latex, inline=tag == "span")
    except Exception as error:  # the parser raises whatever went wrong inside it
        LOG.warning("formula cannot be drawn: %s (%s: %s)", latex, type(error).__name__, error, location=node)
        svg = ""
    translator.body.append(f"{translator.starttag(node, tag, '', CLASS='math')}{svg}</{tag}>")
    raise nodes.SkipNode


def visit_inline(translator: Any, node: nodes.math) -> None:
    """Write a formula that stands in a line of text."""
    visit(translator, node, "span")


def visit_block(translator: Any, node: nodes.math_block) -> None:
    """Write a formula that stands by itself."""
    visit(translator, node, "div")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the drawing as Sphinx's way to write mathematics."""
    app.add_html_math_renderer("drawn", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
