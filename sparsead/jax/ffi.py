"""A foreign function of XLA written in Python: the call frame of XLA's C interface, declared with ctypes.

The handler reports version 0.1 of the interface, whose structures are a prefix
of all later ones; it runs unchanged on JAX 0.5 to 0.10. It is registered when
first used, since a handler that a runtime refuses would keep the whole CPU
backend from starting.
"""

from __future__ import annotations

import ctypes as c
import threading
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

_TARGET = "sparsead_kernel"
_EXECUTE = 3
_INVALID_ARGUMENT = 3
_DTYPES: dict[int, type[np.inexact[Any]]] = {11: np.float32, 12: np.float64, 15: np.complex64, 18: np.complex128}


class _Version(c.Structure):
    _fields_ = (("size", c.c_size_t), ("extension", c.c_void_p), ("major", c.c_int), ("minor", c.c_int))


class _Metadata(c.Structure):
    _fields_ = (("size", c.c_size_t), ("version", _Version), ("traits", c.c_uint32))


class _Extension(c.Structure):
    _fields_ = (("size", c.c_size_t), ("type", c.c_int), ("next", c.c_void_p), ("metadata", c.POINTER(_Metadata)))


class _Buffer(c.Structure):
    _fields_ = (
        ("size", c.c_size_t),
        ("extension", c.c_void_p),
        ("dtype", c.c_int),
        ("data", c.c_void_p),
        ("rank", c.c_int64),
        ("dims", c.POINTER(c.c_int64)),
    )


class _Buffers(c.Structure):
    _fields_ = (
        ("struct_size", c.c_size_t),
        ("extension", c.c_void_p),
        ("size", c.c_int64),
        ("types", c.c_void_p),
        ("items", c.POINTER(c.POINTER(_Buffer))),
    )


class _Attributes(c.Structure):
    _fields_ = (
        ("struct_size", c.c_size_t),
        ("extension", c.c_void_p),
        ("size", c.c_int64),
        ("types", c.c_void_p),
        ("names", c.c_void_p),
        ("items", c.POINTER(c.c_void_p)),
    )


class _ErrorArguments(c.Structure):
    _fields_ = (("size", c.c_size_t), ("extension", c.c_void_p), ("message", c.c_char_p), ("code", c.c_int))


class _Scalar(c.Structure):
    _fields_ = (("dtype", c.c_int), ("value", c.POINTER(c.c_int64)))


_CreateError = c.CFUNCTYPE(c.c_void_p, c.POINTER(_ErrorArguments))


class _Api(c.Structure):
    _fields_ = (
        ("size", c.c_size_t),
        ("extension", c.c_void_p),
        ("version", _Version),
        ("internal", c.c_void_p),
        ("create_error", _CreateError),
    )


class _CallFrame(c.Structure):
    _fields_ = (
        ("size", c.c_size_t),
        ("extension", c.POINTER(_Extension)),
        ("api", c.POINTER(_Api)),
        ("context", c.c_void_p),
        ("stage", c.c_int),
        ("args", _Buffers),
        ("rets", _Buffers),
        ("attributes", _Attributes),
    )


_registered = threading.Lock()
_kernels: list[Callable[..., None]] = []
_number_of: dict[Any, int] = {}
_handler: Any = None


def call(fill: Callable[..., None], key: Any, out: jax.ShapeDtypeStruct, *args: Any) -> Any:
    """Return ``fill(out, *args)`` as a traced array.

    Parameters
    ----------
    fill : callable
        Host function that fills its first argument.
    key : hashable
        Identifies `fill`; the program refers to it by a number.
    out : ShapeDtypeStruct
        Shape and type of the result.
    *args : traced array
        Inputs.
    """
    _register_once()
    with _registered:
        if key not in _number_of:
            _number_of[key] = len(_kernels)
            _kernels.append(fill)
    return jax.ffi.ffi_call(_TARGET, out)(*args, kernel=np.int64(_number_of[key]))


def _register_once() -> None:
    global _handler
    with _registered:
        if _handler is not None:
            return
        jax.devices()  # the backend must run before it can be asked whether it takes the handler
        handler = c.CFUNCTYPE(c.c_void_p, c.POINTER(_CallFrame))(_handle)
        capsule = jax.ffi.pycapsule(c.cast(handler, c.c_void_p).value)
        jax.ffi.register_ffi_target(_TARGET, capsule, platform="cpu")
        _handler = handler


def _handle(pointer: Any) -> int | None:
    frame = pointer.contents
    if frame.extension:  # the runtime asks for the version
        version = frame.extension.contents.metadata.contents.version
        version.major, version.minor = 0, 1
        frame.extension.contents.metadata.contents.traits = 0
        return None
    if frame.stage != _EXECUTE:
        return None
    try:
        number = c.cast(frame.attributes.items[0], c.POINTER(_Scalar)).contents.value.contents.value
        args = [_array(frame.args.items[i].contents) for i in range(frame.args.size)]
        _kernels[number](_array(frame.rets.items[0].contents), *args)
    except BaseException as error:  # nothing may pass through the C frame; XLA raises it again
        text = f"{type(error).__name__}: {error}".encode()
        arguments = _ErrorArguments(28, None, text, _INVALID_ARGUMENT)
        return frame.api.contents.create_error(c.byref(arguments))
    return None


def _array(buffer: _Buffer) -> np.ndarray[Any, Any]:
    dtype: np.dtype[Any] = np.dtype(_DTYPES[buffer.dtype])
    shape = tuple(buffer.dims[: buffer.rank])
    nbytes = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer(memoryview((c.c_char * nbytes).from_address(buffer.data)), dtype).reshape(shape)
