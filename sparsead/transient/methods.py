"""The table of methods for ordinary differential equations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sparsead.transient.explicit import ExplicitScheme
from sparsead.transient.tableaus import EXPLICIT

SCHEMES: dict[str, Callable[[Any], Any]] = {
    name: partial(ExplicitScheme, tableau=tableau) for name, tableau in EXPLICIT.items()
}
