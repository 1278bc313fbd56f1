"""How a compiled JAX program calls a host kernel: three transports behind one function.

``buffer``  `jax.experimental.buffer_callback`: about 11 us, no copies. The default.
``ffi``     a foreign function of XLA made with ctypes: as quick, and gives the persistent
            compilation cache and `jax.export`.
``pure``    `jax.pure_callback`: 75 us and three copies, and it hangs on large arrays with
            few cores (https://github.com/jax-ml/jax/issues/24255). The last resort.
"""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import jax
import numpy as np
from jax.experimental.buffer_callback import buffer_callback

from sparsead import kernels
from sparsead.errors import BackendError, SparseADError
from sparsead.jax import ffi
from sparsead.jax.at_exit import wait_at_exit
from sparsead.jax.pages import prefer_huge_pages
from sparsead.jax.raised import remember

Transport = Literal["buffer", "ffi", "pure"]

_chosen: Transport = "buffer"


@contextmanager
def transport(name: Transport) -> Iterator[None]:
    """Compile programs with this transport inside a ``with`` block.

    The transport is fixed when a program is compiled; programs compiled before keep theirs.

    Parameters
    ----------
    name : {"buffer", "ffi", "pure"}
        "buffer", the default, shares the program's memory; "ffi" does too, and lets JAX keep the compiled program
        on disk and export it; "pure" copies, and can hang on large arrays.

    Returns
    -------
    context manager
        Sets the transport on entry, the former one on exit.

    Warns
    -----
    UserWarning
        For "pure".

    Raises
    ------
    BackendError
        If there is no such transport.

    Examples
    --------
    >>> import jax, sparsead.jax as sp
    >>> with sp.transport("ffi"):
    ...     x = jax.jit(lambda b: sp.solve(2.0 * sp.eye(2), b))(jax.numpy.ones(2))
    >>> x.tolist()
    [0.5, 0.5]
    """
    global _chosen
    if name not in ("buffer", "ffi", "pure"):
        raise BackendError(
            "no such transport",
            expected='"buffer", "ffi" or "pure"',
            got=f"transport({name!r})",
            fix='use transport("buffer"), the default',
        )
    if name == "pure":
        warnings.warn("jax.pure_callback can hang on arrays above 8 MB (jax issue 24255)", stacklevel=3)
    before, _chosen = _chosen, name
    try:
        yield
    finally:
        _chosen = before


def call(name: str, static: dict[str, Any], out: jax.ShapeDtypeStruct, *args: Any, on_host: bool) -> Any:
    """Return the result of a host kernel as a traced array.

    Parameters
    ----------
    name : str
        Kernel.
    static : dict
        Its static arguments.
    out : ShapeDtypeStruct
        Shape and type of the result.
    *args : traced array
        Its arrays.
    on_host : bool
        Whether the program runs on the CPU, so that buffers can be shared.
    """
    wait_at_exit()
    key = (name, tuple(sorted(static.items(), key=lambda item: item[0])))
    if not on_host or _chosen == "pure":
        return jax.pure_callback(_returning(key), out, *args)
    if _chosen == "ffi":
        return ffi.call(_filling(key), key, out, *args)
    return buffer_callback(_on_buffers(key), out)(*args)


Key = tuple[str, tuple[tuple[str, Any], ...]]


def _with_notes(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel, whose errors have their notes in the text: XLA passes on nothing else."""

    def run(*args: Any, **static: Any) -> Any:
        try:
            return kernel(*args, **static)
        except SparseADError as error:
            error.args = ("\n  note:     ".join((str(error), *getattr(error, "__notes__", ()))),)
            remember(error)
            raise

    return run


def _while_used(make: Callable[[Key], Callable[..., Any]]) -> Callable[[Key], Callable[..., Any]]:
    """Decorate what makes a host function: one for each key, as long as a program that calls it lives.

    One, because XLA makes one call of two only where the function is the same: the adjoint solve of a compliance.
    """
    known: weakref.WeakValueDictionary[Key, Callable[..., Any]] = weakref.WeakValueDictionary()

    @functools.wraps(make)
    def of(key: Key) -> Callable[..., Any]:
        found = known.get(key)
        return known.setdefault(key, make(key)) if found is None else found

    return of


@_while_used
def _filling(key: Key) -> Callable[..., None]:
    """The kernel as a function that fills an output array."""
    name, static = key
    return functools.partial(_fill, _with_notes(getattr(kernels, name)), dict(static))


def _fill(kernel: Callable[..., Any], static: dict[str, Any], out: Any, *args: Any) -> None:
    for array in args:
        array.flags.writeable = False  # the program's own memory
    prefer_huge_pages(out)
    kernel(*args, **static, out=out)


@_while_used
def _on_buffers(key: Key) -> Callable[..., None]:
    fill = _filling(key)
    # np.asarray looks for three other protocols first: a microsecond for each array of a small problem
    return lambda context, out, *buffers: fill(out.__array__(), *(buffer.__array__() for buffer in buffers))


@_while_used
def _returning(key: Key) -> Callable[..., Any]:
    name, static = key
    kernel = functools.partial(_with_notes(getattr(kernels, name)), **dict(static))
    return lambda *args: kernel(*map(np.asarray, args))
