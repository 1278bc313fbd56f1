"""The user's functions, traced once: what they close over becomes an argument, and equal programs are equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr

Data = tuple[tuple[Any, ...], tuple[Any, ...]]
_SPELLED_OUT = ("builtins", "jax", "jaxlib", "numpy")  # homes of types whose text says what they are
_ADDRESS = re.compile(r"0x[0-9a-f]+")


@dataclass(frozen=True)
class Traced:
    """A function of arrays and data; equal ones do the same, so that they share compiled programs.

    Parameters
    ----------
    call : callable
        ``call(data, *args)``; ``data`` is ``(moving, fixed)``, the arrays that can carry a derivative and the others.
    key : tuple
        The code of the function and the text of its operations. Values that it closes over are no part of it.
    reverse_only : bool
        Whether a function with a rule for reverse mode only, `jax.custom_vjp`, is called in it.
    """

    call: Callable[..., Any] = field(compare=False)
    key: tuple[Any, ...]
    reverse_only: bool = False

    def __call__(self, data: Data, *args: Any) -> Any:
        """Return the value; outside of a compiled program by one of its own, not operation by operation."""
        if any(isinstance(x, jax.core.Tracer) for x in jax.tree.leaves((data, args))):
            return self.call(data, *args)
        return _compiled(self, data, *args)


@partial(jax.jit, static_argnums=0)
def _compiled(traced: Traced, data: Data, *args: Any) -> Any:
    return traced.call(data, *args)


def trace(functions: Sequence[tuple[Callable[..., Any], Sequence[Any]]], params: Any) -> tuple[list[Traced], Data]:
    """Trace functions of arrays and of `params` that share their data.

    Parameters
    ----------
    functions : sequence of (callable, examples)
        ``function(*args, params)``, and shapes or examples of the arguments before `params`.
    params : pytree of arrays
        Last argument of each.

    Returns
    -------
    traced : list of Traced
        The functions.
    data : tuple
        ``(moving, fixed)``: leaves of `params`, and every array that the functions close over.
    """
    leaves, tree = jax.tree.flatten(params)
    everything: list[Any] = list(leaves)
    jaxprs = []
    for function, examples in functions:
        closed, out = jax.make_jaxpr(_of_leaves(function, tree), return_shape=True)(leaves, *examples)
        jaxprs.append((closed.jaxpr, len(everything), jax.tree.structure(out)))
        everything.extend(closed.consts)
    moves = tuple(bool(jnp.issubdtype(jnp.result_type(x), jnp.inexact)) for x in everything)
    traced = [
        Traced(
            _evaluator(jaxpr, first, out, len(leaves), moves),
            (_code(function), *_identity(jaxpr), first, out, moves),
            "custom_vjp_call" in str(jaxpr),
        )
        for (function, _), (jaxpr, first, out) in zip(functions, jaxprs, strict=True)
    ]
    moving = tuple(jnp.asarray(x) for x, m in zip(everything, moves, strict=True) if m)
    return traced, (moving, tuple(jnp.asarray(x) for x, m in zip(everything, moves, strict=True) if not m))


def chosen_of(data: Data, wanted: tuple[bool, ...]) -> tuple[list[Any], Callable[[list[Any]], Data]]:
    """Return the wanted arrays among those that move, and what puts others in their place.

    Parameters
    ----------
    data : tuple
        ``(moving, fixed)``.
    wanted : tuple of bool
        One for each array that moves.
    """
    moving, fixed = data

    def with_others(chosen: list[Any]) -> Data:
        found = iter(chosen)
        return tuple(next(found) if want else x for x, want in zip(moving, wanted, strict=True)), fixed

    return [x for x, want in zip(moving, wanted, strict=True) if want], with_others


def _of_leaves(function: Callable[..., Any], tree: Any) -> Callable[..., Any]:
    return lambda leaves, *args: function(*args, tree.unflatten(leaves))


def _evaluator(jaxpr: Any, first: int, out: Any, count: int, moves: tuple[bool, ...]) -> Callable[..., Any]:
    def call(data: Data, *args: Any) -> Any:
        moving, fixed = iter(data[0]), iter(data[1])
        values = [next(moving) if m else next(fixed) for m in moves]
        consts = values[first : first + len(jaxpr.constvars)]
        return out.unflatten(jax.core.eval_jaxpr(jaxpr, consts, *values[:count], *jax.tree.leaves(args)))

    return call


def _code(function: Any) -> Any:
    """What identifies a function when it is made again: its code, or its type if it is an object."""
    return getattr(function, "__code__", type(function))


def _parts(jaxpr: Any) -> tuple[Any, ...]:
    """Patterns, index maps and the like that operations carry: their text does not tell them apart."""
    found: list[Any] = []
    for equation in jaxpr.eqns:
        for value in equation.params.values():
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, Jaxpr | ClosedJaxpr):
                    found.extend(_parts(getattr(part, "jaxpr", part)))
                elif type(part).__module__.partition(".")[0] not in _SPELLED_OUT:
                    found.append(part)
    return tuple(found)


def _identity(jaxpr: Any) -> tuple[str, tuple[Any, ...]]:
    types = " ".join(var.aval.str_short() for var in (*jaxpr.constvars, *jaxpr.invars))
    return f"{types} {_ADDRESS.sub('', str(jaxpr))}", _parts(jaxpr)
