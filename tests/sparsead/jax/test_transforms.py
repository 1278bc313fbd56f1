"""Every transform gives what dense JAX gives, with one factorization for each matrix, over every transport."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from sparsead import factor_cache
from tests.conftest import require

jax = require("jax")
sp = require("sparsead.jax")
lowered = require("sparsead.jax.lowered")
transforms = require("tests.sparsead.jax.transform_cases")
check_frontend = require("sparsead.testing.frontend_checks").check_frontend

ASSEMBLE = sp.triplets(transforms.ROWS, transforms.COLS, (transforms.N, transforms.N))
TRANSPORTS = ("buffer", "ffi")


def solve(d: Any, b: Any) -> Any:
    return sp.solve(ASSEMBLE(d), b)


@functools.cache
def expected(name: str) -> Any:
    return jax.tree.map(np.asarray, jax.jit(transforms.cases(transforms.dense)[name][1])())


def assert_agrees(name: str, found: Any) -> None:
    # Rounding, grown by a condition number below ten to the power of the order; in float32 that of single numbers.
    bound = 1e-4 if name == "float32" else 1e-11
    for got, want in zip(jax.tree.leaves(found), jax.tree.leaves(expected(name)), strict=True):
        assert got.dtype == want.dtype
        assert np.abs(got - want).max() <= bound * np.abs(want).max()


@pytest.mark.parametrize("name", transforms.NAMES)
def test_transform_agrees_with_dense_and_factorizes_each_matrix_once(name: str) -> None:
    matrices, compute = transforms.cases(solve)[name]
    assert_agrees(name, jax.block_until_ready(compute()))
    assert factor_cache.stats().factorizations == matrices


@pytest.mark.parametrize("name", transforms.NAMES)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_compiled_transform_does_too(name: str, transport: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # large matrices run all kernels on the host; small ones only the factorization
    if transport == "buffer":
        monkeypatch.setattr(lowered, "_SMALL", dict.fromkeys(lowered._SMALL, 0))
    matrices, compute = transforms.cases(solve)[name]
    with sp.transport(transport):
        found = jax.block_until_ready(jax.jit(compute)())
    assert_agrees(name, found)
    assert factor_cache.stats().factorizations == matrices


def test_there_are_forty_transforms() -> None:
    assert len(transforms.NAMES) == 40


@pytest.mark.parametrize("name", ["jit", "jit of value and gradient"])
def test_last_resort_transport_warns_and_agrees(name: str) -> None:
    with pytest.warns(UserWarning, match="pure_callback can hang"), sp.transport("pure"):
        found = jax.block_until_ready(transforms.cases(solve)[name][1]())
    assert_agrees(name, found)


def test_checker_of_front_ends_accepts_the_solve() -> None:
    def oracle_grad(primals: Any, out_bar: Any) -> Any:
        values, b = primals
        full = np.zeros((transforms.N, transforms.N), np.result_type(values, b))
        np.add.at(full, (transforms.ROWS, transforms.COLS), values)
        x, lam = np.linalg.solve(full, b), np.linalg.solve(full.T, out_bar)
        return -lam[transforms.ROWS] * x[transforms.COLS], lam

    check_frontend(solve, oracle_grad, (np.asarray(transforms.D), np.asarray(transforms.B)))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_large_arrays_pass_through_the_transport(transport: str) -> None:
    n = 200_000
    main, b = np.linspace(1.0, 2.0, n), np.ones(n)

    def total(d: Any) -> Any:
        return sp.solve(sp.diags([d]), b).sum()

    with sp.transport(transport):
        value, slope = jax.block_until_ready(jax.jit(jax.value_and_grad(total))(main))
    # one rounding an entry, and the order of a sum of 2e5 numbers
    assert float(value) == pytest.approx((1 / main).sum(), rel=1e-12)
    assert np.allclose(slope, -1 / main**2, rtol=1e-14, atol=0)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_empty_arrays_pass_through_the_transport(transport: str) -> None:
    with sp.transport(transport):
        x = jax.jit(lambda d: sp.solve(sp.diags([d]), np.zeros((3, 0))))(np.ones(3))
        y = jax.jit(lambda b: sp.coo([], [], np.zeros(0), (3, 2)) @ b)(np.ones(2))
    assert x.shape == (3, 0)
    assert np.array_equal(y, np.zeros(3))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_error_of_a_matrix_without_entries_names_its_column(transport: str) -> None:
    nothing = sp.coo([], [], np.zeros(0), (2, 2))
    with sp.transport(transport), pytest.raises(Exception, match=r"got: +column 0 is empty"):
        jax.block_until_ready(jax.jit(lambda b: sp.solve(nothing, b))(np.ones(2)))


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_error_within_jit_keeps_its_text_and_the_process(transport: str) -> None:
    with sp.transport(transport):
        compiled = jax.jit(solve)
        with pytest.raises(Exception, match=r"(?s)matrix is singular.*expected: .*got: .*fix: "):
            jax.block_until_ready(compiled(0 * transforms.D, transforms.B))
        assert_agrees("solve", jax.block_until_ready(compiled(transforms.D, transforms.B)))


def test_eager_error_keeps_its_type() -> None:
    with pytest.raises(ArithmeticError, match=r"got: "):
        solve(0 * transforms.D, transforms.B)


def test_lane_of_a_singular_matrix_is_named() -> None:
    several = transforms.SEVERAL_D.at[5].set(0.0)
    with pytest.raises(ArithmeticError) as caught:
        jax.vmap(solve, (0, None))(several, transforms.B)
    assert "in matrix 5 of a batch of 8" in caught.value.__notes__  # JAX adds a note of its own
