"""Indices of 64 bits, forced on small matrices: every kernel, backend and front-end gives what 32 bits give."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sp
from sparsead import factor_cache, kernels
from sparsead.backends import mkl
from sparsead.errors import BackendError
from sparsead.factors import accuracy
from sparsead.pattern import pattern as pattern_module
from sparsead.pattern.triplets import from_triplets
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip
from tests.sparsead.programs import grid

LONG = np.dtype(np.int64)
SIDE = 15
ROWS, COLS, VALUES = grid(SIDE)
N = SIDE**2
B = np.random.default_rng(0).standard_normal(N)
DECLARED: dict[str, dict[str, bool]] = {
    "general": {},
    "symmetric": {"symmetric": True},
    "positive definite": {"positive_definite": True},
}


@pytest.fixture
def force(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes all patterns made from now on long."""
    return lambda: monkeypatch.setattr(pattern_module, "INT32_LIMIT", 3)


def matrix(values: Any, front_end: Any = sp, **declared: bool) -> Any:
    return front_end.coo(ROWS, COLS, values, (N, N), **declared)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_kernels_give_the_same_bits(dtype: Any) -> None:
    rng = np.random.default_rng(1)
    rows, cols = rng.integers(0, 9, 60), rng.integers(0, 7, 60)
    (short, short_slots), (long, long_slots) = (from_triplets(rows, cols, (9, 7), dtype=d) for d in ("i4", "i8"))
    assert long.indices.dtype == long.indptr.dtype == LONG
    stored, triplets, u, v = (
        rng.standard_normal(s).astype(dtype) for s in ((2, short.size), (2, 60), (2, 3, 9), (2, 3, 7))
    )
    for run in (
        lambda pattern, slots: kernels.spmv(stored, v, pattern=pattern, trans="N"),
        lambda pattern, slots: kernels.spmv(stored, u, pattern=pattern, trans="T"),
        lambda pattern, slots: kernels.sddmm(u, v, pattern=pattern),
        lambda pattern, slots: kernels.sum_triplets(triplets, slots=slots),
        lambda pattern, slots: kernels.gather(stored, slots=slots),
    ):
        assert np.array_equal(run(short, short_slots), run(long, long_slots))


ABLE = [(backend, name) for backend in ("dense", "banded", "pardiso", "umfpack", "cvxopt") for name in DECLARED]


@pytest.mark.parametrize("trans", ["N", "T", "H"])
@pytest.mark.parametrize("imaginary", [0, 1j], ids=["real", "complex"])
@pytest.mark.parametrize(("backend", "declared"), [*ABLE, ("cholmod", "positive definite")])
def test_backend_solves(backend: str, declared: str, imaginary: complex, trans: Any, force: Callable[[], None]) -> None:
    backend_or_skip(backend)
    skew = np.sign(ROWS - COLS) * (1 if declared == "positive definite" else 0 if declared == "symmetric" else 0.3)
    values = VALUES + 0.01 * imaginary * (skew if declared == "positive definite" else np.ones(len(VALUES)))
    values = values if declared != "general" else values + skew
    expected = sp.solve(matrix(values), B + imaginary, trans=trans, backend="superlu")
    force()
    for c in (1.0, 2.0):  # the second reuses the analysis
        a = matrix(c * values, **DECLARED[declared])
        assert a.pattern.indices.dtype == LONG
        x = sp.solve(a, B + imaginary, trans=trans, backend=backend)
        # rounding times a condition number of 100
        assert np.abs(c * x - expected).max() < 1e-12 * np.abs(expected).max()


def test_pardiso_is_called_with_64_bits(force: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    backend_or_skip("pardiso")
    called = []
    solver = mkl.MKL.pardiso
    monkeypatch.setattr(mkl.MKL, "pardiso", lambda self, index: called.append(index) or solver(self, index))
    sp.solve(matrix(VALUES), B, backend="pardiso")
    force()
    sp.solve(matrix(VALUES), B, backend="pardiso")
    assert called == [np.int32, LONG]


def test_superlu_says_that_it_has_32_bits_only(force: Callable[[], None]) -> None:
    force()
    with pytest.raises(BackendError, match=r"(?s)32-bit indices only.*got: +\d+ stored entries.*fix: .*pardiso"):
        sp.solve(matrix(VALUES), B, backend="superlu")
    assert np.isfinite(sp.solve(matrix(VALUES), B)).all()  # another backend was chosen


def test_singular_matrix_too_large_for_superlu_is_not_located(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise ValueError("index values too large for SuperLU")

    monkeypatch.setattr(accuracy, "splu", refuse)
    with pytest.raises(ArithmeticError, match=r"got: +a zero pivot\n"):
        sp.solve(sp.coo([0, 0, 1, 1], [0, 1, 0, 1], np.ones(4), (2, 2)), [1.0, 1.0], backend="superlu")


@pytest.mark.parametrize("declared", DECLARED)
def test_declared_structure_is_checked(declared: str, force: Callable[[], None]) -> None:
    force()
    broken = np.where((ROWS == 7) & (COLS == 6), -0.5, VALUES)
    if declared == "general":
        assert np.isfinite(sp.solve(matrix(broken), B)).all()
        return
    with pytest.raises(ValueError, match=r"got: +A\[7, 6\] = -0\.5, A\[6, 7\] = -1\.0"):
        sp.solve(matrix(broken, **DECLARED[declared]), B)
    with pytest.raises(ValueError, match=r"got: +no entry at"):
        kept = ROWS >= COLS
        sp.coo(ROWS[kept], COLS[kept], VALUES[kept], (N, N), **DECLARED[declared])


@pytest.mark.parametrize("how", ["eager", "array code", "buffer", "ffi"])
def test_jax_gives_the_same(how: str, force: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    jax, sj, lowered = require("jax"), require("sparsead.jax"), require("sparsead.jax.lowered")

    def value(v: Any, b: Any) -> Any:
        a = matrix(v, sj)
        u = sj.solve(a + a.T, b) + a.select(np.arange(N)[::-1]) @ b
        return (u**2).sum() + a.diagonal().sum() + sj.to_dense(a).sum()

    expected = jax.value_and_grad(value, (0, 1))(VALUES, B)
    factor_cache.clear()
    force()
    program = jax.value_and_grad(value, (0, 1))
    if how != "eager":
        program = jax.jit(program)
        monkeypatch.setattr(lowered, "_SMALL", dict.fromkeys(lowered._SMALL, 0 if how != "array code" else 10**9))
    with sj.transport("ffi" if how == "ffi" else "buffer"):
        found = jax.block_until_ready(program(VALUES, B))
    assert factor_cache.stats().factorizations == 1
    for got, want in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert np.abs(got - want).max() <= 1e-12 * np.abs(want).max()  # rounding times a condition number of 100


def test_jax_without_64_bits_says_what_it_would_do_to_long_indices() -> None:
    require("jax")
    program = """
import json, jax, numpy as np, sparsead.jax as sp
from sparsead.pattern import pattern
pattern.INT32_LIMIT = 3
along = np.arange(20)
product = lambda v: sp.coo(along, along[::-1], v, (20, 20)) @ v
values = np.ones(20, np.float32)
said = {"eager": product(values).tolist()}
try:
    jax.jit(product)(values)
except TypeError as error:
    said["jitted"] = str(error)
print(json.dumps(said))
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "PYTHON"))}
    environment["PYTHONPATH"] = str(Path(sparsead.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["eager"] == [1.0] * 20
    assert "got:      indices of type int64 with jax_enable_x64 off: JAX makes them int32\n" in said["jitted"]
