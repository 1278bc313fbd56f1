"""Products with a matrix that never changes: the same numbers as of the dense one, and no copy of it in a program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from sparsead.jax import transport
from sparsead.jax.fixed_product import fixed_product
from sparsead.kernels import FixedMatrix

RNG = np.random.default_rng(0)


def matrix_of(m: int, n: int, stored: int, *, symmetric: bool = False) -> tuple[FixedMatrix, Any]:
    """A matrix, and the same one dense."""
    drawn = csr_array(random_array((m, n), density=stored / (m * n), rng=RNG))
    rows = csr_array(drawn + drawn.T) if symmetric else drawn
    rows.sum_duplicates()
    return FixedMatrix(rows, symmetric), rows.toarray()


MATRICES = {
    "small, in the program": matrix_of(30, 20, 100),
    "large, on the host": matrix_of(300, 200, 5_000),
    "symmetric": matrix_of(200, 200, 4_000, symmetric=True),
    "no entry": matrix_of(3, 2, 0),
}
WAYS: dict[str, Callable[[Callable[[Any], Any]], Callable[[Any], Any]]] = {
    "eager": lambda f: f,
    "jit": jax.jit,
    "gradient": lambda f: jax.grad(lambda x: (f(x) ** 2).sum()),
    "compiled gradient": lambda f: jax.jit(jax.grad(lambda x: (f(x) ** 2).sum())),
    "Jacobian, forward": lambda f: jax.jit(jax.jacfwd(f)),
    "Jacobian, reverse": lambda f: jax.jit(jax.jacrev(f)),
    "Hessian": lambda f: jax.jit(jax.hessian(lambda x: (f(x) ** 3).sum())),
    "scan": lambda f: jax.jit(lambda x: jax.lax.scan(lambda s, _: (s + f(x).sum(), None), 0.0, None, 3)[0]),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MATRICES)
def test_every_way_is_that_of_the_dense_matrix(name: str, way: str) -> None:
    fixed, dense = MATRICES[name]
    x = jnp.asarray(RNG.random(dense.shape[1]))
    got = WAYS[way](lambda x: fixed_product(fixed, x))(x)
    want = WAYS[way](lambda x: dense @ x)(x)
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12 * np.abs(want).max(initial=1.0))


@pytest.mark.parametrize("name", MATRICES)
def test_batches_of_batches_along_any_axis(name: str) -> None:
    fixed, dense = MATRICES[name]
    x = RNG.random((2, dense.shape[1], 3))
    product = jax.vmap(jax.vmap(lambda x: fixed_product(fixed, x), in_axes=1, out_axes=1))
    np.testing.assert_allclose(jax.jit(product)(x), dense @ x, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", ["buffer", "ffi"])
def test_each_transport(name: Any) -> None:
    fixed, dense = matrix_of(300, 200, 5_000)
    x = RNG.random(200)
    with transport(name):
        got = jax.jit(jax.grad(lambda x: (fixed_product(fixed, x) ** 2).sum()))(x)
    np.testing.assert_allclose(got, 2 * dense.T @ (dense @ x), rtol=1e-12)


def test_single_precision_stays() -> None:
    fixed, dense = MATRICES["large, on the host"]
    x = jnp.asarray(RNG.random(200), jnp.float32)
    for product in (lambda x: fixed_product(fixed, x), jax.jit(lambda x: fixed_product(fixed, x))):
        assert product(x).dtype == jnp.float32
        np.testing.assert_allclose(product(x), dense @ np.asarray(x, float), rtol=1e-5)


def test_no_program_has_the_matrix_and_each_product_is_made_once() -> None:
    fixed, _ = matrix_of(2_000, 2_000, 400_000)

    def twice(x: jax.Array) -> jax.Array:
        return fixed_product(fixed, x).sum() + (fixed_product(fixed, x) ** 2).sum()

    program = jax.jit(twice).lower(jnp.ones(2_000)).compile().as_text()
    assert program is not None
    assert len(program) < 20_000
    assert program.count("custom-call(") == 1
