"""A fuzz case from a seed: a matrix, a way to write it down, an operation, and perhaps one fault."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sparsead.backends import installed
from tests.fuzz.faults import FAULTS
from tests.fuzz.matrices import FAMILIES, Triplets

SCALES = (1e-320, 1e-300, 1e-200, 1e-100, 1e-30, 1e30, 1e100, 1e200, 1e300)
OPERATIONS = (
    "solve", "solve", "solve", "solve", "solve", "vjp", "vjp", "jvp", "norm", "factorize", "matmul", "matmul",
    "add", "select", "scale", "dense", "lanes",
)  # fmt: skip
INDEX_TYPES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4", ">i8", "list")
MAKERS = ("coo", "coo", "triplets", "csc", "csr")
LAYOUTS = ("plain", "plain", "plain", "negative strides", "read-only", "every second", "byte order", "list", "Fortran")
FLAGS = ("symmetric", "hermitian", "positive_definite", "triangular")


@dataclass
class Case:
    """What is passed to the library, and the plain facts that the oracle judges with."""

    index: int
    front: str
    operation: str
    family: str
    n: int
    maker: str
    places: dict[str, Any]
    values: Any
    shape: Any
    b: Any
    k: int | None
    backend: Any
    view: str
    fault: str | None = None
    expected: tuple[str, ...] = ()
    place: str | None = None
    traces_places: bool = False
    trans: Any = "N"
    on_singular: Any = "raise"
    precision: Any = "double"
    declared: dict[str, Any] = field(default_factory=dict)
    limit: int | None = None
    exact: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return the facts of the case as what JSON can hold."""
        return {
            "case": self.index, "front": self.front, "operation": self.operation, "maker": self.maker,
            "family": self.family, "n": self.n, "k": None if self.k is None else int(self.k),
            "dtype": str(self.exact["values"].dtype), "backend": repr(self.backend), "view": self.view,
            "trans": repr(self.trans), "declared": repr(self.declared), "fault": self.fault, "limit": self.limit,
            "on_singular": repr(self.on_singular), "precision": repr(self.precision),
        }  # fmt: skip


def generate(seed: int, index: int, *, jitted: bool) -> Case:
    """Return case number `index`, always the same one for a seed.

    Parameters
    ----------
    seed : int
        Seed of the whole run.
    index : int
        Number of the case.
    jitted : bool
        Whether to run it compiled by JAX.
    """
    rng = np.random.default_rng([seed, index])
    family = str(rng.choice(list(FAMILIES)))
    n = int(rng.choice([0, 1, 2, 3, 5, 8, 12, 60], p=[0.03, 0.05, 0.12, 0.2, 0.25, 0.2, 0.1, 0.05]))
    maker = str(rng.choice(MAKERS))
    triplets = _compressible(maker, FAMILIES[family](rng, n))
    values = _scaled(rng, triplets.values)
    k = rng.choice([None, 0, 1, 2, 3], p=[0.5, 0.04, 0.16, 0.2, 0.1])
    b = _right_hand_side(rng, n, k, np.iscomplexobj(values))
    values, b = _in_types(rng, values, b)
    case = Case(
        index=index,
        front="jit" if jitted else str(rng.choice(["numpy", "jax"], p=[0.85, 0.15])),
        operation=str(rng.choice(OPERATIONS)),
        family=family,
        n=n,
        maker=maker,
        places=_places(maker, triplets),
        values=values,
        shape=(n, n),
        b=b,
        k=k,
        backend=rng.choice([None, *installed()]),
        view=str(rng.choice(["", ".T", ".H", ".conj()"], p=[0.7, 0.1, 0.1, 0.1])),
        trans=str(rng.choice(["N", "T", "H"], p=[0.6, 0.2, 0.2])),
        on_singular=str(rng.choice(["raise", "nan"], p=[0.85, 0.15])),
        limit=0 if rng.random() < 0.05 else None,
    )
    if case.operation == ("lanes" if case.front == "numpy" else "factorize"):
        case.operation = "solve"
    if case.operation == "lanes":
        case.on_singular = "nan"
    if values.dtype.char in "fF" and rng.random() < 0.3:
        case.precision = "single"
    case.declared = _declared(rng, triplets, values)
    case.exact = {"rows": triplets.rows, "cols": triplets.cols, "values": values, "b": b}
    case.exact["direction"] = rng.normal(size=values.shape)
    _write_down(rng, case)
    if rng.random() < 0.4:
        _add_fault(rng, case)
    return case


def _compressible(maker: str, triplets: Triplets) -> Triplets:
    """The triplets column by column for csc, row by row for csr, otherwise in their order."""
    if maker not in ("csc", "csr"):
        return triplets
    order = np.argsort(triplets.cols if maker == "csc" else triplets.rows, kind="stable")
    return Triplets(triplets.rows[order], triplets.cols[order], triplets.values[order], triplets.n)


def _places(maker: str, triplets: Triplets) -> dict[str, Any]:
    """The arguments that say where the values stand."""
    if maker not in ("csc", "csr"):
        return {"rows": triplets.rows, "cols": triplets.cols}
    indices, compressed = (triplets.rows, triplets.cols) if maker == "csc" else (triplets.cols, triplets.rows)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(compressed, minlength=triplets.n))])
    return {"indices": indices, "indptr": indptr.astype(np.int64)}


def _scaled(rng: Any, values: Any) -> Any:
    """The values in a unit that may be extreme."""
    if rng.random() > 0.25:
        return values
    with np.errstate(over="ignore"):
        scaled = values * rng.choice(SCALES)
    return scaled if np.isfinite(scaled).all() else values


def _right_hand_side(rng: Any, n: int, k: int | None, is_complex: bool) -> Any:
    shape = (n,) if k is None else (n, k)
    b = rng.normal(size=shape)
    if rng.random() < (0.7 if is_complex else 0.1):
        b = b + 1j * rng.normal(size=shape)
    if rng.random() < 0.2:
        b = b * rng.choice(SCALES)
    if rng.random() < 0.05:
        b = b * 0
    return b


def _in_types(rng: Any, values: Any, b: Any) -> tuple[Any, Any]:
    """Sometimes single precision, sometimes whole numbers, where the values allow it."""
    with np.errstate(over="ignore", under="ignore"):
        if rng.random() < 0.15:
            small = values.astype(np.complex64 if values.dtype.kind == "c" else np.float32)
            values = small if np.isfinite(small).all() and np.array_equal(small != 0, values != 0) else values
        if rng.random() < 0.1:
            small = b.astype(np.complex64 if b.dtype.kind == "c" else np.float32)
            b = small if np.isfinite(small).all() else b
    if rng.random() < 0.05 and b.dtype.kind == "f":
        b = np.clip(np.round(b), -9, 9).astype(rng.choice(["int8", "int64", "uint8", "bool"]), casting="unsafe")
    return values, b


def _declared(rng: Any, triplets: Any, values: Any) -> dict[str, Any]:
    """Nothing, what holds, or something at random."""
    choice = rng.random()
    if choice < 0.35:
        return {}
    if choice < 0.5:
        flag = str(rng.choice(FLAGS))
        return {flag: str(rng.choice(["lower", "upper"])) if flag == "triangular" else True}
    full = np.zeros((triplets.n, triplets.n), values.dtype)
    np.add.at(full, (triplets.rows, triplets.cols), values)
    stored = np.zeros(full.shape, bool)
    stored[triplets.rows, triplets.cols] = True
    if not np.array_equal(stored, stored.T):
        if not np.triu(stored, 1).any():
            return {"triangular": "lower"}
        return {} if np.tril(stored, -1).any() else {"triangular": "upper"}
    if np.array_equal(full, full.conj().T):
        definite = triplets.n > 0 and np.isfinite(full).all() and np.linalg.eigvalsh(full).min() > 0
        return {"positive_definite": True} if definite else {"hermitian": True}
    return {"symmetric": True} if np.array_equal(full, full.T) else {}


def _write_down(rng: Any, case: Case) -> None:
    """Pass the same numbers as other types, orders and layouts."""
    kind = str(rng.choice(INDEX_TYPES))
    for name, indices in case.places.items():
        fits = kind not in ("int8", "uint8") or indices.max(initial=0) < 127
        case.places[name] = indices.tolist() if kind == "list" else indices.astype(kind if fits else "int64")
    for name in ("values", "b"):
        setattr(case, name, _laid_out(str(rng.choice(LAYOUTS)), getattr(case, name)))


def _laid_out(layout: str, array: Any) -> Any:
    if layout == "negative strides":
        return array[::-1].copy()[::-1]
    if layout == "read-only":
        array = array.copy()
        array.flags.writeable = False
        return array
    if layout == "every second":
        return np.repeat(array, 2, axis=0)[::2]
    if layout == "byte order":
        return array.astype(array.dtype.newbyteorder(">"))
    if layout == "list" and array.dtype.char in "dD" and array.size:
        return array.tolist()
    return np.asfortranarray(array) if layout == "Fortran" else array


def _add_fault(rng: Any, case: Case) -> None:
    for name in rng.permutation(list(FAULTS)):
        expected = FAULTS[name](rng, case)
        if expected:
            case.fault, case.expected = str(name), expected
            return
