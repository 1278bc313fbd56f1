"""Every backend obeys every law on every hard problem that it supports."""

from __future__ import annotations

import pytest

from sparsead.testing import check_backend
from tests.sparsead.backends.installed import ALL, backend_or_skip


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("seed", [0, 1])
def test_backend_obeys_the_laws(name, seed):
    check_backend(backend_or_skip(name), seed=seed)


def test_nothing_to_check_is_an_error():
    with pytest.raises(ValueError, match="supports none of the problems"):
        check_backend(ALL["triangular"], [])
