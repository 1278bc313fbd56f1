"""Every test of an error runs in NumPy, in eager JAX, and inside ``jit``."""

from __future__ import annotations

import pytest

from tests.sparsead.errors.ways import WAYS, Way, way


@pytest.fixture(params=WAYS, name="way")
def each_way(request: pytest.FixtureRequest) -> Way:
    """One way to run a program."""
    return way(request.param)
