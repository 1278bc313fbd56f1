"""Faults put into a fuzz case; each function changes the case and returns the errors that may answer it.

A function returns nothing where the fault cannot be put into that case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Errors = tuple[str, ...]
SOLVES = ("solve", "vjp", "jvp", "norm", "factorize")
NEEDS_B = (*SOLVES, "matmul", "lanes")


def _plain(x: Any) -> Any:
    return np.array(x, np.float64 if isinstance(x, list) and not np.iscomplexobj(np.asarray(x)) else None)


def _index_fault(rng: Any, case: Any, change: Callable[[Any], Any], at: Callable[[str, Any], str]) -> Errors:
    """Change the indices of one axis; `at` gives the place that the error must name, for the name and the indices."""
    name = str(rng.choice([name for name in case.places if name != "indptr"]))
    indices = np.array(case.places[name]).astype(np.int64)
    if not indices.size:
        return ()
    case.places[name] = change(indices)
    case.place = at(name, indices)
    return ("PatternError",)


def _put(indices: Any, at: int, index: Any) -> Any:
    """The indices with another one at a place."""
    return np.where(np.arange(len(indices)) == at, index, indices)


def index_beyond(rng: Any, case: Any) -> Errors:
    """An index as large as the extent, or much larger."""
    beyond = case.n + int(rng.choice([0, 1, 1000, 2**31, 2**62]))
    return _index_fault(
        rng, case, lambda i: _put(i, len(i) // 2, beyond), lambda name, i: rf"{name}\[{len(i) // 2}\] = {beyond}\b"
    )


def index_negative(rng: Any, case: Any) -> Errors:
    """A negative index, which would wrap."""
    return _index_fault(
        rng, case, lambda i: _put(i, len(i) // 2, -1), lambda name, i: rf"{name}\[{len(i) // 2}\] = -1\b"
    )


def index_fractional(rng: Any, case: Any) -> Errors:
    """Indices of floating type, one of them no whole number."""
    off = rng.choice([0.5, np.nan, np.inf])
    return _index_fault(
        rng, case, lambda i: i + _put(np.zeros(len(i)), len(i) - 1, off), lambda name, i: rf"{name}\[{len(i) - 1}\] = "
    )


def index_object(rng: Any, case: Any) -> Errors:
    """Indices as objects, texts or truth values."""
    changes: dict[str, tuple[Callable[[Any], Any], Callable[[str, Any], str]]] = {
        "object": (lambda i: np.array([*i[:-1], None], object), lambda name, i: rf"{name}\[{len(i) - 1}\] = None"),
        "str": (lambda i: i.astype(str), lambda name, i: rf"{name}\[0\] = "),
        "bool": (lambda i: i.astype(bool), lambda name, i: rf"{name}\[0\] = (True|False)"),
        "huge": (lambda i: [*i[:-1].tolist(), 2**70], lambda name, i: rf"{name}\[{len(i) - 1}\] = {2**70}"),
        "complex": (lambda i: i.astype(complex), lambda name, i: rf"{name}\[0\] = "),
        "nested": (lambda i: i[:, None], lambda name, i: rf"shape \({len(i)}, 1\)"),
    }
    return _index_fault(rng, case, *changes[str(rng.choice(list(changes)))])


def index_traced(rng: Any, case: Any) -> Errors:
    """Indices that a compilation traces."""
    if case.front != "jit" or not case.exact["values"].size:
        return ()
    case.traces_places, case.place = True, "traced"
    return ("NoDerivativeError",)


def rows_too_many(rng: Any, case: Any) -> Errors:
    """More rows than columns."""
    if case.n == 0 or "rows" not in case.places:
        return ()
    rows = np.array(case.places["rows"]).astype(np.int64)
    case.places["rows"], case.place = np.append(rows, 0), rf"len\(rows\) = {len(rows) + 1}, len\(cols\) = {len(rows)}"
    return ("PatternError",)


def indptr_broken(rng: Any, case: Any) -> Errors:
    """Pointers that are too few, too many, falling, negative, beyond the end, or no integers."""
    if "indptr" not in case.places:
        return ()
    pointers = np.array(case.places["indptr"]).astype(np.int64)
    last, middle = len(pointers) - 1, len(pointers) // 2
    changes = [
        (pointers[:-1], rf"len\(indptr\) = {last}"),
        (np.append(pointers, pointers[-1]), rf"len\(indptr\) = {last + 2}"),
        (_put(pointers, last, pointers[-1] + 1), rf"indptr\[{last}\] = {pointers[-1] + 1}"),
        (_put(pointers, middle, 2**62), rf"indptr\[{middle}\] = {2**62}"),
        (_put(pointers, 0, -1), r"indptr\[0\] = -1"),
        (pointers + 0.5, r"indptr\[0\] = 0.5"),
        (pointers[:, None], rf"shape \({last + 1}, 1\)"),
        (np.where(pointers > 0, pointers, 1), r"indptr\[0\] = 1" if pointers[-1] else r"indptr\[\d+\] = 1"),
    ]
    if case.n > 2 and pointers[-1] > pointers[2]:
        changes.append((_put(pointers, 1, pointers[-1]), r"indptr\[\d+\] = \d+ < indptr\[\d+\] = \d+"))
    case.places["indptr"], case.place = changes[rng.integers(len(changes))]
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
    at = rng.integers(values.size)
    values[at] = rng.choice([np.nan, np.inf, -np.inf])
    case.values, case.place = values, rf"A\[{case.exact['rows'][at]}, {case.exact['cols'][at]}\] = "
    return (
        ("NonFiniteError", "SingularMatrixError")
        if case.family in ("zero_column", "any_sparse", "integers", "saddle", "zero_row", "dependent")
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
    row, *column = (rng.integers(extent) for extent in b.shape)
    b[row, *column] = rng.choice([np.nan, np.inf, -np.inf])
    named = f"{row}" + "".join(f", {k}" for k in column)
    case.b, case.place = b, rf"b\[({named}|{row})\]" if b.shape[1:] == (1,) else rf"b\[{named}\]"
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
    return ("ShapeError", "StructureError", "PatternError")


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


def mirror_changed(rng: Any, case: Any) -> Errors:
    """One of a pair of entries that the declaration says are alike."""
    exact, declared = case.exact, case.declared
    pairs = np.flatnonzero((exact["rows"] != exact["cols"]) & (exact["values"] != 0))
    if case.operation not in SOLVES or not {"symmetric", "hermitian", "positive_definite"} & set(declared):
        return ()
    if not pairs.size or np.size(case.b) == 0 or case.exact["values"].dtype.char in "fF":
        return ()
    values = np.array(exact["values"])
    values[rng.choice(pairs)] *= 1 + 10.0 ** rng.integers(-6, 3)
    if not np.isfinite(values).all():
        return ()
    case.values, exact["values"] = values, values
    return ("StructureError",)


FAULTS: dict[str, Callable[[Any, Any], Errors]] = {
    fault.__name__: fault
    for fault in (
        index_beyond, index_negative, index_fractional, index_object, index_traced, rows_too_many, indptr_broken,
        values_wrong_length, value_not_finite, values_no_numbers, b_not_finite, b_wrong_shape, b_no_numbers,
        shape_wrong, not_square, option_unknown, declaration_no_truth, mirror_changed,
    )
}  # fmt: skip
