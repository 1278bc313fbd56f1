"""Products of sparse matrices in compiled programs: small ones in the program, large ones on the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import kernels
from sparsead.pattern.product import ROLES, product
from tests.conftest import require

jax = require("jax")
sj = require("sparsead.jax")
lowered = require("sparsead.jax.lowered")


def chain(k: Any, sp: Any = sj) -> Any:
    """Return the stiffness of a chain of springs that hangs from its first one, G^T D(k) G."""
    n = k.shape[0]
    extension = sp.diags([np.ones(n), -np.ones(n - 1)], [0, -1], (n, n))
    return (extension.T @ (sp.diags([k]) @ extension)).declare(positive_definite=True)


def test_chain_of_springs_has_the_gradient_of_its_formula() -> None:
    k, n = np.arange(1.0, 7.0), 6
    tip = np.eye(n)[-1]

    def compliance(k: Any) -> Any:
        return sj.solve(chain(k), tip)[-1]  # sum 1 / k

    lanes = np.stack([k, 2 * k])
    slope, curvature = jax.jit(jax.vmap(lambda k: jax.jvp(jax.grad(compliance), (k,), (k,))))(lanes)
    assert np.abs(slope + 1 / lanes**2).max() < 1e-13
    assert np.abs(curvature - 2 / lanes**2).max() < 1e-13
    value, pullback = sp.vjp(lambda k: sp.solve(chain(k, sp), tip)[n - 1], k)
    assert abs(value - (1 / k).sum()) < 1e-13
    assert np.abs(pullback(np.array(1.0))[0] + 1 / k**2).max() < 1e-13


@pytest.mark.parametrize("n", [12, 300])
def test_compiled_derivatives_are_those_of_numpy(n: int) -> None:
    rng = np.random.default_rng(0)
    line = sp.diags([np.ones(n), np.ones(n - 1), np.ones(n - 2)], [0, 1, -2], (n, n))
    square = (line @ line).pattern
    a, b, w = (rng.standard_normal(size) for size in (line.stored, line.stored, square.size))

    def both(a: Any, b: Any, w: Any, front_end: Any) -> Any:
        made = front_end.SparseArray(a, line.pattern) @ front_end.SparseArray(b, line.pattern)
        return (made.values * made.values * w).sum()

    moved = jax.jit(jax.jvp, static_argnums=0)(
        jax.grad(lambda a, b, w: both(a, b, w, sj), (0, 1, 2)), (a, b, w), (b, a, w)
    )
    expected = sp.jvp(lambda a: sp.vjp(lambda a: both(a, b, w, sp), a)[1](np.array(1.0))[0], (a,), (b,))
    in_b = sp.jvp(lambda b: sp.vjp(lambda a: both(a, b, w, sp), a)[1](np.array(1.0))[0], (b,), (a,))[1]
    in_w = sp.jvp(lambda w: sp.vjp(lambda a: both(a, b, w, sp), a)[1](np.array(1.0))[0], (w,), (w,))[1]
    assert np.abs(moved[0][0] / expected[0] - 1).max() < 1e-12
    total = expected[1] + in_b + in_w
    assert np.abs(moved[1][0] - total).max() < 1e-12 * np.abs(total).max()


@pytest.mark.parametrize("role", ROLES)
def test_array_code_of_an_accelerator_gives_the_same(role: str) -> None:
    rng = np.random.default_rng(0)
    line = sp.diags([np.ones(8), np.ones(7), np.ones(6)], [0, -1, 2], (8, 8)).pattern
    terms = product(line, line)
    sizes = dict(zip(ROLES, terms.sizes, strict=True))
    of = {"out": ("left", "right"), "left": ("out", "right"), "right": ("left", "out")}[role]
    x, y = (rng.standard_normal((2, sizes[name])) for name in of)
    y[0] = np.nan if role == "left" else y[0]
    x[0] = 0.0 if role == "left" else x[0]
    found = jax.jit(lambda x, y: lowered.lower("spgemm", None, x, y, product=terms, role=role))(x, y)
    assert np.allclose(found, kernels.spgemm(x, y, product=terms, role=role), rtol=1e-14, atol=1e-14)
