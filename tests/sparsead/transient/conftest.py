"""Compiling is most of the time of these tests: where neither bits, bytes nor many steps matter, quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import require

if TYPE_CHECKING:
    from collections.abc import Iterator

jax = require("jax")
OPTIMISED = ("test_hodgkin_huxley", "test_gradients_compared")


@pytest.fixture(autouse=True)
def quick_compilation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let XLA skip its expensive optimisations, but for the files above."""
    jax.config.update("jax_disable_most_optimizations", request.path.stem not in OPTIMISED)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
