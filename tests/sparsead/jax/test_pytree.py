"""SparseArray is a pytree: it passes through every transform as an argument, a carry, a result and a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")

ASSEMBLE = sp.triplets([0, 1, 2, 0, 2], [0, 1, 2, 2, 1], (3, 3))
A = ASSEMBLE(np.array([4.0, 5.0, 6.0, 1.0, 2.0]))
B = jnp.array([1.0, -2.0, 3.0])
FULL = np.asarray(sp.to_dense(A))
VIEWS = {"A": lambda a: a, "A.T": lambda a: a.T, "A.H": lambda a: a.H, "A.conj()": lambda a: a.conj()}


@pytest.mark.parametrize("view", VIEWS)
def test_view_survives_flattening(view: str) -> None:
    matrix = VIEWS[view](A * (1 + 1j))
    leaves, structure = jax.tree.flatten(matrix)
    back = jax.tree.unflatten(structure, leaves)
    assert len(leaves) == 1
    assert repr(back) == repr(matrix) and back.pattern is matrix.pattern


@pytest.mark.parametrize("view", VIEWS)
def test_view_is_an_argument_and_a_result_of_jit(view: str) -> None:
    matrix = VIEWS[view](A * (1 + 1j))
    doubled = jax.jit(lambda a: 2.0 * a)(matrix)
    assert np.array_equal(sp.to_dense(doubled), 2 * np.asarray(sp.to_dense(matrix)))
    assert repr(doubled) == repr(matrix)


def test_same_pattern_is_compiled_once() -> None:
    traced = []

    @jax.jit
    def product(a: Any) -> Any:
        traced.append(a)
        return a @ B

    product(A)
    product(ASSEMBLE(np.ones(5)))
    assert len(traced) == 1
    product(sp.eye(3))
    product(A.T)
    assert len(traced) == 3


def test_gradient_in_a_matrix_is_a_matrix_on_its_pattern() -> None:
    slope = jax.grad(lambda a: sp.solve(a, B).sum())(A)
    x, lam = np.linalg.solve(FULL, B), np.linalg.solve(FULL.T, np.ones(3))
    assert isinstance(slope, sp.SparseArray) and slope.pattern is A.pattern
    # rounding times a condition number below ten
    assert np.allclose(sp.to_dense(slope), np.where(FULL != 0, -np.outer(lam, x), 0), rtol=1e-13, atol=1e-16)


def test_gradient_in_a_view_is_one_too() -> None:
    slope = jax.grad(lambda a: (a @ B).sum())(A.T)
    assert np.array_equal(sp.to_dense(slope), np.where(FULL.T != 0, np.outer(np.ones(3), B), 0))


def test_matrix_is_a_carry_of_scan() -> None:
    last, _ = jax.lax.scan(lambda a, _: (a * 2.0, None), A, None, length=3)
    assert np.array_equal(sp.to_dense(last), 8 * FULL)


def test_matrix_is_a_constant_of_scan() -> None:
    found = jax.jit(lambda a: jax.lax.scan(lambda u, _: (a @ u, None), B, None, length=3)[0])(A)
    assert np.allclose(found, FULL @ FULL @ FULL @ B, rtol=1e-14, atol=0)  # a few roundings


def test_batch_of_matrices_is_mapped() -> None:
    batch = jax.vmap(ASSEMBLE)(jnp.stack([jnp.ones(5), 2 * jnp.ones(5)]))
    found = jax.vmap(lambda a, b: a @ b, (0, None))(batch, B)
    assert np.array_equal(found[1], 2 * found[0])


def test_tree_map_changes_the_values() -> None:
    doubled = jax.tree.map(lambda v: 2 * v, A)
    assert np.array_equal(sp.to_dense(doubled), 2 * FULL)


def test_matrices_of_different_patterns_do_not_mix() -> None:
    with pytest.raises(ValueError, match=r"[Mm]ismatch|structure"):
        jax.tree.map(lambda v, w: v + w, A, A.T)


def test_jvp_in_a_matrix_takes_a_matrix() -> None:
    _, d_y = jax.jvp(lambda a: a @ B, (A,), (2.0 * A,))
    assert np.allclose(d_y, 2 * FULL @ np.asarray(B), rtol=1e-14, atol=0)  # a few roundings


def test_matrix_is_donated_and_returned() -> None:
    assert np.array_equal(jax.device_get(jax.jit(lambda a: a)(A)).values, A.values)


def test_traced_values_cannot_go_to_scipy() -> None:
    with pytest.raises(TypeError, match=r"got: +.* inside jit, vmap or grad"):
        jax.jit(lambda a: sp.to_scipy(a).data)(A)


def test_traced_indices_are_refused() -> None:
    with pytest.raises(TypeError, match=r"got: +rows = \w+, traced"):
        jax.jit(lambda rows: sp.coo(rows, [0, 1], [1.0, 2.0], (2, 2)).values)(np.array([0, 1]))
