"""Checkers for derivatives and backends, and hard problems to run them on.

`check_frontend` needs JAX and is imported when first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from sparsead.testing.backend_checks import check_backend
from sparsead.testing.problems import hard_problems
from sparsead.testing.rule_checks import check_rule

__all__ = ["check_backend", "check_frontend", "check_rule", "hard_problems"]


def __getattr__(name: str) -> Any:
    """Import what needs JAX when it is first asked for."""
    if name == "check_frontend":
        return importlib.import_module("sparsead.testing.frontend_checks").check_frontend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
