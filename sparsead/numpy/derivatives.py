"""vjp and jvp of functions made of this package's operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sparsead.arrays.sparse_array import SparseArray
from sparsead.checks import numbers
from sparsead.errors import DtypeError, NoDerivativeError, ShapeError
from sparsead.numpy import elementwise
from sparsead.numpy.trace import Trace, Tracer, pull_back


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return ``f(*primals)`` and its pullback.

    Parameters
    ----------
    f : callable
        A function made of operations of `sparsead.numpy` and arithmetic; returns an array or a `SparseArray`.
    *primals : array or SparseArray
        Where to evaluate. A `SparseArray` is differentiated in its stored values.

    Returns
    -------
    out : array or SparseArray
        The value.
    pullback : callable
        Maps a cotangent like `out` to the tuple of cotangents like `primals`: transposes, never conjugated.
        A cotangent of a `SparseArray` is one too, on the same pattern. May be called many times.

    Raises
    ------
    NoDerivativeError
        If `f` applies NumPy functions to what it is given: use `sparsead.autograd` then.
    ShapeError
        If a cotangent has not the shape of `out`.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A, b = 2.0 * sp.eye(3), np.array([2.0, 4.0, 6.0])
    >>> x, pullback = sp.vjp(sp.solve, A, b)
    >>> A_bar, b_bar = pullback(np.array([1.0, 0.0, 0.0]))
    >>> b_bar, A_bar.diagonal() + 0.0
    (array([0.5, 0. , 0. ]), array([-0.5,  0. ,  0. ]))
    """
    trace = Trace(forward=False)
    wrapped = [_wrap(primal, Tracer(_values(primal), trace)) for primal in primals]
    out = f(*wrapped)

    def pullback(out_bar: Any) -> tuple[Any, ...]:
        seed = _seed(out, out_bar)
        result = _values(out)
        bars = pull_back(result, seed) if isinstance(result, Tracer) and result.trace is trace else {}
        return tuple(_cotangent(primal, _values(w), bars) for primal, w in zip(primals, wrapped, strict=True))

    return _unwrap(out, trace), pullback


def jvp(f: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return ``f(*primals)`` and its tangent.

    Parameters
    ----------
    f : callable
        A function made of operations of `sparsead.numpy` and arithmetic.
    primals : tuple of array or SparseArray
        Where to evaluate.
    tangents : tuple
        One for each primal, of its shape (a `SparseArray` on the same pattern, or its values); None for zero.

    Returns
    -------
    out : array or SparseArray
        The value.
    d_out : array or SparseArray
        The tangent, like `out`.

    Raises
    ------
    NoDerivativeError
        If `f` applies NumPy functions to what it is given.
    ShapeError
        If a tangent has not the shape of its primal.

    Examples
    --------
    >>> import numpy as np, sparsead.numpy as sp
    >>> A, b = 2.0 * sp.eye(2), np.array([2.0, 4.0])
    >>> sp.jvp(sp.solve, (A, b), (None, np.array([1.0, 0.0])))
    (array([1., 2.]), array([0.5, 0. ]))
    """
    trace = Trace(forward=True)
    wrapped = []
    for primal, tangent in zip(primals, tangents, strict=True):
        values = _values(primal)
        direction = None if tangent is None else _matching(values, _seen_as(primal, tangent), "tangent")
        wrapped.append(_wrap(primal, values if direction is None else Tracer(values, trace, tangent=direction)))
    out = f(*wrapped)
    result = _values(out)
    if isinstance(result, Tracer) and result.trace is trace:
        return _unwrap(out, trace), _wrap(out, result.tangent)
    return out, _wrap(out, np.zeros(np.shape(result), result.dtype))


def _values(x: Any) -> Any:
    if isinstance(x, SparseArray):
        return x.values
    return x if isinstance(x, Tracer) else numbers("an argument or result", x)


def _wrap(like: Any, values: Any) -> Any:
    """Return the values as an array, or as a matrix like the one given."""
    return like._with_values(values) if isinstance(like, SparseArray) else values


def _unwrap(out: Any, trace: Trace) -> Any:
    values = _values(out)
    return _wrap(out, values.value if isinstance(values, Tracer) and values.trace is trace else values)


def _seed(out: Any, out_bar: Any) -> Any:
    if isinstance(out, SparseArray) and not isinstance(out_bar, SparseArray):
        raise NoDerivativeError(
            "cotangent of a sparse matrix must be one",
            expected=f"a SparseArray like {out!r}",
            got=f"{type(out_bar).__name__}",
            fix="make it with the same triplets(...) or constructor",
        )
    return _matching(_values(out), _seen_as(out, out_bar), "cotangent")


def _seen_as(like: Any, other: Any) -> Any:
    """Return the values of `other` in the order and the view of the values of `like`."""
    if not (isinstance(like, SparseArray) and isinstance(other, SparseArray)):
        return _values(other)
    transposed = other._transposed != like._transposed
    stored = other._view(transposed=transposed, conjugated=other._conjugated != like._conjugated).plain()
    if stored._pattern is not like._pattern:
        raise ShapeError(
            "tangent or cotangent of a sparse matrix is on another pattern",
            expected=f"a matrix on {like.pattern}",
            got=f"one on {other.pattern}",
            fix="make both with the same triplets(...) or constructor",
        )
    return stored.values


def _matching(values: Any, other: Any, what: str) -> Any:
    if np.shape(values) != np.shape(other):
        raise ShapeError(
            f"{what} has the wrong shape",
            expected=f"shape {np.shape(values)}, that of what it belongs to",
            got=f"shape {np.shape(other)}",
            fix=f"pass a {what} of that shape",
        )
    if not np.can_cast(other.dtype, values.dtype, "same_kind"):
        raise DtypeError(
            f"{what} of a real array is complex",
            expected=f"type {values.dtype}, that of what it belongs to",
            got=f"type {other.dtype}",
            fix=f"pass a real {what}, or make what it belongs to complex",
        )
    return elementwise.astype(other, values.dtype)


def _cotangent(primal: Any, tracer: Any, bars: dict[int, Any]) -> Any:
    values = _values(primal)
    bar = bars.get(id(tracer))
    return _wrap(primal, np.zeros(np.shape(values), values.dtype) if bar is None else bar)
