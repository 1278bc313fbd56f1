"""Index maps that programs ask for: when, from where, and how often they cross to a GPU."""

from __future__ import annotations

import ctypes
import gc
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sparsead.errors import BackendError, DtypeError
from tests.conftest import require

jax = require("jax")
constants = require("sparsead.jax.constants")
resident = require("sparsead.jax.resident")

STREAM, DEVICE = 7, 42


class Driver:
    """CUDA's driver on the memory of the host; writes down what it is asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status: dict[str, int] = {}
        self.memory: dict[int, Any] = {}
        self.contexts: list[int] = []

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> int:
            self.calls.append(name)
            return self.status.get(name) or getattr(self, f"_{name}")(*arguments) or 0

        return call

    def count(self, name: str) -> int:
        return self.calls.count(name)

    def _cuStreamGetCtx(self, stream: int, context: Any) -> None:
        assert stream == STREAM
        context._obj.value = DEVICE

    def _cuCtxPushCurrent_v2(self, context: int) -> None:
        self.contexts.append(context)

    def _cuCtxPopCurrent_v2(self, _: Any) -> None:
        self.contexts.pop()

    def _cuMemAlloc_v2(self, address: Any, size: int) -> None:
        assert self.contexts == [DEVICE]
        block = (ctypes.c_char * size)()
        address._obj.value = ctypes.addressof(block)
        self.memory[address._obj.value] = block

    def _cuMemFree_v2(self, address: int) -> None:
        assert self.contexts == [DEVICE]
        del self.memory[address]

    def _cuStreamSynchronize(self, stream: int | None) -> None:
        assert stream is None

    def _cuMemcpyHtoD_v2(self, to: int, source: int, size: int) -> None:
        ctypes.memmove(to, source, size)

    def _cuMemcpyHtoDAsync_v2(self, to: int, source: int, size: int, stream: int) -> None:
        assert (self.contexts, stream) == ([DEVICE], STREAM)
        ctypes.memmove(to, source, size)

    _cuMemcpyDtoDAsync_v2 = _cuMemcpyHtoDAsync_v2


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    made = Driver()
    monkeypatch.setattr(resident, "_driver", lambda: made)
    return made


def arrive(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return what a program of the GPU finds in its buffer."""
    target = np.zeros_like(array)
    buffer = SimpleNamespace(__cuda_array_interface__={"data": (target.ctypes.data, False)})
    constants._Source(array).copy_on_device(SimpleNamespace(stream=STREAM), buffer)
    return target


def test_a_small_array_is_compiled_in_and_a_large_one_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    copied = []
    copy = constants._Source.copy
    monkeypatch.setattr(constants._Source, "copy", lambda *args: copied.append(args) or copy(*args))
    small, large = (np.arange(n) for n in (1 << 10, constants._LARGE))
    for array in (small, large, large.reshape(2, -1).T):
        np.testing.assert_array_equal(jax.jit(lambda x, array=array: constants.constant(array) + x)(1), array + 1)
        np.testing.assert_array_equal(constants.constant(array), array)
    assert len(copied) == 2


@pytest.mark.parametrize("size", [8, constants._LARGE])
def test_indices_that_jax_would_truncate_are_refused(size: int) -> None:
    with jax.enable_x64(False), pytest.raises(DtypeError, match=r"got: +indices of type int64 with jax_enable_x64 off"):
        constants.constant(np.arange(size))


@pytest.mark.parametrize("size", [8, constants._LARGE])
def test_numbers_have_the_type_that_jax_gives_them(size: int) -> None:
    with jax.enable_x64(False):
        assert jax.jit(lambda: constants.constant(np.ones(size)))().dtype == np.float32


def test_an_array_crosses_to_the_device_once(driver: Driver) -> None:
    array = np.arange(1000, dtype=np.int32)
    for _ in range(3):
        np.testing.assert_array_equal(arrive(array), array)
    assert driver.count("cuMemcpyHtoD_v2") == 1
    assert driver.count("cuMemcpyDtoDAsync_v2") == 3
    assert not driver.contexts


def test_the_copy_goes_when_the_array_does(driver: Driver) -> None:
    array = np.arange(1000, dtype=np.int32)
    arrive(array)
    assert len(driver.memory) == 1
    del array
    gc.collect()
    assert not driver.memory
    assert not resident._copies


def test_without_room_for_a_copy_the_array_comes_from_the_host(driver: Driver) -> None:
    driver.status["cuMemAlloc_v2"] = 2
    array = np.arange(1000, dtype=np.int32)
    for _ in range(2):
        np.testing.assert_array_equal(arrive(array), array)
    assert driver.count("cuMemcpyHtoDAsync_v2") == 2


def test_a_refusal_of_the_driver_is_told(driver: Driver) -> None:
    driver.status["cuMemAlloc_v2"] = 700
    with pytest.raises(BackendError, match=r"got: +status 700"):
        arrive(np.arange(1000, dtype=np.int32))
    assert not driver.contexts
