"""What a compiled program holds: calls with the pattern beside them, never its indices as foldable constants."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from sparsead import kernels
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
sp = require("sparsead.jax")
constants = require("sparsead.jax.constants")
KERNELS = require("sparsead.jax.primitives").KERNELS

LARGE = 20_000  # unknowns: beyond the sizes that become array code on a CPU
SMALL = 200
TRANSPORTS = ("buffer", "ffi")


def program(n: int) -> tuple[Any, Any]:
    """Return the value and gradient of a program that uses solves, products and triplets, and its argument."""
    along = np.arange(n)
    rows, cols = np.r_[along, along[1:], along[:-1], 0], np.r_[along, along[:-1], along[1:], 0]
    assemble = sp.triplets(rows, cols, (n, n))

    def value(d: Any) -> Any:
        a = assemble(d)
        u = sp.solve(a, jnp.ones(n))
        return u @ (a @ u)

    return jax.value_and_grad(value), jnp.where(jnp.arange(len(rows)) < n, 4.0, 1.0)


@pytest.fixture
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scale what counts as large down with the matrices; on an accelerator less than that is compiled in."""
    monkeypatch.setattr(constants, "_LARGE", 1 << 10)


def nbytes(n: int) -> int:
    f, d = program(n)
    return len(jax.jit(f).lower(d).compiler_ir("hlo").as_serialized_hlo_module_proto())


@pytest.mark.usefixtures("_small_is_large")
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_program_does_not_grow_with_the_pattern(transport: str) -> None:
    with sp.transport(transport):
        small, large = nbytes(LARGE), nbytes(5 * LARGE)
    assert large < 1.01 * small < 20_000


def test_traced_function_holds_no_index_arrays() -> None:
    f, d = program(LARGE)
    assert sum(np.size(constant) for constant in jax.make_jaxpr(f)(d).consts) == 0


def test_new_values_are_not_compiled_again() -> None:
    f, d = program(SMALL)
    traced = []

    @jax.jit
    def counted(d: Any) -> Any:
        traced.append(d)
        return f(d)

    for factor in (1.0, 2.0, 3.0):
        counted(d * factor)
    assert len(traced) == 1


def on_gpu(n: int) -> str:
    """Return the program of a GPU that sums triplets, multiplies, and goes back: all kernels but the solve."""
    along = np.arange(n)
    assemble = sp.triplets(np.r_[along, 0, 0], np.r_[along, 0, 0], (n, n))
    slope = jax.jit(jax.grad(lambda d: ((assemble(d) @ jnp.ones(n)) ** 2).sum()))
    return slope.trace(jnp.ones(n + 2)).lower(lowering_platforms=("cuda",)).as_text()


def test_on_a_gpu_products_and_sums_stay_in_the_program() -> None:
    text = on_gpu(LARGE)
    assert "callback" not in text
    # XLA would fold index constants for minutes if they did not stand behind the barrier
    indices = re.findall(r'stablehlo.constant dense<"0x.* : tensor<\d+xi\d+>', text)
    of_sum = 1  # its triplets are rounded before they are added
    assert text.count("stablehlo.optimization_barrier") - of_sum == len(indices) == 9


@pytest.mark.usefixtures("_small_is_large")
def test_on_a_gpu_indices_are_copied_into_a_program_that_does_not_grow() -> None:
    small, large = on_gpu(LARGE), on_gpu(5 * LARGE)
    assert len(large) < 1.05 * len(small) < 30_000  # numbers of one digit more
    assert small.count("@xla_buffer_python_gpu_callback") == large.count("@xla_buffer_python_gpu_callback") == 9


def test_on_a_gpu_no_triplets_are_scattered() -> None:
    """Where threads add in the order of their arrival, the same matrix has other bits, and is factorized again."""
    assemble = sp.triplets([0, 0, 0, 1], [0, 0, 0, 1], (2, 2))
    text = jax.jit(lambda d: assemble(d).values).trace(jnp.ones(4)).lower(lowering_platforms=("cuda",)).as_text()
    assert "scatter" not in text


def test_array_code_of_small_matrices_does_what_the_host_does() -> None:
    f, d = program(SMALL)
    for got, want in zip(jax.jit(f)(d), f(d), strict=True):
        assert np.allclose(got, want, rtol=1e-12, atol=1e-14)  # sums of a few hundred numbers in another order


def test_sampled_products_of_many_vectors_are_compiled_and_skip_dead_ones() -> None:
    """All steps of a march at once: no host call, and a vector of zeros hides the NaN of its partner."""
    pattern = (
        sp.eye(LARGE) + sp.coo(np.arange(LARGE - 1), np.arange(1, LARGE), np.ones(LARGE - 1), 2 * (LARGE,))
    ).pattern
    u, v = np.random.default_rng(0).standard_normal((2, 1, 9, LARGE))
    u[0, 3], v[0, 3, 7] = 0.0, np.nan
    compiled = jax.jit(lambda u, v: KERNELS.sddmm(u, v, pattern=pattern)).lower(u, v).compile()
    assert "callback" not in compiled.as_text()
    np.testing.assert_allclose(compiled(u, v), kernels.sddmm(u, v, pattern=pattern), rtol=1e-12, atol=1e-13)
