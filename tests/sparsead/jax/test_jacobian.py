"""Sparse Jacobians and Hessians by colours: right, counted, and no entry missed without a word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse

import sparsead.numpy as sp
from sparsead.errors import DtypeError, PatternError, ShapeError, StructureError
from sparsead.pattern.colouring import read_off
from sparsead.pattern.slots import Slots
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sj = require("sparsead.jax")
jacobian = require("sparsead.jax.jacobian")

N = 8
BAND = scipy.sparse.diags_array([np.ones(N), np.ones(N - 1), np.ones(N - 1)], offsets=[0, 1, -1]).tocsc()
X, K = np.linspace(0.1, 1.0, N), np.arange(1.0, N + 1)


def chain(x: Any, k: Any) -> Any:
    """Return forces that depend on a place and its neighbours."""
    padded = jnp.pad(x, 1)
    return k * jnp.sin(x) * x + padded[2:] ** 2 - 3 * padded[:-2]


def energy(x: Any, k: Any) -> Any:
    """Return an energy whose gradient depends on a place and its neighbours."""
    return (k * jnp.diff(jnp.append(0.0, x)) ** 4).sum() + jnp.sin(x).sum()


JACOBIAN, HESSIAN = sj.jacobian(chain, BAND), sj.hessian(energy, BAND)


@pytest.mark.parametrize(
    ("sparse", "dense"), [(JACOBIAN, jax.jacobian(chain)), (HESSIAN, jax.hessian(energy))], ids=["Jacobian", "Hessian"]
)
def test_value_and_derivatives_are_those_of_the_dense_one(sparse: Any, dense: Any) -> None:
    weights = np.random.default_rng(0).standard_normal((N, N))

    def both(make: Any) -> Any:
        def weighted(x: Any, k: Any) -> Any:
            full = make(x, k)
            return (weights * full**2).sum(), full

        slopes = jax.grad(weighted, (0, 1), has_aux=True)
        return jax.jit(lambda x, k: jax.jvp(slopes, (x, k), (k, x), has_aux=True))(X, K)

    found, expected = both(lambda x, k: sj.to_dense(sparse(x, k))), both(dense)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert np.abs(one - other).max() <= 1e-12 * np.abs(other).max()


def test_hessian_is_symmetric_to_the_last_bit() -> None:
    matrix = HESSIAN(X, K)
    assert matrix.structure.symmetric and np.array_equal(sj.to_dense(matrix), sj.to_dense(matrix.T))


def test_function_is_evaluated_at_most_three_times_more_than_there_are_colours() -> None:
    calls = {"values": 0, "products": 0}

    def counted(what: str, x: Any) -> Any:
        def count(x: Any) -> Any:
            calls[what] += 1
            return np.asarray(x)

        return jax.pure_callback(count, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")

    @jax.custom_jvp
    def f(x: Any) -> Any:
        return counted("values", chain(x, K))

    @f.defjvp
    def _tangent(primals: Any, tangents: Any) -> Any:
        return f(*primals), counted("products", jax.jvp(lambda x: chain(x, K), primals, tangents)[1])

    sparse = sj.jacobian(f, BAND)
    jax.block_until_ready(sparse(X).values)
    assert sparse.colours == 3
    assert calls["products"] == sparse.colours + 2 and calls["values"] <= 1


def without(*places: tuple[int, int]) -> Any:
    """Return the band without some of its entries."""
    full = BAND.toarray()
    for place in places:
        full[place] = 0
    return scipy.sparse.csc_array(full)


@pytest.mark.parametrize(
    ("pattern", "got", "place"),
    [
        (without((4, 5)), r"f\[4\] depends on x\[5\], derivative 1.49: \(4, 5\) is not stored", (4, 5)),
        (without((0, 0)), r"f\[0\] depends on x\[0\], derivative 0.199:", (0, 0)),
        (without((3, 2), (3, 4)), r"f\[3\] depends on several others as well", (3, None)),
    ],
)
def test_missing_entry_is_named(pattern: Any, got: str, place: Any) -> None:
    with pytest.raises(PatternError, match=r"got:      " + got) as caught:
        sj.jacobian(chain, pattern)(X, K)
    assert (caught.value.row, caught.value.column) == place


def far(x: Any, k: Any) -> Any:
    """Return the forces, one of which depends a little on a place with the colour of one of its neighbours."""
    return chain(x, k) + jnp.zeros(N).at[2].set(1e-7 * x[6])


def test_missing_entry_that_hides_in_another_one_is_named() -> None:
    with pytest.raises(PatternError, match=r"f\[2\] depends on x\[6\], derivative 1e-07"):
        sj.jacobian(far, BAND)(X, K)


def test_missing_entry_is_named_out_of_a_compiled_program() -> None:
    compiled = jax.jit(sj.jacobian(far, BAND))
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"f\[2\] depends on x\[6\]"):
        jax.block_until_ready(compiled(X, K))


EYE = sp.eye(N)


def test_holomorphic_function_of_complex_numbers_has_a_complex_jacobian() -> None:
    found = sj.jacobian(lambda x: 1j * x**2, EYE)(X + 1j).values
    assert np.abs(found - 2j * (X + 1j)).max() < 1e-15


@pytest.mark.parametrize("function", [jnp.conj, jnp.real, lambda x: x * abs(x)], ids=["conj", "real", "abs"])
def test_function_that_is_not_holomorphic_is_refused(function: Any) -> None:
    with pytest.raises(DtypeError, match=r"got:      in f\[\d\] one that is off by \d\.\de-01 of the magnitudes"):
        sj.jacobian(function, EYE)(X + 1j)


def test_missing_entry_of_a_complex_jacobian_is_named() -> None:
    with pytest.raises(PatternError, match=r"f\[2\] depends on x\[4\], derivative 0\+3j"):
        sj.jacobian(lambda x: x.at[2].add(3j * x[4]), EYE)(X + 1j)


def test_rounding_within_the_function_is_told_from_an_entry_by_a_tolerance() -> None:
    def rounded(x: Any) -> Any:
        return (1e6 * x + x**2) - 1e6 * x

    with pytest.raises(PatternError, match="if that is rounding within f, pass tolerance=1e-09"):
        sj.jacobian(rounded, EYE)(X)
    found = sj.jacobian(rounded, EYE, tolerance=1e-9)(X).values
    assert np.abs(found - 2 * X).max() < 1e-9


@pytest.mark.parametrize("shape", [(0, 3), (0, 0), (3, 0)])
def test_jacobian_without_rows_or_columns_is_empty(shape: tuple[int, int]) -> None:
    m, n = shape
    found = sj.jacobian(lambda x: jnp.zeros(m), scipy.sparse.csc_array(shape))(np.ones(n))
    assert found.shape == shape and found.values.size == 0


def test_hessian_in_nothing_is_empty() -> None:
    assert sj.hessian(lambda x: x.sum(), scipy.sparse.csc_array((0, 0)))(np.ones(0)).shape == (0, 0)


def test_entries_read_off_at_wrong_places_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jacobian, "read_off", lambda pattern: Slots(read_off(pattern).slot[::-1], 3 * N))
    with pytest.raises(PatternError, match="the pattern misses an entry"):
        sj.jacobian(chain, BAND)(X, K)


@pytest.mark.parametrize(
    ("wrong", "error", "got"),
    [
        (lambda: sj.jacobian(chain, np.eye(3)), PatternError, "got:      ndarray"),
        (lambda: JACOBIAN(X[:3], K), ShapeError, r"got:      shape \(3,\)"),
        (lambda: sj.jacobian(lambda x: x[:2], BAND)(X), ShapeError, r"got:      shape \(2,\)"),
        (lambda: sj.hessian(lambda x: x, BAND)(X), ShapeError, r"got:      shape \(8,\)"),
        (lambda: sj.jacobian(lambda x: (x, x), EYE)(X), DtypeError, "got:      tuple"),
        (lambda: sj.jacobian(lambda x: x.astype(int), EYE)(X), DtypeError, "got:      an array of type int"),
        (lambda: sj.hessian(lambda x: (x.sum(),), EYE)(X), DtypeError, "got:      tuple"),
        (lambda: sj.hessian(lambda x: (x > 0).sum(), EYE)(X), DtypeError, "got:      an array of type int"),
        (lambda: sj.hessian(lambda x: (x**3).sum(), EYE)(X + 1j), DtypeError, "got:      x of type complex128"),
        (lambda: sj.jacobian(chain, BAND, tolerance=np.nan), DtypeError, "got:      tolerance=nan"),
        (lambda: sj.hessian(energy, BAND, tolerance=-1), DtypeError, "got:      tolerance=-1"),
        (lambda: sj.hessian(energy, without((0, 1))), StructureError, r"got:      no entry at \(0, 1\)"),
    ],
)
def test_error_says_what_was_got(wrong: Any, error: type[Exception], got: str) -> None:
    with pytest.raises(error, match=got):
        wrong()


def test_patterns_are_taken_from_matrices_of_all_kinds() -> None:
    matrix = sp.from_scipy(BAND)
    found = [sj.jacobian(chain, given).pattern for given in (BAND, matrix, matrix.pattern, BAND.tocoo())]
    assert all(pattern is matrix.pattern for pattern in found)
