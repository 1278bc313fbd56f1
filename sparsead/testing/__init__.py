"""Checkers for derivatives and backends, and hard problems to run them on.

`check_frontend` needs JAX and is imported when first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from sparsead.testing.rule_checks import check_rule

__all__ = ["check_frontend", "check_rule"]


def __getattr__(name: str) -> Any:
    """Import what needs JAX when it is first asked for."""
    if name == "check_frontend":
        return importlib.import_module("sparsead.testing.frontend_checks").check_frontend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
