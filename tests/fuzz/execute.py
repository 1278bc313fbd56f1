"""Run a fuzz case against the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import sparsead
import sparsead.jax
import sparsead.numpy
from tests.fuzz.generate import Case

jax.config.update("jax_enable_x64", True)

FRONTS = {"numpy": sparsead.numpy, "jax": sparsead.jax, "jit": sparsead.jax}


@dataclass
class Outcome:
    """What came back: named results, or the exception."""

    results: dict[str, Any] | None = None
    error: BaseException | None = None


def execute(case: Case) -> Outcome:
    """Return what the library makes of the case; whatever it raises is caught."""
    sparsead.factor_cache.limit(case.limit)
    try:
        return Outcome(results={name: np.asarray(x) for name, x in _OPERATIONS[case.operation](case).items()})
    except Exception as error:
        return Outcome(error=error)
    finally:
        sparsead.factor_cache.limit(None)


def _matrix(case: Case, values: Any) -> Any:
    front, places = FRONTS[case.front], case.places
    if case.traces_places:
        places = {name: jnp.asarray(np.asarray(indices).astype(int)) + 0 for name, indices in places.items()}
    if case.maker == "triplets":
        matrix = front.triplets(**places, shape=case.shape, **case.declared)(values)
    else:
        matrix = getattr(front, case.maker)(values=values, **places, shape=case.shape, **case.declared)
    return matrix.conj() if case.view == ".conj()" else getattr(matrix, case.view[1:]) if case.view else matrix


def _options(case: Case) -> dict[str, Any]:
    return {
        "trans": case.trans, "backend": case.backend, "on_singular": case.on_singular, "precision": case.precision,
    }  # fmt: skip


def _run(case: Case, function: Callable[..., dict[str, Any]], *arrays: Any) -> dict[str, Any]:
    """Call with the arrays; compiled where the case says so: what JAX cannot trace is closed over."""
    if case.front != "jit":
        return function(*arrays)
    traced = [i for i, x in enumerate(arrays) if isinstance(x, np.ndarray) and _can_trace(x)]

    def of_traced(*some: Any) -> dict[str, Any]:
        everything = list(arrays)
        for i, x in zip(traced, some, strict=True):
            everything[i] = x
        return function(*everything)

    return jax.jit(of_traced)(*(arrays[i] for i in traced))


def _can_trace(x: Any) -> bool:
    return x.dtype.kind in "fciub" and x.dtype.isnative and x.dtype.itemsize <= 16 and x.dtype.char not in "gG"


def _solve(case: Case) -> dict[str, Any]:
    solve = FRONTS[case.front].solve
    return _run(case, lambda v, b: {"x": solve(_matrix(case, v), b, **_options(case))}, case.values, case.b)


def _solve_of(case: Case) -> Callable[..., Any]:
    solve = FRONTS[case.front].solve
    return lambda v, b: solve(_matrix(case, v), b, **_options(case))


def _vjp(case: Case) -> dict[str, Any]:
    vjp = sparsead.numpy.vjp if case.front == "numpy" else jax.vjp

    def pulled(v: Any, b: Any) -> dict[str, Any]:
        x, pullback = vjp(_solve_of(case), _floating(case, v), _floating(case, b))
        values_bar, b_bar = pullback(_cotangent(case, x))
        return {"x": x, "values_bar": values_bar, "b_bar": b_bar}

    return _run(case, pulled, case.values, case.b)


def _cotangent(case: Case, x: Any) -> Any:
    """The same numbers for the library and for the oracle: 1, 2, 3 ... of the type of x."""
    bar = (np.arange(np.size(x)) % 7 + 1.0).reshape(np.shape(x)).astype(x.dtype)
    return bar if case.front == "numpy" else jnp.asarray(bar)


def _floating(case: Case, x: Any) -> Any:
    """What JAX differentiates must be its own array of floating type; NumPy's front-end takes anything."""
    return x if case.front == "numpy" else _floating_of(sparsead.jax, "argument", x)


def _floating_of(front: Any, name: str, x: Any) -> Any:
    return front.SparseArray.binding.asarray(name, x)


def _jvp(case: Case) -> dict[str, Any]:
    front = FRONTS[case.front]
    jvp = sparsead.numpy.jvp if case.front == "numpy" else jax.jvp

    def pushed(v: Any, b: Any) -> dict[str, Any]:
        v, b = (_floating_of(front, name, x) for name, x in (("values", v), ("b", b)))
        direction = case.exact["direction"].astype(v.dtype)
        if np.shape(direction) != np.shape(v):
            direction = np.ones(np.shape(v), direction.dtype)
        along_b = np.ones(np.shape(b), b.dtype)
        x, d_x = jvp(_solve_of(case), (v, b), (direction, along_b))
        return {"x": x, "d_x": d_x}

    return _run(case, pushed, case.values, case.b)


def _lanes(case: Case) -> dict[str, Any]:
    """The same matrix three times, the second time with a value that is not finite."""
    front = FRONTS[case.front]

    def solved(v: Any, b: Any) -> dict[str, Any]:
        v, b = (_floating_of(front, name, x) for name, x in (("values", v), ("b", b)))
        spoiled = v.at[:1].set(np.nan) if v.ndim else v
        x = jax.vmap(lambda some: _solve_of(case)(some, b))(jnp.stack([v, spoiled, v]))
        return {"x": x[0], "dead": x[1], "twin": x[2]}

    return _run(case, solved, case.values, case.b)


def _norm(case: Case) -> dict[str, Any]:
    front = FRONTS[case.front]
    if case.front == "numpy":
        assemble = lambda v: front.vjp(lambda values: _matrix(case, values), v)  # noqa: E731 - one of two assemblies
    else:
        assemble = lambda v: _matrix(case, v)  # noqa: E731 - one of two assemblies

    def normed(v: Any, b: Any) -> dict[str, Any]:
        norm, gradient = front.norm_solve_and_grad(assemble, _floating(case, v), b, backend=case.backend)
        return {"norm": norm, "values_bar": gradient}

    return _run(case, normed, case.values, case.b)


def _factorize(case: Case) -> dict[str, Any]:
    if case.front != "numpy":
        return _solve(case)
    matrix = _matrix(case, case.values)
    factorized = sparsead.numpy.factorize(matrix, backend=case.backend, precision=case.precision)
    sparsead.factor_cache.clear()
    return {"x": factorized.solve(case.b, case.trans)}


def _matmul(case: Case) -> dict[str, Any]:
    return _run(case, lambda v, b: {"y": _matrix(case, v) @ b}, case.values, case.b)


def _add(case: Case) -> dict[str, Any]:
    front = FRONTS[case.front]
    return _run(case, lambda v: {"full": front.to_dense(_matrix(case, v) + front.eye(case.n))}, case.values)


def _select(case: Case) -> dict[str, Any]:
    chosen = np.arange(case.n)[::-2]
    to_dense = FRONTS[case.front].to_dense
    return _run(case, lambda v: {"full": to_dense(_matrix(case, v).select(chosen, chosen))}, case.values)


def _scale(case: Case) -> dict[str, Any]:
    to_dense, by_column = FRONTS[case.front].to_dense, np.arange(case.n) + 1.0
    return _run(case, lambda v: {"full": to_dense(2.0 * (_matrix(case, v) * by_column))}, case.values)


def _dense(case: Case) -> dict[str, Any]:
    to_dense = FRONTS[case.front].to_dense
    return _run(
        case, lambda v: {"full": to_dense(_matrix(case, v)), "diagonal": _matrix(case, v).diagonal()}, case.values
    )


_OPERATIONS: dict[str, Callable[[Case], dict[str, Any]]] = {
    "solve": _solve, "vjp": _vjp, "jvp": _jvp, "norm": _norm, "lanes": _lanes, "factorize": _factorize,
    "matmul": _matmul, "add": _add, "select": _select, "scale": _scale, "dense": _dense,
}  # fmt: skip
