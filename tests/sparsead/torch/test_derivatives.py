"""Derivatives through PyTorch: right to second order in every mode, and one factorization for each matrix."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as reference
from tests.conftest import require
from tests.sparsead.programs import (
    COLS,
    PROGRAMS,
    ROWS,
    SYMMETRIC_COLS,
    SYMMETRIC_ROWS,
    SYMMETRIC_SOURCE,
    N,
    arrays,
    drawn,
    grid,
    symmetric_values,
)

torch = require("torch")
sp = importlib.import_module("sparsead.torch")

# Forward mode makes PyTorch compile decompositions of its own with what it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.*deprecated:DeprecationWarning")

DTYPES = [np.float64, np.complex128]

assemble = sp.triplets(ROWS, COLS, (N, N))


def leaves(dtype: Any, **options: Any) -> list[Any]:
    return [torch.tensor(array, requires_grad=True) for array in arrays(dtype, **options)]


def tensors(dtype: Any, **options: Any) -> list[Any]:
    return [torch.tensor(array) for array in arrays(dtype, **options)]


def cost(values: Any, b: Any) -> Any:
    """Return a real number of a solution; neither linear nor quadratic."""
    x = sp.solve(assemble(values), b)
    return (torch.sin(x.real) ** 2).sum() + (x.abs() ** 2).sum()


def counts() -> tuple[int, int, int]:
    stats = sparsead.factor_cache.stats()
    return stats.factorizations, stats.solves, stats.right_hand_sides


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_value_and_gradient_agree_with_numpy_front_end(program: str, dtype: Any) -> None:
    run = PROGRAMS[program]
    expected, pullback = reference.vjp(lambda v, b: run(reference, v, b), *arrays(dtype))
    values, b = leaves(dtype)
    out = run(sp, values, b)
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-12)
    out_bar = drawn(np.random.default_rng(5), expected.shape, dtype)
    # PyTorch's gradients are the conjugates of the transposed convention's cotangents
    found = torch.autograd.grad(out, (values, b), torch.tensor(out_bar.conj()), materialize_grads=True)
    for gradient, bar in zip(found, pullback(out_bar), strict=True):
        np.testing.assert_allclose(gradient.numpy(), bar.conj(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_in_every_mode(program: str, dtype: Any) -> None:
    run, inputs = PROGRAMS[program], leaves(dtype)
    assert torch.autograd.gradcheck(lambda v, b: run(sp, v, b), inputs, check_forward_ad=True, fast_mode=True)
    assert torch.autograd.gradgradcheck(lambda v, b: run(sp, v, b), inputs, check_fwd_over_rev=True, fast_mode=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("trans", ["N", "T", "H"])
def test_many_right_hand_sides(trans: str, dtype: Any) -> None:
    def f(values: Any, b: Any) -> Any:
        return sp.solve(assemble(values), b, trans=trans)

    inputs = leaves(dtype, columns=2)
    assert torch.autograd.gradcheck(f, inputs, check_forward_ad=True, fast_mode=True)
    assert torch.autograd.gradgradcheck(f, inputs, check_fwd_over_rev=True, fast_mode=True)


def test_real_matrix_with_complex_loads() -> None:
    values, b = leaves(np.float64)[0], leaves(np.complex128)[1]
    assert torch.autograd.gradcheck(lambda v, load: sp.solve(assemble(v), load), (values, b), check_forward_ad=True)
    sparsead.factor_cache.clear()
    gradient, _ = torch.autograd.grad(cost(values, b), (values, b))
    assert gradient.dtype == torch.float64
    assert sparsead.factor_cache.stats().factorizations == 1


@pytest.mark.parametrize(
    ("declared", "shift"), [({"symmetric": True}, 7.0), ({"positive_definite": True}, 9.0), ({"hermitian": True}, 7.0)]
)
def test_declared_structures(declared: dict[str, bool], shift: float) -> None:
    structured = sp.triplets(SYMMETRIC_ROWS, SYMMETRIC_COLS, (N, N), **declared)
    lower = torch.tensor(symmetric_values(np.float64, shift=shift), requires_grad=True)
    b = torch.linspace(1, 2, N, dtype=torch.float64, requires_grad=True)

    def f(values: Any, load: Any) -> Any:
        return sp.solve(structured(values[SYMMETRIC_SOURCE]), load)

    assert torch.autograd.gradcheck(f, (lower, b), check_forward_ad=True, fast_mode=True)
    assert torch.autograd.gradgradcheck(f, (lower, b), check_fwd_over_rev=True, fast_mode=True)


def test_gradient_points_uphill_for_complex_numbers() -> None:
    # L = |x|^2 with x = b / a: PyTorch's gradient is dL/dRe a + i dL/dIm a
    a, b = torch.tensor([2.0 - 1.0j], dtype=torch.complex128, requires_grad=True), torch.tensor([3.0 + 4.0j])
    (sp.solve(sp.diags([a]), b).abs() ** 2).sum().backward()
    expected = -2 * 25 / 5 / np.conj(2.0 - 1.0j)
    assert a.grad.numpy() == pytest.approx(expected, rel=1e-12)


def test_value_and_gradient_cost_one_factorization_and_two_solves() -> None:
    values, b = leaves(np.float64)
    cost(values, b).backward()
    assert counts() == (1, 2, 2)
    assert values.grad is not None
    assert b.grad is not None


def test_functional_gradient_and_tangent_cost_one_factorization_and_two_solves() -> None:
    values, b = tensors(np.float64)
    torch.func.grad(cost, argnums=(0, 1))(values, b)
    assert counts() == (1, 2, 2)
    sparsead.factor_cache.clear()
    torch.func.jvp(cost, (values, b), (values, b))
    assert counts() == (1, 2, 2)


@pytest.mark.parametrize("outer", ["jacfwd", "jacrev"])
@pytest.mark.parametrize("inner", ["jacfwd", "jacrev"])
def test_hessian_costs_one_factorization_and_four_calls(inner: str, outer: str) -> None:
    values, b = tensors(np.float64)
    inner, outer = getattr(torch.func, inner), getattr(torch.func, outer)
    found = outer(inner(lambda v: cost(v, b)))(values)
    assert counts()[:2] == (1, 4)
    # not of torch.func: nested forward mode was wrong there for functions that are not PyTorch's own
    expected = torch.autograd.functional.hessian(lambda v: cost(v, b), values)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mode", ["grad", "jacfwd"])
def test_third_derivative_costs_one_factorization(mode: str) -> None:
    values, b = tensors(np.float64)
    grad = getattr(torch.func, mode)
    second = grad(grad(lambda t: cost(values * (1 + t), b)))
    third = grad(second)(torch.tensor(0.0, dtype=torch.float64))
    assert sparsead.factor_cache.stats().factorizations == 1
    step = torch.tensor(1e-3, dtype=torch.float64)
    assert third.item() == pytest.approx(((second(step) - second(-step)) / (2 * step)).item(), rel=1e-4)


def test_vmap_over_right_hand_sides_is_one_call() -> None:
    values, _ = tensors(np.float64)
    loads = torch.randn(4, N, 2, dtype=torch.float64)
    found = torch.func.vmap(lambda b: sp.solve(assemble(values), b))(loads)
    assert counts() == (1, 1, 8)
    torch.testing.assert_close(found, torch.stack([sp.solve(assemble(values), b) for b in loads]))


def test_vmap_in_any_axis_and_of_a_gradient() -> None:
    values, b = tensors(np.complex128)
    many = torch.stack([values * scale for scale in (1.0, 1.5, 2.0)], dim=1)
    found = torch.func.vmap(torch.func.grad(cost), in_dims=(1, None), out_dims=1)(many, b)
    assert sparsead.factor_cache.stats().factorizations == 3
    expected = torch.stack([torch.func.grad(cost)(many[:, i], b) for i in range(3)], dim=1)
    torch.testing.assert_close(found, expected)


def test_gradient_of_a_vmap_factorizes_each_matrix_once() -> None:
    values, b = tensors(np.float64)
    many = torch.stack([values * scale for scale in (1.0, 1.5, 2.0, 2.5, 3.0)]).requires_grad_()
    torch.func.vmap(cost, in_dims=(0, None))(many, b).sum().backward()
    assert sparsead.factor_cache.stats().factorizations == 5
    torch.testing.assert_close(many.grad[4], torch.func.grad(cost)(values * 3.0, b))


@pytest.mark.parametrize("program", PROGRAMS)
def test_vmap_of_every_program(program: str) -> None:
    values, b = tensors(np.complex128)
    run = PROGRAMS[program]
    values, b = torch.stack([values, 2 * values]), torch.stack([b, 3 * b])
    for in_dims in ((0, 0), (0, None), (None, 0)):
        given = [x if dim == 0 else x[0] for x, dim in zip((values, b), in_dims, strict=True)]
        found = torch.func.vmap(lambda v, load: run(sp, v, load), in_dims=in_dims)(*given)
        for lane in range(2):
            expected = run(sp, *(x[lane] if dim == 0 else x for x, dim in zip(given, in_dims, strict=True)))
            torch.testing.assert_close(found[lane], expected)


def test_self_adjoint_compliance_costs_one_solve() -> None:
    rows, cols, values = grid(24)
    stiffness, load = sp.triplets(rows, cols, (576, 576), positive_definite=True), np.linspace(1, 2, 576)
    scale, b = torch.tensor(2.0, dtype=torch.float64, requires_grad=True), torch.tensor(load)
    torch.dot(b, sp.solve(stiffness(torch.tensor(values) * scale), b)).backward()
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.remembered) == (1, 1, 1)
    expected = -load @ reference.solve(reference.coo(rows, cols, values, (576, 576)), load) / 4
    assert scale.grad.item() == pytest.approx(expected, rel=1e-10)
