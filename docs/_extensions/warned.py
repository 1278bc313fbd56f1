"""Warnings of an example are errors, as they are in the tests: the gallery is where continuous integration runs it."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from typing import Any

_within = ExitStack()


def make_errors(gallery_conf: dict[str, Any], file: Any, when: str) -> None:
    """Turn warnings into errors before an example, and give back what was after it; called by sphinx-gallery.

    Parameters
    ----------
    gallery_conf : dict
        Its configuration.
    file : path or None
        The example; a folder, or None, where one is entered.
    when : {"before", "after"}
        Which.
    """
    _within.close()
    if when == "before" and str(file).endswith(".py"):
        _within.enter_context(warnings.catch_warnings(action="error"))
