"""Huge pages are asked for whole pages within a large array, and for nothing else."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from tests.conftest import require

require("jax")

from sparsead.jax import pages  # noqa: E402 - imports JAX


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(pages, "_madvise", lambda: lambda *call: calls.append(call))
    return calls


@pytest.mark.parametrize("offset", [0, 1, 511])
def test_whole_pages_within_a_large_array(asked, offset):
    array = np.zeros(1 << 20)[offset:]
    pages.prefer_huge_pages(array)
    [(first, length, _)] = asked
    assert first % mmap.PAGESIZE == 0 and length % mmap.PAGESIZE == 0
    assert array.ctypes.data <= first and first + length <= array.ctypes.data + array.nbytes
    assert length > array.nbytes - 2 * mmap.PAGESIZE


def test_small_array_is_left_alone(asked):
    pages.prefer_huge_pages(np.zeros(1000))
    assert asked == []


def test_values_stay():
    array = np.arange(float(1 << 20))
    pages.prefer_huge_pages(array)
    assert (array == np.arange(float(1 << 20))).all()
