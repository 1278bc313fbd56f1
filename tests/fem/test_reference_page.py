"""The reference page has every public name."""

from __future__ import annotations

import importlib
import re

import pytest

from tests.conftest import require
from tests.test_layout import ROOT

require("jax")

PAGE = (ROOT / "docs" / "reference" / "fem.md").read_text()
ROOMS = ("fem", "fem.design", "fem.elements", "fem.fields", "fem.optimize", "fem.output", "fem.responses", "fem.shape")


def listed(module: str) -> set[str]:
    """Return the names of a module that the page documents."""
    return set(re.findall(rf"auto(?:function|class|exception):: {re.escape(module)}\.(\w+)$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("module", ROOMS)
def test_reference_has_every_public_name(module: str) -> None:
    assert listed(module) == set(importlib.import_module(module).__all__) - {
        room.removeprefix("fem.") for room in ROOMS
    }


def test_reference_has_every_error() -> None:
    errors = importlib.import_module("fem.errors")
    own = {name for name, kind in vars(errors).items() if getattr(kind, "__module__", "") == "fem.errors"}
    assert listed("fem.errors") == own


@pytest.mark.parametrize("module", ROOMS)
def test_public_names_are_listed_in_order_and_documented(module: str) -> None:
    room = importlib.import_module(module)
    assert list(room.__all__) == sorted(room.__all__)
    assert [name for name in room.__all__ if not (getattr(room, name).__doc__ or "").strip()] == []
