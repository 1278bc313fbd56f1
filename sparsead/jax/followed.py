"""A traced program, evaluated with the residuals of its iterative solves scaled.

Each operation is done again as it stands in the program; only the iterative solves are told what their residuals are
multiplied by. So a user's function is followed into whatever it calls, compiled before or not: functions under
`jax.jit`, loops and branches of JAX, and its own derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import jax

from sparsead.errors import NoDerivativeError
from sparsead.jax.inverse import Given, Inverse, Matrix, Scales, Stored
from sparsead.jax.linear_call import Batched, linear_call
from sparsead.jax.primitives import KERNELS


def followed(program: Any, scales: Scales, *args: Any) -> list[Any]:
    """Return the results of a traced program, residuals of its iterative solves scaled.

    Parameters
    ----------
    program : jaxpr
        The program.
    scales : Scales
        What residuals are multiplied by.
    *args : array
        Its arguments.

    Raises
    ------
    NoDerivativeError
        If a solve is where it cannot be followed.
    """
    jaxpr = getattr(program, "jaxpr", program)
    known = dict(zip(jaxpr.constvars, getattr(program, "consts", ()), strict=True))
    known.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if hasattr(atom, "val") else known[atom]  # a literal has a value

    for equation in jaxpr.eqns:
        results = _operation(equation, scales, [read(atom) for atom in equation.invars])
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _operation(equation: Any, scales: Scales, args: list[Any]) -> Sequence[Any]:
    name, params = equation.primitive.name, equation.params
    if is_iterative(equation):
        return _SOLVES[name](scales, args, params)
    # A loop of unknown length has no derivative in reverse mode: what leaves it has no part in the gradient.
    if name == "while" or not any(map(has_iterative, _programs(params))):
        bound = equation.primitive.get_bind_params(params)  # of JAX before 0.10.2 with functions in front
        functions, others = bound if isinstance(bound, tuple) else ((), bound)
        out = equation.primitive.bind(*functions, *args, **others)
        results: Sequence[Any] = out if equation.primitive.multiple_results else [out]
        return results
    if name not in _CALLS:
        raise NoDerivativeError(
            "the error of an iterative solve cannot be followed",
            expected="solves in plain code, or under jit, vmap, scan, cond, switch or checkpoint of JAX",
            got=f"one in {_WORDS.get(name, name)}",
            fix="take the solve out of it, or give it the direct solver; or compare with a tenth of the tolerance",
        )
    return _CALLS[name](lambda inner, *args: followed(inner, scales, *args), args, equation)


_OWN = "something that brings a derivative of its own, as march and fem.solve_nonlinear do"
_WORDS = {
    "custom_jvp_call": f"{_OWN} (jax.custom_jvp)",
    "custom_vjp_call": f"{_OWN} (jax.custom_vjp)",
}


def is_iterative(equation: Any) -> bool:
    """Return whether an equation of a jaxpr is an iterative solve."""
    if equation.primitive.name == "sparsead_solve":
        return bool(equation.params["options"].iterative)
    of = equation.params.get("map")
    while isinstance(of, Batched):
        of = of.map
    return isinstance(of, Inverse) and of.matrix.solver.iterative


def has_iterative(program: Any, *, loops: bool = True) -> bool:
    """Return whether a jaxpr has an iterative solve, at any depth; if wanted, outside of loops of unknown length."""
    within = partial(has_iterative, loops=loops)
    equations = getattr(program, "jaxpr", program).eqns
    return any(
        is_iterative(e) or any(map(within, _programs(e.params)))
        for e in equations
        if loops or e.primitive.name != "while"
    )


def _programs(params: dict[str, Any]) -> Iterator[Any]:
    """The programs that an operation contains."""
    for value in params.values():
        for one in value if isinstance(value, tuple | list) else (value,):
            if hasattr(one, "eqns") or hasattr(one, "jaxpr"):
                yield one


# ---------------------------------------------------------------- solves
def _of_stored_values(scales: Scales, args: list[Any], params: dict[str, Any]) -> list[Any]:
    values, b = args
    solver = Stored(params["pattern"], params["options"].settled(), params["trans"])
    product = partial(KERNELS.spmv, pattern=params["pattern"], trans=params["trans"])
    given = Given(values, jax.lax.stop_gradient(values), scales=scales)
    return [linear_call(Inverse(Matrix(product, solver)), given, b, like=b)]


def _of_operator(scales: Scales, args: list[Any], params: dict[str, Any]) -> list[Any]:
    count = params["count"]
    given = params["tree"].unflatten(args[:count])
    return jax.tree.leaves(_scaled(params["map"], scales, given, params["x_tree"].unflatten(args[count:])))


def _scaled(linear_map: Any, scales: Scales, given: Any, b: Any) -> Any:
    if not isinstance(linear_map, Batched):
        return linear_call(linear_map, given._replace(scales=scales), b, like=b)
    leaves, tree = jax.tree.flatten(given)

    def one(leaves: Any, b: Any) -> Any:
        return _scaled(linear_map.map, scales, tree.unflatten(leaves), b)

    return jax.vmap(one, in_axes=(list(linear_map.axes), 0))(leaves, b)


_SOLVES = {"sparsead_solve": _of_stored_values, "sparsead_linear_call": _of_operator}


# ---------------------------------------------------------------- what calls other programs
Evaluate = Callable[..., list[Any]]


def _inlined(evaluate: Evaluate, args: list[Any], equation: Any) -> list[Any]:
    return evaluate(equation.params["jaxpr"], *args)


def _closed(evaluate: Evaluate, args: list[Any], equation: Any) -> list[Any]:
    return evaluate(equation.params["call_jaxpr"], *args)


def _checkpointed(evaluate: Evaluate, args: list[Any], equation: Any) -> list[Any]:
    inner = partial(evaluate, equation.params["jaxpr"])
    found: list[Any] = jax.checkpoint(inner, policy=equation.params["policy"])(*args)
    return found


def _branched(evaluate: Evaluate, args: list[Any], equation: Any) -> list[Any]:
    branches = [partial(evaluate, branch) for branch in equation.params["branches"]]
    found: list[Any] = jax.lax.switch(args[0], branches, *args[1:])
    return found


def _scanned(evaluate: Evaluate, args: list[Any], equation: Any) -> list[Any]:
    program = equation.params["jaxpr"]
    # what is carried or constant has the same rank outside; versions of JAX name the numbers of each differently
    kept = _of_equal_rank(equation.invars, program.jaxpr.invars)
    carried = _of_equal_rank(equation.outvars, program.jaxpr.outvars)
    consts, start, each = args[: kept - carried], args[kept - carried : kept], args[kept:]

    def body(carry: list[Any], x: list[Any]) -> tuple[list[Any], list[Any]]:
        out = evaluate(program, *consts, *carry, *x)
        return out[:carried], out[carried:]

    options = {name: equation.params[name] for name in ("length", "reverse", "unroll")}
    end, collected = jax.lax.scan(body, start, each, **options)
    return [*end, *collected]


def _of_equal_rank(outside: list[Any], inside: list[Any]) -> int:
    return sum(one.aval.ndim == other.aval.ndim for one, other in zip(outside, inside, strict=True))


_CALLS: dict[str, Callable[[Evaluate, list[Any], Any], list[Any]]] = {
    "jit": _inlined,
    "pjit": _inlined,  # its name in JAX before 0.7
    "closed_call": _closed,
    "checkpoint": _checkpointed,
    "remat2": _checkpointed,
    "cond": _branched,
    "scan": _scanned,
}
