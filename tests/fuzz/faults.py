"""Faults put into a fuzz case; each function changes the case and returns the errors that may answer it.

A function returns nothing where the fault cannot be put into that case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Errors = tuple[str, ...]
SOLVES = ("solve", "vjp", "jvp", "norm", "factorize")
NEEDS_B = (*SOLVES, "matmul")


def _plain(x: Any) -> Any:
    return np.array(x, np.float64 if isinstance(x, list) and not np.iscomplexobj(np.asarray(x)) else None)


def _index_fault(rng: Any, case: Any, change: Callable[[Any], Any]) -> Errors:
    name = str(rng.choice(["rows", "cols"]))
    indices = np.array(case.exact[name]).astype(np.int64)
    if not indices.size:
        return ()
    setattr(case, name, change(indices))
    return ("PatternError",)


def index_beyond(rng: Any, case: Any) -> Errors:
    """An index as large as the extent, or much larger."""
    beyond = int(rng.choice([0, 1, 1000, 2**31, 2**62]))
    return _index_fault(rng, case, lambda i: np.where(np.arange(len(i)) == len(i) // 2, case.n + beyond, i))


def index_negative(rng: Any, case: Any) -> Errors:
    """A negative index, which would wrap."""
    return _index_fault(rng, case, lambda i: np.where(np.arange(len(i)) == len(i) // 2, -1, i))


def index_fractional(rng: Any, case: Any) -> Errors:
    """Indices of floating type, one of them no whole number."""
    return _index_fault(rng, case, lambda i: i + np.where(np.arange(len(i)) == 0, rng.choice([0.5, np.nan, np.inf]), 0))


def index_object(rng: Any, case: Any) -> Errors:
    """Indices as objects, texts or truth values."""
    kind = str(rng.choice(["object", "str", "bool", "huge", "complex", "nested"]))
    changes: dict[str, Callable[[Any], Any]] = {
        "object": lambda i: np.array([*i[:-1], None], object),
        "str": lambda i: i.astype(str),
        "bool": lambda i: i.astype(bool),
        "huge": lambda i: [*i[:-1].tolist(), 2**70],
        "complex": lambda i: i.astype(complex),
        "nested": lambda i: i[:, None],
    }
    return _index_fault(rng, case, changes[kind])


def rows_too_many(rng: Any, case: Any) -> Errors:
    """More rows than columns."""
    if case.n == 0:
        return ()
    case.rows = np.append(np.array(case.exact["rows"]), 0)
    return ("PatternError",)


def values_wrong_length(rng: Any, case: Any) -> Errors:
    """More or fewer values than triplets, or the wrong number of axes."""
    values = np.array(case.exact["values"])
    if values.size < 2:
        return ()
    case.values = [values[:-1], np.append(values, 1), values[:, None], values[0]][rng.integers(4)]
    return ("ShapeError",)


def value_not_finite(rng: Any, case: Any) -> Errors:
    """NaN or infinity among the values of a matrix that is solved with."""
    values = np.array(case.exact["values"])
    if not values.size or case.operation not in SOLVES or case.b is None or np.size(case.b) == 0:
        return ()
    values[rng.integers(values.size)] = rng.choice([np.nan, np.inf, -np.inf])
    case.values = values
    return (
        ("NonFiniteError", "SingularMatrixError")
        if case.family in ("zero_column", "any_sparse", "integers", "saddle")
        else ("NonFiniteError",)
    )


def values_no_numbers(rng: Any, case: Any) -> Errors:
    """Texts, objects, dates or too many digits as values."""
    length = len(np.asarray(case.exact["values"]))
    if not length:
        return ()
    case.values = _no_numbers(rng, (length,))
    return ("DtypeError",)


def b_not_finite(rng: Any, case: Any) -> Errors:
    """NaN or infinity in the right-hand side."""
    b = np.array(case.exact["b"])
    if case.operation not in SOLVES or not b.size or b.dtype.kind not in "fc":
        return ()
    b[tuple(rng.integers(extent) for extent in b.shape)] = rng.choice([np.nan, np.inf, -np.inf])
    case.b = b
    return ("NonFiniteError",)


def b_wrong_shape(rng: Any, case: Any) -> Errors:
    """Too long, too short, too many axes, none."""
    b = np.array(case.exact["b"])
    if case.operation not in NEEDS_B or b.ndim == 0:
        return ()
    longer = np.concatenate([b, np.ones((3, *b.shape[1:]), b.dtype)])
    shapes = [longer, b[None, None], b.reshape(*b.shape, 1, 1), np.float64(1.0)]
    if len(b):
        shapes.append(b[:-1])
    case.b = shapes[rng.integers(len(shapes))]
    return ("ShapeError",)


def b_no_numbers(rng: Any, case: Any) -> Errors:
    """Texts, objects, dates, records, nested lists or too many digits as right-hand side."""
    if case.operation not in NEEDS_B or case.n == 0:
        return ()
    case.b = _no_numbers(rng, (case.n,))
    return ("DtypeError",)


def _no_numbers(rng: Any, shape: tuple[int, ...]) -> Any:
    ragged = [[1.0]] * shape[0] if shape[0] < 2 else [[1.0], [1.0, 2.0], *[[1.0]] * (shape[0] - 2)]
    choices = [
        np.full(shape, "1.0"),
        np.full(shape, None, object),
        np.ones(shape, object),
        np.zeros(shape, "M8[s]"),
        np.zeros(shape, "m8[s]"),
        np.zeros(shape, [("real", float)]),
        np.ones(shape, np.clongdouble),
        b"bytes",
        {"a": 1.0},
        ragged if shape[0] > 1 else None,
        None,
    ]
    return choices[rng.integers(len(choices))]


def shape_wrong(rng: Any, case: Any) -> Errors:
    """No shape at all, or one that no memory can hold."""
    choices = [
        (-1, case.n), (case.n,), (case.n, case.n, 1), None, case.n, "ab", (1.5, 2), (np.nan, 2), (np.inf, 2),
        (2**63, 2**63), (2**64, 1), (10**14, 10**14), (2**70, 2**70), (None, 2), (1j, 2),
    ]  # fmt: skip
    case.shape = choices[rng.integers(len(choices))]
    return ("ShapeError", "PatternError", "StructureError")


def not_square(rng: Any, case: Any) -> Errors:
    """A solve with a rectangular matrix."""
    if case.operation not in SOLVES:
        return ()
    case.shape = (case.n + int(rng.integers(1, 5)), case.n)
    return ("ShapeError", "StructureError")


def option_unknown(rng: Any, case: Any) -> Errors:
    """An option that there is not."""
    if case.operation not in ("solve", "vjp"):
        return ()
    name, *choices = [
        ("trans", "n", "X", None, 0, [], 1.5),
        ("backend", "mumps", "", 3, [], "superlu "),
        ("on_singular", "ignore", None, True, []),
        ("precision", "half", None, 64, []),
    ][rng.integers(4)]
    setattr(case, name, choices[rng.integers(len(choices))])
    return ("ShapeError", "BackendError")


def declaration_no_truth(rng: Any, case: Any) -> Errors:
    """A declaration that is neither true nor false, or two that exclude each other."""
    choices = [
        {"symmetric": "yes"}, {"positive_definite": np.ones(3)}, {"hermitian": None}, {"triangular": "left"},
        {"triangular": True}, {"triangular": "lower", "symmetric": True},
    ]  # fmt: skip
    case.declared = choices[rng.integers(len(choices))]
    return ("StructureError",)


FAULTS: dict[str, Callable[[Any, Any], Errors]] = {
    fault.__name__: fault
    for fault in (
        index_beyond, index_negative, index_fractional, index_object, rows_too_many, values_wrong_length,
        value_not_finite, values_no_numbers, b_not_finite, b_wrong_shape, b_no_numbers, shape_wrong, not_square,
        option_unknown, declaration_no_truth,
    )
}  # fmt: skip
