"""Arrays of the host that stay on a GPU once a program there has asked for them.

The first program that asks brings an array to the device; from there each run copies
it within the device, a hundred times faster than over the bus. The copy goes when the
array does. It is made with CUDA's driver, which is there wherever JAX runs on such a
device, and lies beside the memory that XLA has taken for itself (three quarters of the
device, unless told otherwise). Where no room is left beside it the array comes from the
host at each run, which costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes as c
import functools
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

from sparsead.errors import BackendError

_OUT_OF_MEMORY = 2
_DRIVER = "libcuda.so.1"

# Address of the copy of an array, by the array's identity and the device's context.
_copies: dict[tuple[int, int], int] = {}
_making = threading.Lock()


def copy_to_device(array: NDArray[Any], address: int, stream: int) -> None:
    """Write an array, which must not change, to memory of a GPU.

    Parameters
    ----------
    array : array, any shape, contiguous
        On the host.
    address : int
        Where to write on the device.
    stream : int
        The stream of CUDA in whose order this is to happen; tells the device too.

    Raises
    ------
    BackendError
        If the driver refuses.
    """
    with _device_of(stream) as device:
        resident = _resident(array, device)
        if resident is None:
            _do("cuMemcpyHtoDAsync_v2", address, array.ctypes.data, array.nbytes, stream)
        else:
            _do("cuMemcpyDtoDAsync_v2", address, resident, array.nbytes, stream)


def _resident(array: NDArray[Any], device: int) -> int | None:
    """Address of the copy on the current device, None if there is no room for one."""
    key = id(array), device
    with _making:
        if key not in _copies:
            made = c.c_uint64()
            if _do("cuMemAlloc_v2", c.byref(made), array.nbytes, allowed=_OUT_OF_MEMORY):
                return None
            _do("cuMemcpyHtoD_v2", made.value, array.ctypes.data, array.nbytes)
            _do("cuStreamSynchronize", None)  # the transfer returns once its last part is on the way
            _copies[key] = made.value
            weakref.finalize(array, _free, key).atexit = False  # the driver may be gone by then
        return _copies[key]


def _free(key: tuple[int, int]) -> None:
    address = _copies.pop(key)
    with _current(key[1]):
        _do("cuMemFree_v2", address)


@contextlib.contextmanager
def _device_of(stream: int) -> Iterator[int]:
    """Make the context of a stream the current one; give its address."""
    context = c.c_void_p()
    _do("cuStreamGetCtx", stream, c.byref(context))
    assert context.value is not None, "streams have a context"
    with _current(context.value):
        yield context.value


@contextlib.contextmanager
def _current(context: int) -> Iterator[None]:
    _do("cuCtxPushCurrent_v2", context)
    try:
        yield
    finally:
        _do("cuCtxPopCurrent_v2", c.byref(c.c_void_p()))


_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "cuStreamGetCtx": (c.c_void_p, c.c_void_p),
    "cuCtxPushCurrent_v2": (c.c_void_p,),
    "cuCtxPopCurrent_v2": (c.c_void_p,),
    "cuMemAlloc_v2": (c.c_void_p, c.c_size_t),
    "cuMemFree_v2": (c.c_uint64,),
    "cuStreamSynchronize": (c.c_void_p,),
    "cuMemcpyHtoD_v2": (c.c_uint64, c.c_void_p, c.c_size_t),
    "cuMemcpyHtoDAsync_v2": (c.c_uint64, c.c_void_p, c.c_size_t, c.c_void_p),
    "cuMemcpyDtoDAsync_v2": (c.c_uint64, c.c_uint64, c.c_size_t, c.c_void_p),
}


@functools.cache
def _driver() -> Any:
    """The driver, whose calls let other threads of Python run."""
    driver = c.CDLL(_DRIVER)
    for name, arguments in _ARGUMENTS.items():
        function = getattr(driver, name)
        function.argtypes, function.restype = arguments, c.c_int
    return driver


def _do(name: str, *arguments: Any, allowed: int = 0) -> int:
    status: int = getattr(_driver(), name)(*arguments)
    if status not in (0, allowed):
        raise BackendError(
            "the GPU does not take an index map",
            expected=f"{name} of CUDA's driver to succeed",
            got=f"status {status}",
            fix="look whether an earlier program failed on this device; then start anew",
        )
    return status
