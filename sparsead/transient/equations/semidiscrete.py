"""From matrices and forces to the residual and the matrix of a step."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from sparsead.backends.backend import Backend
from sparsead.errors import DtypeError, ShapeError
from sparsead.jax.sparse_array import SparseArray
from sparsead.transient.equations import traced
from sparsead.transient.equations.systems import SparseSystem
from sparsead.transient.options import Words


class Motion(NamedTuple):
    """States of a second-order system at the requested times.

    Parameters
    ----------
    u, v, a : array, shape (m, n)
        Displacement, velocity, acceleration.
    """

    u: Any
    v: Any
    a: Any


class Integrand(NamedTuple):
    """The functional on flat vectors.

    Parameters
    ----------
    call : Traced
        ``(t, u) -> g`` or ``(t, u, v, a) -> g``, shape (size,).
    size : int
        Length of g.
    unravel : callable
        From g to what the user's function returns.
    """

    call: traced.Traced
    size: int
    unravel: Any


class Parts(NamedTuple):
    """What a user gave: matrices, forces, functional, and whether the system is of second order."""

    mass: Any
    stiffness: Any
    damping: Any
    internal: Any
    tangent: Any
    load: Any
    second: bool
    functional: Any = None


def system_of(
    parts: Parts, u0: Any, params: Any, solver: str | Backend | None, words: Words
) -> tuple[SparseSystem, Integrand | None, traced.Data]:
    """Return the system, the functional, and their data: matrices, params, and what the functions close over.

    Raises
    ------
    ShapeError
        If a tangent is missing, a damping has no velocity, or a force has the wrong shape.
    """
    _check(parts)
    shared = {"matrices": parts[:3], "params": params, "load": None if callable(parts.load) else parts.load}
    time = jax.ShapeDtypeStruct((), jnp.finfo(u0.dtype).dtype)
    vector = jax.ShapeDtypeStruct(u0.shape, u0.dtype)
    functions: list[Any] = [
        (lambda t, u, v, a, p: _residual(parts, t, u, v, a, p), (time, vector, vector, vector)),
        (lambda t, u, cu, cv, ca, p: _matrix(parts, t, u, (cu, cv, ca), p), (time, vector, time, time, time)),
        (lambda c, p: p["matrices"][0] * c, (time,)),
    ]
    state = Motion(vector, vector, vector) if parts.second else vector
    if parts.functional is not None:
        sample = jax.eval_shape(parts.functional, time, state, params)
        flat, unravel = ravel_pytree(jax.tree.map(lambda x: jnp.zeros(x.shape, u0.dtype), sample))
        functions.append((partial(_functional, parts), (time, *jax.tree.leaves(state))))
    (residual, matrix, mass, *more), data = traced.trace(functions, shared)
    damped = parts.damping is not None
    system = SparseSystem(residual, matrix, mass, parts.second, damped, parts.internal is None, solver, words)
    return system, Integrand(more[0], flat.size, unravel) if more else None, data


def _functional(parts: Parts, t: Any, *rows_and_shared: Any) -> Any:
    *rows, p = rows_and_shared
    found = parts.functional(t, Motion(*rows) if parts.second else rows[0], p["params"])
    return jnp.concatenate([jnp.ravel(jnp.asarray(x, rows[0].dtype)) for x in jax.tree.leaves(found)])


def check_matrices(mass: Any, **others: Any) -> None:
    """Raise unless mass and all others that are given are sparse matrices of one square shape.

    Raises
    ------
    DtypeError, ShapeError
        If one is not.
    """
    for name, matrix in {"mass": mass, **others}.items():
        if matrix is None and name != "mass":
            continue
        if not isinstance(matrix, SparseArray):
            raise DtypeError(
                f"{name} is not a sparse matrix of this package",
                expected=f"{name} from coo, csc, csr, triplets, diags, eye or block of sparsead.jax",
                got=f"{name} of {type(matrix).__name__}",
                fix="convert it with sparsead.jax.from_scipy(scipy.sparse.csc_array(x))",
            )
        if matrix.shape != (mass.shape[0], mass.shape[0]):
            raise ShapeError(
                f"{name} has the wrong shape",
                expected=f"shape ({mass.shape[0]}, {mass.shape[0]}), as many rows and columns as mass has rows",
                got=f"{name} of shape {matrix.shape}",
                fix="pass square matrices of the same dofs",
            )


def _check(parts: Parts) -> None:
    if parts.internal is not None and parts.tangent is None:
        raise ShapeError(
            "internal has no tangent",
            expected="tangent(t, u, params), the sparse matrix of internal in u",
            got="internal without tangent",
            fix="pass tangent=lambda t, u, params: assemble(...), or put a linear force into stiffness",
        )
    if parts.damping is not None and not parts.second:
        raise ShapeError(
            "damping in a system of first order",
            expected="v0, which makes the system one of second order",
            got="damping without v0",
            fix="pass v0, or use mass for the matrix of the first derivative",
        )


def _residual(parts: Parts, t: Any, u: Any, v: Any, a: Any, p: Any) -> Any:
    mass, stiffness, damping = p["matrices"]
    total = mass @ (a if parts.second else v)
    if damping is not None:
        total = total + damping @ v
    if stiffness is not None:
        total = total + stiffness @ u
    if parts.internal is not None:
        total = total + _force("internal", parts.internal(t, u, p["params"]), u)
    load = parts.load(t, p["params"]) if callable(parts.load) else p["load"]
    return total if load is None else total - _force("load", load, u)


def _force(name: str, force: Any, u: Any) -> Any:
    tree = jax.tree.structure(force)
    if tree != jax.tree.structure(0) or jnp.shape(force) != u.shape:
        raise ShapeError(
            f"{name} has the wrong shape",
            expected=f"shape {u.shape}, one force for each dof",
            got=f"{name} of shape {jnp.shape(force)}" if tree == jax.tree.structure(0) else f"{name} = {tree}",
            fix="return one number for each row of the mass matrix",
        )
    return jnp.asarray(force, u.dtype)


def _matrix(parts: Parts, t: Any, u: Any, c: Any, p: Any) -> Any:
    """``c_u (K + r_u) + c_v C + c_a M``, or with M in place of C where there is no second derivative."""
    mass, stiffness, damping = p["matrices"]
    tangent = None if parts.tangent is None else parts.tangent(t, u, p["params"])
    terms = [(mass, c[2] if parts.second else c[1]), (damping, c[1]), (stiffness, c[0]), (tangent, c[0])]
    present = [(matrix, factor) for matrix, factor in terms if matrix is not None]
    total = present[0][0] * present[0][1]
    for matrix, factor in present[1:]:
        total = total + matrix * factor
    # The factors are positive or zero, which a traced number does not say.
    if all(matrix.structure.positive_definite for matrix, _ in present):
        return total.declare(symmetric=True, positive_definite=True)
    return total
