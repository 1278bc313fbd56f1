"""Forty ways in which JAX transforms a solve; each says how many matrices it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

N = 12
_RNG = np.random.default_rng(0)
ROWS, COLS = (np.r_[np.arange(N), _RNG.integers(0, N, 36), np.arange(N)] for _ in "rc")
D = jnp.asarray(np.r_[np.full(N, 4.0), 0.3 * _RNG.standard_normal(36), np.full(N, 3.0)])
B = jnp.asarray(_RNG.standard_normal(N))
D_D, D_B = (jnp.asarray(_RNG.standard_normal(x.shape)) for x in (D, B))
SEVERAL_D = jnp.stack([D * (1 + 0.01 * i) for i in range(8)])
SEVERAL_B = jnp.stack([B + i for i in range(8)])

Solve = Callable[[Any, Any], Any]


def dense(d: Any, b: Any) -> Any:
    """Solve with the full matrix."""
    return jnp.linalg.solve(jnp.zeros((N, N), d.dtype).at[ROWS, COLS].add(d), b)


def _scalar(f: Solve) -> Solve:
    def g(d: Any, b: Any) -> Any:
        x = f(d, b)
        return jnp.sum(jnp.abs(x) ** 2) if jnp.iscomplexobj(x) else jnp.sum(jnp.sin(x) ** 2)

    return g


def _first_order(f: Solve, g: Solve) -> dict[str, tuple[int, Callable[[], Any]]]:
    return {
        "solve": (1, lambda: f(D, B)),
        "jit": (1, lambda: jax.jit(f)(D, B)),
        "value and gradient": (1, lambda: jax.value_and_grad(g, (0, 1))(D, B)),
        "jit of value and gradient": (1, lambda: jax.jit(jax.value_and_grad(g, (0, 1)))(D, B)),
        "jvp": (1, lambda: jax.jvp(f, (D, B), (D_D, D_B))),
        "jit of jvp": (1, lambda: jax.jit(lambda d, b: jax.jvp(f, (d, b), (D_D, D_B)))(D, B)),
        "jacrev in b": (1, lambda: jax.jacrev(f, 1)(D, B)),
        "jacfwd in b": (1, lambda: jax.jacfwd(f, 1)(D, B)),
        "jacrev in d": (1, lambda: jax.jacrev(f, 0)(D, B)),
        "jacfwd in d": (1, lambda: jax.jacfwd(f, 0)(D, B)),
        "linearize": (1, lambda: jax.linearize(f, D, B)[1](D_D, D_B)),
        "linear transpose in b": (1, lambda: jax.linear_transpose(lambda b: f(D, b), B)(B)),
        "three pullbacks": (1, lambda: [jax.vjp(f, D, B)[1](B * i) for i in (1.0, 2.0, 3.0)]),
        "gradient, matrix closed over": (1, lambda: jax.jit(jax.grad(lambda b: f(D, b).sum()))(B)),
        "pmap": (1, lambda: jax.pmap(lambda b: f(D, b))(B[None])),
    }


def _higher_order(f: Solve, g: Solve) -> dict[str, tuple[int, Callable[[], Any]]]:
    def gradient(d: Any) -> Any:
        return jax.grad(g)(d, B)

    def along(d: Any) -> Any:
        return jax.jvp(lambda e: g(e, B), (d,), (D_D,))[1]

    def product(d: Any) -> Any:
        return jax.jvp(gradient, (d,), (D_D,))[1]

    return {
        "hessian, forward over reverse": (1, lambda: jax.hessian(g, 0)(D, B)),
        "hessian, reverse over reverse": (1, lambda: jax.jacrev(jax.jacrev(g, 0), 0)(D, B)),
        "hvp, forward over reverse": (1, lambda: product(D)),
        "jit of hvp": (1, lambda: jax.jit(product)(D)),
        "hvp, reverse over reverse": (1, lambda: jax.grad(lambda d: jnp.vdot(gradient(d), D_D))(D)),
        "hvp, reverse over forward": (1, lambda: jax.grad(along)(D)),
        "third order": (
            1,
            lambda: jax.grad(lambda d: jnp.vdot(jax.grad(lambda e: jnp.vdot(gradient(e), D_D))(d), D_D))(D),
        ),
    }


def _batched(f: Solve, g: Solve) -> dict[str, tuple[int, Callable[[], Any]]]:
    def over_loads(d: Any) -> Any:
        return jax.vmap(g, (None, 0))(d, SEVERAL_B).sum()

    return {
        "vmap over b": (1, lambda: jax.vmap(f, (None, 0))(D, SEVERAL_B)),
        "vmap over d": (8, lambda: jax.vmap(f, (0, None))(SEVERAL_D, B)),
        "vmap over both": (8, lambda: jax.vmap(f)(SEVERAL_D, SEVERAL_B)),
        "vmap of gradient over d": (8, lambda: jax.vmap(jax.grad(g), (0, None))(SEVERAL_D, B)),
        "vmap of gradient over b": (1, lambda: jax.vmap(jax.grad(g), (None, 0))(D, SEVERAL_B)),
        "gradient of vmap over b": (1, lambda: jax.grad(over_loads)(D)),
        "vmap of vmap": (8, lambda: jax.vmap(jax.vmap(f, (None, 0)), (0, None))(SEVERAL_D, SEVERAL_B)),
    }


def _loops(f: Solve, g: Solve) -> dict[str, tuple[int, Callable[[], Any]]]:
    def same(d: Any) -> Any:
        return jax.lax.scan(lambda c, _: (f(d, c), None), B, None, length=5)[0].sum()

    def varying(d: Any, body: Any = lambda h: h) -> Any:
        step = body(lambda c, i: (f(d * (1 + 0.1 * i), c), None))
        return jax.lax.scan(step, B, jnp.arange(5.0))[0].sum()

    def thrice(d: Any) -> Any:
        return jax.lax.fori_loop(0, 3, lambda i, c: f(d, c), B)

    def while_below(d: Any) -> Any:
        return jax.lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, f(d, s[1])), (0, B))[1]

    def kept(d: Any) -> Any:
        return jax.checkpoint(lambda e: g(e, B))(d)

    return {
        "scan, one matrix": (1, lambda: jax.grad(same)(D)),
        "scan, five matrices": (5, lambda: jax.grad(varying)(D)),
        # The backward scan computes each matrix again; it is the same one only if its sums have the same bits. On an
        # H100 there were 6 while triplets were scattered, in any order; adding at random does that on a CPU too.
        "jit of scan with remat": (5, lambda: jax.jit(jax.grad(lambda d: varying(d, jax.checkpoint)))(D)),
        "fori_loop, jvp": (1, lambda: jax.jvp(thrice, (D,), (D_D,))),
        "while_loop, jvp": (1, lambda: jax.jvp(while_below, (D,), (D_D,))),
        "remat": (1, lambda: jax.grad(kept)(D)),
        "jit of remat": (1, lambda: jax.jit(jax.grad(kept))(D)),
    }


def _types(f: Solve, g: Solve) -> dict[str, tuple[int, Callable[[], Any]]]:
    z, w = D * (1 + 0.3j), B * (1 - 0.2j)
    return {
        "float32": (1, lambda: jax.grad(g, (0, 1))(D.astype("f4"), B.astype("f4"))),
        "complex gradient": (1, lambda: jax.grad(g, (0, 1))(z, w)),
        "complex jvp": (1, lambda: jax.jvp(f, (z, w), (D_D * 1j, D_B + 0j))),
        "real matrix, complex load": (1, lambda: jax.grad(g, (0, 1))(D, w)),
    }


def cases(f: Solve) -> dict[str, tuple[int, Callable[[], Any]]]:
    """Return by name the number of matrices and the computation."""
    g = _scalar(f)
    return {
        **_first_order(f, g),
        **_higher_order(f, g),
        **_batched(f, g),
        **_loops(f, g),
        **_types(f, g),
    }


NAMES = tuple(cases(dense))
