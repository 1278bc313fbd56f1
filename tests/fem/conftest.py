"""Programs of these tests run for milliseconds and compile for seconds: they are compiled with few optimizations."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAG = "jax_disable_most_optimizations"


@pytest.fixture(autouse=True, scope="module")
def compile_quickly() -> Iterator[None]:
    """Compile with few optimizations, which takes 60 % of the time; what a program computes stays."""
    if importlib.util.find_spec("jax") is None:
        yield
        return
    config = importlib.import_module("jax").config
    before = config.values[FLAG]
    config.update(FLAG, True)
    yield
    config.update(FLAG, before)
