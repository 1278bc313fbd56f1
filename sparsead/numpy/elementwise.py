"""Elementwise operations with their rules: what matrices and solves need around the kernels.

Cotangents follow the convention of the kernels: transposes, never conjugated;
the cotangent of a real array is real.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sparsead.errors import NoDerivativeError
from sparsead.numpy.trace import Tracer, apply
from sparsead.rules import Rule


def _like(bar: Any, primal: Any) -> Any:
    """Bring a cotangent to the shape and kind of its primal: broadcast axes summed, real where the primal is."""
    shape = np.shape(primal)
    while np.ndim(bar) > len(shape):
        bar = sum_axis(bar, 0)
    for axis, extent in enumerate(shape):
        if extent == 1 and np.shape(bar)[axis] != 1:
            bar = reshape(sum_axis(bar, axis), (*np.shape(bar)[:axis], 1, *np.shape(bar)[axis + 1 :]))
    is_real = np.dtype(getattr(primal, "dtype", type(primal))).kind != "c"
    return real(bar) if is_real and np.dtype(bar.dtype).kind == "c" else bar


def _linear(name: str, function: Callable[..., Any], transpose: Callable[..., Any]) -> Rule:
    """Rule of a linear map of one array; ``transpose(out_bar, x, **static)``."""
    return Rule(
        name,
        primal=lambda kernels, x, **static: function(x, **static),
        jvp=lambda kernels, primals, out, tangents, **static: apply(RULES[name], tangents[0], **static),
        vjp=lambda kernels, primals, out, out_bar, wanted, **static: (transpose(out_bar, primals[0], **static),),
        linear=(True,),
    )


def _bar_of_slice(out_bar: Any, x: Any, index: Any) -> Any:
    return apply(RULES["place"], out_bar, shape=np.shape(x), index=index)


def _place(x: Any, shape: tuple[int, ...], index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    if all(map(_picks, parts)) and np.size(x) == math.prod(shape):
        return np.reshape(x, shape)  # axes of length one came or went
    out = np.zeros(shape, x.dtype)
    if all(_picks(part) or isinstance(part, slice) for part in parts):
        out[index] = x  # names no entry twice; ten times quicker than adding one by one
    else:
        np.add.at(out, index, x)
    return out


def _picks(part: Any) -> bool:
    """Whether a part of an index is a position, a new axis or the ellipsis."""
    return part is None or part is Ellipsis or (isinstance(part, (int, np.integer)) and not isinstance(part, bool))


def _astype(x: Any, dtype: Any) -> Any:
    with np.errstate(over="ignore", under="ignore"):  # overflow gives infinity without a word, as in the kernels
        return np.asarray(x).astype(dtype)


def _astype_bar(out_bar: Any, x: Any, dtype: Any) -> Any:
    return astype(_like(out_bar, x), np.dtype(x.dtype))


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        _linear("conj", np.conj, lambda bar, x: conj(bar)),
        _linear("real", np.real, lambda bar, x: astype(bar, np.dtype(x.dtype))),
        _linear("imag", np.imag, lambda bar, x: multiply(bar, -1j)),
        _linear("reshape", np.reshape, lambda bar, x, shape: reshape(bar, np.shape(x))),
        _linear("transpose", np.transpose, lambda bar, x: transpose(bar)),
        _linear("sum_axis", np.sum, lambda bar, x, axis: multiply(_spread(bar, x, axis), np.ones(np.shape(x), bool))),
        _linear("getitem", lambda x, index: x[index], _bar_of_slice),
        _linear("place", _place, lambda bar, x, shape, index: bar[index]),
        _linear("astype", _astype, _astype_bar),
        Rule(
            "add",
            lambda k, a, b: np.add(a, b),
            lambda k, p, out, d: _sum_like(d, out),
            lambda k, p, out, bar, wanted: (_like(bar, p[0]), _like(bar, p[1])),
            (True, True),
        ),
        Rule(
            "multiply",
            lambda k, a, b: np.multiply(a, b),
            lambda k, p, out, d: _product_tangent(p, d),
            lambda k, p, out, bar, wanted: (_like(bar * p[1], p[0]), _like(bar * p[0], p[1])),
            (True, True),
        ),
        Rule(
            "matmul",
            lambda k, a, b: np.matmul(a, b),
            lambda k, p, out, d: _sum_like(
                [None if t is None else _matmul_with(p, i, t) for i, t in enumerate(d)], out
            ),
            lambda k, p, out, bar, wanted: (
                _like(matmul(bar, transpose(p[1])), p[0]) if wanted[0] else None,
                _like(matmul(transpose(p[0]), bar), p[1]) if wanted[1] else None,
            ),
            (True, True),
        ),
        Rule(
            "power",
            lambda k, a, exponent: np.power(a, exponent),
            lambda k, p, out, d, exponent: d[0] * (exponent * p[0] ** (exponent - 1)),
            lambda k, p, out, bar, wanted, exponent: (bar * (exponent * p[0] ** (exponent - 1)),),
            (False,),
        ),
        Rule("exp", lambda k, a: np.exp(a), lambda k, p, y, d: d[0] * y, lambda k, p, y, bar, w: (bar * y,), (False,)),
        Rule(
            "concatenate",
            lambda k, *arrays, axis: np.concatenate(arrays, axis),
            lambda k, p, out, d, axis: concatenate(
                [np.zeros(np.shape(x), x.dtype) if t is None else t for x, t in zip(p, d, strict=True)], axis
            ),
            lambda k, p, out, bar, wanted, axis: _split(bar, p, axis),
            (True,),
        ),
    )
}


def _sum_like(tangents: Sequence[Any], out: Any) -> Any:
    total = tangents[0] if tangents[1] is None else tangents[1] if tangents[0] is None else add(*tangents)
    return total if np.shape(total) == np.shape(out) else multiply(total, np.ones(np.shape(out), bool))


def _matmul_with(primals: Sequence[Any], position: int, tangent: Any) -> Any:
    return matmul(tangent, primals[1]) if position == 0 else matmul(primals[0], tangent)


def _product_tangent(primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    terms = [tangent * other for tangent, other in zip(tangents, reversed(primals), strict=True) if tangent is not None]
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


def _spread(bar: Any, x: Any, axis: int | None) -> Any:
    if axis is None:
        return bar
    return reshape(bar, (*np.shape(x)[:axis], 1, *np.shape(x)[axis + 1 :]))


def _split(bar: Any, arrays: Sequence[Any], axis: int) -> tuple[Any, ...]:
    stops = np.cumsum([np.shape(array)[axis] for array in arrays]).tolist()
    slices = (slice(a, b) for a, b in zip([0, *stops[:-1]], stops, strict=True))
    return tuple(_like(bar[(slice(None),) * axis + (part,)], x) for part, x in zip(slices, arrays, strict=True))


def conj(x: Any) -> Any:
    """Complex conjugate; a real array is returned as it is."""
    return x if np.dtype(x.dtype).kind != "c" else apply(RULES["conj"], x)


def real(x: Any) -> Any:
    """Real part."""
    return x if np.dtype(x.dtype).kind != "c" else apply(RULES["real"], x)


def imag(x: Any) -> Any:
    """Imaginary part."""
    return apply(RULES["imag"], x)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """Array of another shape."""
    return apply(RULES["reshape"], x, shape=shape)


def transpose(x: Any) -> Any:
    """Array with its axes reversed."""
    return apply(RULES["transpose"], x)


def sum_axis(x: Any, axis: int | None = None) -> Any:
    """Sum over one axis, or over all."""
    return apply(RULES["sum_axis"], x, axis=axis)


def astype(x: Any, dtype: np.dtype[Any]) -> Any:
    """Array of another type."""
    return x if x.dtype == dtype else apply(RULES["astype"], x, dtype=dtype)


def exp(x: Any) -> Any:
    """Exponential."""
    return apply(RULES["exp"], x)


def add(a: Any, b: Any) -> Any:
    """Sum."""
    return apply(RULES["add"], a, b)


def multiply(a: Any, b: Any) -> Any:
    """Product, entry by entry."""
    return apply(RULES["multiply"], a, b)


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Arrays joined along an axis."""
    return apply(RULES["concatenate"], *arrays, axis=axis)


def matmul(a: Any, b: Any) -> Any:
    """Product of vectors and matrices, not conjugated.

    Raises
    ------
    NoDerivativeError
        If one is a number, or a stack of matrices.
    """
    if not {np.ndim(a), np.ndim(b)} <= {1, 2}:
        raise NoDerivativeError(
            "no rule for the product of stacks of matrices",
            expected="vectors and matrices",
            got=f"arrays of shapes {np.shape(a)} and {np.shape(b)}",
            fix="write the product as a sum, or use sparsead.autograd or sparsead.jax",
        )
    left = reshape(a, (1, *np.shape(a))) if np.ndim(a) == 1 else a
    right = reshape(b, (*np.shape(b), 1)) if np.ndim(b) == 1 else b
    shape = (*np.shape(a)[:-1], *np.shape(b)[1:])
    return reshape(apply(RULES["matmul"], left, right), shape)


def _power(a: Any, exponent: Any) -> Any:
    """Power with a constant exponent; a traced one has no rule here."""
    return exponent.__array__() if isinstance(exponent, Tracer) else apply(RULES["power"], a, exponent=exponent)


_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: add,
    np.multiply: multiply,
    np.subtract: lambda a, b: add(a, multiply(b, -1.0)),
    np.divide: lambda a, b: multiply(a, b**-1.0),
    np.negative: lambda a: multiply(a, -1.0),
    np.conjugate: conj,
    np.square: lambda a: multiply(a, a),
    np.sqrt: lambda a: a**0.5,
    np.power: _power,
    np.matmul: matmul,
}


def _ufunc(tracer: Tracer, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Differentiate the few NumPy functions that have a rule here; refuse the others by name."""
    if method != "__call__" or kwargs or ufunc not in _UFUNCS:
        return tracer.__array__()
    return _UFUNCS[ufunc](*inputs)


def _leaving_matrices(operator: Callable[..., Any]) -> Callable[..., Any]:
    """Return the operator, which leaves a sparse matrix on the other side to answer: it knows what to do."""

    def operate(tracer: Any, *others: Any, **settings: Any) -> Any:
        if any(getattr(other, "__array_ufunc__", tracer) is None for other in others):
            return NotImplemented
        return operator(tracer, *others, **settings)

    return operate


def _install_operators() -> None:
    """Give tracers the operators; here, because their rules are."""
    operators: dict[str, Callable[..., Any]] = {
        "__add__": add,
        "__radd__": add,
        "__mul__": multiply,
        "__rmul__": multiply,
        "__sub__": lambda a, b: add(a, multiply(b, -1.0)),
        "__rsub__": lambda a, b: add(b, multiply(a, -1.0)),
        "__neg__": lambda a: multiply(a, -1.0),
        "__pow__": _power,
        "__truediv__": lambda a, b: multiply(a, b**-1.0),
        "__rtruediv__": lambda a, b: multiply(b, a**-1.0),
        "__matmul__": matmul,
        "__rmatmul__": lambda a, b: matmul(b, a),
        "__getitem__": lambda a, index: apply(RULES["getitem"], a, index=index),
        "__array_ufunc__": _ufunc,
        "sum": sum_axis,
        "conj": conj,
        "reshape": lambda a, *shape: reshape(a, shape[0] if isinstance(shape[0], tuple) else shape),
    }
    for name, operator in operators.items():
        setattr(Tracer, name, _leaving_matrices(operator) if name.startswith("__") else operator)
    for name, view in {"T": transpose, "real": real, "imag": imag}.items():
        setattr(Tracer, name, property(view))


_install_operators()
