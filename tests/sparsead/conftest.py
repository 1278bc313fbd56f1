"""Compiling is most of the time of these tests: where neither bits, bytes nor many steps matter, quickly."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

OPTIMISED = ("test_hodgkin_huxley", "test_gradients_compared", "test_compiled_program")


@pytest.fixture(autouse=True)
def quick_compilation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let XLA skip its expensive optimisations, but for the files above."""
    jax = sys.modules.get("jax")  # the settings of the whole suite import it, where it is installed
    if jax is None or request.path.stem in OPTIMISED:
        yield
        return
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
