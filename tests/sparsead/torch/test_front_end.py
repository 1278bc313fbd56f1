"""The PyTorch front-end: its names, its tensors, its errors."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as reference
from sparsead.errors import DtypeError, NoDerivativeError, NonFiniteError, NotPositiveDefiniteError, SingularMatrixError
from tests.conftest import require
from tests.sparsead.programs import COLS, ROWS, N, arrays

torch = require("torch")
sp = importlib.import_module("sparsead.torch")

assemble = sp.triplets(ROWS, COLS, (N, N))


def tensors(dtype: Any, **options: Any) -> list[Any]:
    return [torch.tensor(array) for array in arrays(dtype, **options)]


def test_public_names_and_signatures_are_those_of_the_numpy_front_end() -> None:
    own_of_numpy = {"Factorized", "apply", "factorize", "vjp", "jvp"}
    assert set(sp.__all__) == set(reference.__all__) - own_of_numpy
    for name in set(sp.__all__) - {"SparseArray", "Assembler"}:
        assert list(inspect.signature(getattr(sp, name)).parameters) == list(
            inspect.signature(getattr(reference, name)).parameters
        )
        assert getattr(sp, name).__doc__


def test_norm_and_gradient_agree_with_numpy_front_end() -> None:
    values, b = arrays(np.complex128, columns=2)
    of_numpy = reference.triplets(ROWS, COLS, (N, N))
    expected = reference.norm_solve_and_grad(lambda v: reference.vjp(of_numpy, v), values, b, grad_b=True)
    sparsead.factor_cache.clear()
    norm, (gradient, gradient_b) = sp.norm_solve_and_grad(assemble, torch.tensor(values), torch.tensor(b), grad_b=True)
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves) == (1, 2)
    assert norm.item() == pytest.approx(expected[0], rel=1e-12)
    np.testing.assert_allclose(gradient.numpy(), expected[1][0].conj(), rtol=1e-10)
    np.testing.assert_allclose(gradient_b.numpy(), expected[1][1].conj(), rtol=1e-10)


def test_norm_leaves_the_users_tensors_alone() -> None:
    values, b = (x.requires_grad_() for x in tensors(np.float64))
    with torch.no_grad():
        norm, gradient = sp.norm_solve_and_grad(lambda p: assemble(p["k"][0]), {"k": (values,), "unused": b}, b)
    assert values.grad is None
    assert not norm.requires_grad
    assert not gradient["k"][0].requires_grad
    assert not gradient["unused"].any()


def test_norm_in_large_and_small_units() -> None:
    values, b = tensors(np.float64)
    _, plain = sp.norm_solve_and_grad(assemble, values, b)
    for unit in (1e-200, 1e200):
        _, found = sp.norm_solve_and_grad(assemble, values, b * unit)
        torch.testing.assert_close(found / unit, plain, rtol=1e-10, atol=0)


def test_norm_of_zero_has_gradient_zero() -> None:
    values, b = tensors(np.complex128)
    norm, (gradient, gradient_b) = sp.norm_solve_and_grad(assemble, values, 0 * b, grad_b=True)
    assert norm == 0
    assert not gradient.any()
    assert not gradient_b.any()


def test_numbers_in_lists_keep_their_gradients() -> None:
    k = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    stiffness = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], [3.0 * k, -k, -k, 2.0 * k], (2, 2), symmetric=True)
    sp.solve(stiffness, [1.0, 2.0])[0].backward()
    assert k.grad.item() == pytest.approx(-0.8 / 2**2)


def test_operands_on_the_left() -> None:
    values, b = tensors(np.float64)
    matrix = assemble(values)
    torch.testing.assert_close(b @ matrix, matrix.T @ b)
    torch.testing.assert_close(sp.to_dense(b[0] * matrix), b[0] * sp.to_dense(matrix))
    torch.testing.assert_close(sp.to_dense(0.1 * matrix), 0.1 * sp.to_dense(matrix), rtol=0, atol=0)


def test_numpy_arrays_and_numbers_of_python_keep_their_digits() -> None:
    values, b = arrays(np.float64)
    assert sp.solve(assemble(values), b).dtype == torch.float64
    assert sp.coo([0], [0], [0.1], (1, 1)).values.item() == 0.1
    read_only = np.broadcast_to(0.1, N)
    assert (assemble(values) @ read_only).dtype == torch.float64
    assert (assemble(values) @ b[::-1]).dtype == torch.float64


def test_types_of_made_up_and_converted_values() -> None:
    assert sp.eye(2).dtype == np.float32
    assert sp.diags([torch.arange(1, 3)]).dtype == np.float32
    assert sp.diags([torch.ones(2, dtype=torch.bfloat16)]).dtype == np.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert sp.eye(2).dtype == np.float64
        assert sp.diags([torch.arange(1, 3)]).dtype == np.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_single_precision_is_kept() -> None:
    values, b = tensors(np.float32)
    values.requires_grad_()
    x = sp.solve(assemble(values), b)
    x.sum().backward()
    double = values.detach().double().requires_grad_()
    sp.solve(assemble(double), b).sum().backward()
    assert (x.dtype, values.grad.dtype) == (torch.float32, torch.float32)
    torch.testing.assert_close(values.grad, double.grad.float(), rtol=1e-5, atol=1e-7)
    assert (2.5 * assemble(values)).dtype == np.float32


def test_mixed_types_give_each_argument_its_own() -> None:
    values, b = tensors(np.float32)[0].requires_grad_(), tensors(np.complex128)[1].requires_grad_()
    sp.solve(assemble(values), b).abs().sum().backward()
    assert (values.grad.dtype, b.grad.dtype) == (torch.float32, torch.complex128)


def test_results_and_gradients_can_be_seen_as_numpy() -> None:
    values, b = tensors(np.complex128)
    values.requires_grad_()
    x = sp.solve(assemble(values).H, b)
    x.abs().sum().backward()
    assert x.detach().numpy().shape == values.grad[:N].numpy().shape


def test_tensors_are_read_in_place_whatever_their_strides() -> None:
    values, b = tensors(np.complex128, columns=2)
    expected = sp.solve(assemble(values), b)
    strided = torch.stack([values, values], dim=1)[:, 0]
    torch.testing.assert_close(sp.solve(assemble(strided), b.T.contiguous().T), expected)
    torch.testing.assert_close(sp.solve(assemble(values.conj()), b.conj()), expected.conj())


def test_change_of_a_saved_tensor_is_seen_by_pytorch() -> None:
    values, b = tensors(np.float64)
    load = b.clone().requires_grad_()
    stored = assemble(values).values
    x = sp.solve(sp.SparseArray(stored, assemble.pattern), load)
    stored.mul_(2.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        x.sum().backward()


def test_errors_keep_their_type() -> None:
    diagonal = torch.tensor([1.0, 1.0, 0.0], requires_grad=True)
    with pytest.raises(SingularMatrixError, match="got:"):
        sp.solve(sp.diags([diagonal]), torch.ones(3))
    with pytest.raises(SingularMatrixError, match="got:"):
        torch.func.grad(lambda v: sp.solve(sp.diags([v]), torch.ones(3)).sum())(diagonal)
    with pytest.raises(NonFiniteError, match=r"got:.*nan"):
        sp.solve(sp.diags([diagonal * torch.nan]), torch.ones(3))
    with pytest.raises(NotPositiveDefiniteError) as caught:
        sp.solve(sp.diags([diagonal - 0.5], positive_definite=True), torch.ones(3))
    assert caught.value.column == 2


def test_dead_lanes_of_a_batch_give_nan_where_asked() -> None:
    diagonals = torch.tensor([[1.0, 2.0], [1.0, 0.0]])
    x = torch.func.vmap(lambda v: sp.solve(sp.diags([v]), torch.ones(2), on_singular="nan"))(diagonals)
    torch.testing.assert_close(x, torch.tensor([[1.0, 0.5], [torch.nan, torch.nan]]), equal_nan=True)


def test_differentiated_values_cannot_become_scipys() -> None:
    values, _ = tensors(np.float64)
    np.testing.assert_array_equal(sp.to_scipy(assemble(values)).toarray(), sp.to_dense(assemble(values)).numpy())
    with pytest.raises(NoDerivativeError, match=r"got:      a tensor of shape \(18,\): Can't call numpy"):
        sp.to_scipy(assemble(values.requires_grad_()))
    with pytest.raises(NoDerivativeError, match=r"got:      a tensor of shape \(18,\): "):
        torch.func.vmap(lambda v: sp.to_scipy(assemble(v)).sum())(values.detach()[None])


def test_traced_indices_are_refused() -> None:
    with pytest.raises(NoDerivativeError, match="got:      rows = Tensor, traced"):
        torch.func.vmap(lambda rows: sp.to_dense(sp.coo(rows, [0], [1.0], (2, 2))))(
            torch.zeros(1, 1, dtype=torch.int64)
        )


def test_tensors_that_are_not_dense_numbers_are_refused() -> None:
    with pytest.raises(DtypeError, match=r"got:      b of layout torch.sparse_coo and type torch.float32"):
        sp.solve(sp.eye(2), torch.eye(2).to_sparse())


def test_tensors_on_different_devices_are_refused() -> None:
    with pytest.raises(DtypeError, match="got:      cpu, meta"):
        sp.eye(2) @ torch.ones(2, device="meta")


def test_missing_library_is_an_error_that_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from sparsead.errors import BackendMissingError\n"
        "try:\n    import sparsead.torch\n"
        "except BackendMissingError as error:\n    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    lines = run.stdout.splitlines()
    assert lines[0] == "sparsead.torch needs PyTorch"
    assert lines[2].startswith("  got:      import torch failed: ")
    assert 'pip install "torch>=2.13"' in lines[3]
