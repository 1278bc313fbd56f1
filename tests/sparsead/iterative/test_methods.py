"""All methods on the matrices that they are for: plain, transposed, adjoint; real and complex; one and many loads."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import scipy.sparse

import sparsead.numpy as sp
from sparsead import factor_cache
from sparsead.errors import BackendError, ConvergenceError, NotPositiveDefiniteError, StructureError
from sparsead.iterative import bicgstab, cg, gmres, ilu, jacobi, minres, user
from tests.conftest import require
from tests.sparsead.iterative.matrices import complex_hermitian, grid, loads, membrane, relative_residual

SIDE = 20
N = SIDE**2


def flowing(side: int = SIDE) -> Any:
    """Return diffusion with a drift: a general matrix."""
    laplacian = sp.to_scipy(grid(side))
    drift = scipy.sparse.diags_array([0.7, -0.7], offsets=[1, -1], shape=laplacian.shape)
    return sp.from_scipy(scipy.sparse.csc_array(laplacian + drift))


def damped(side: int = SIDE) -> Any:
    """Return a damped vibration: complex symmetric and indefinite."""
    laplacian = sp.to_scipy(grid(side))
    return sp.from_scipy(laplacian - (0.3 + 0.1j) * scipy.sparse.eye_array(side**2), symmetric=True)


MATRICES = {
    "definite": membrane(SIDE),
    "indefinite": grid(SIDE, symmetric=True) - 0.5 * sp.eye(N),
    "general": flowing(),
    "complex general": flowing() * np.exp(0.4j),
    "complex symmetric": damped(),
    "complex Hermitian": complex_hermitian(SIDE),
}
HERMITIAN = ("definite", "indefinite", "complex Hermitian")
METHODS = {
    "minres": minres(rtol=1e-10),
    "gmres": gmres(restart=80, rtol=1e-10),
    "gmres with ilu": gmres(ilu(), rtol=1e-10),
    "bicgstab": bicgstab(rtol=1e-10),
    "bicgstab with ilu": bicgstab(ilu(), rtol=1e-10),
}
CASES = [(kind, name) for kind in MATRICES for name in METHODS if name != "minres" or kind in HERMITIAN]


@pytest.mark.parametrize(("kind", "name"), CASES)
@pytest.mark.parametrize("trans", ["N", "T", "H"])
def test_solutions_reach_the_tolerance(kind: str, name: str, trans: str) -> None:
    A = MATRICES[kind]
    b = loads(N, 3, is_complex="complex" in kind)
    b[:, 1] *= 1e-7
    x = sp.solve(A, b, trans=trans, method=METHODS[name])  # type: ignore[arg-type]
    op = {"N": A, "T": A.T, "H": A.H}[trans]
    assert (relative_residual(op, x, b) <= 1.01e-10).all()
    stats = factor_cache.stats()
    each = 2 if "bicgstab" in name else 1
    assert stats.operator_applications < 1.3 * each * stats.iterations + 4  # all right-hand sides by one product


@pytest.mark.parametrize("name", ["gmres with ilu", "bicgstab with ilu"])
def test_gradient_of_a_general_matrix_is_that_of_the_direct_solver(name: str) -> None:
    jax, spj = require("jax"), require("sparsead.jax")
    stored = sp.to_scipy(MATRICES["general"]).tocoo()
    assemble = spj.triplets(stored.row, stored.col, stored.shape)
    b, w = loads(N), loads(N, seed=1)

    def value(d: Any, method: Any) -> Any:
        return jax.numpy.vdot(w, spj.solve(assemble(d), b, method=method))

    one, other = (jax.grad(value)(stored.data, method) for method in (None, METHODS[name]))
    assert np.allclose(one, other, rtol=0, atol=1e-7 * np.abs(one).max())
    assert factor_cache.stats().setups == 1


@pytest.mark.parametrize("make", [cg, minres, gmres, bicgstab])
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_residual_of_the_recurrence_is_the_true_one(make: Any, limit: int) -> None:
    A = MATRICES["definite" if make is cg else "complex Hermitian" if make is minres else "general"]
    b = loads(N, is_complex=make is minres)
    with pytest.raises(ConvergenceError) as caught:
        sp.solve(A, b, method=make(rtol=1e-15, max_iterations=limit))
    true = float(re.search(r"got:      (\S+) \|b\|", str(caught.value))[1])  # type: ignore[index]
    assert np.isclose(caught.value.residuals[-1], true, rtol=0.05)  # two digits are printed


def test_gmres_without_restart_finds_the_solution_in_as_many_steps_as_there_are_eigenvalues() -> None:
    A = sp.diags([np.repeat([1.0, 2.0, 5.0], 20)])
    sp.solve(A, loads(60), method=gmres(user(lambda r: r), rtol=1e-12))
    assert factor_cache.stats().iterations == 3


def test_gmres_residual_is_the_least_of_its_space() -> None:
    A, b = MATRICES["general"], loads(N)
    with pytest.raises(ConvergenceError) as caught:
        sp.solve(A, b, method=gmres(user(lambda r: r), max_iterations=5))
    dense, space = sp.to_dense(A), [b]
    for _ in range(5):
        space.append(dense @ space[-1])
        space[-1] /= np.linalg.norm(space[-1])
    images = np.stack(space[1:]).T
    least = np.linalg.norm(b - images @ np.linalg.lstsq(images, b)[0]) / np.linalg.norm(b)
    assert abs(caught.value.residuals[-1] - least) < 1e-8


# ------------------------------------------------------------------------------------------ failures
def test_gmres_that_makes_no_progress_stops_early_and_says_stagnation() -> None:
    n = 40  # a cyclic shift: nothing is gained before the last step
    shift = sp.coo((np.arange(n) + 1) % n, np.arange(n), np.ones(n), (n, n))
    with pytest.raises(ConvergenceError, match=r"got:      1 \|b\| after 20 iterations \(stagnation\)"):
        sp.solve(shift, np.eye(n)[0], method=gmres(user(lambda r: r), restart=10))
    x = sp.solve(shift, np.eye(n)[0], method=gmres(user(lambda r: r), restart=n))
    assert np.allclose(x, np.eye(n)[n - 1], atol=1e-12)


def test_bicgstab_breakdown_names_iteration_and_product() -> None:
    turn = sp.coo([0, 1], [1, 0], [1.0, -1.0], (2, 2))  # x^T A x = 0 for all x
    with pytest.raises(ConvergenceError, match=r"\(breakdown in iteration 0: r_0\^H v is 0\.0e\+00 of its norms\)"):
        sp.solve(turn, np.ones(2), method=bicgstab(user(lambda r: r)))


def test_minres_of_a_singular_matrix_does_not_converge_silently() -> None:
    A = sp.coo([0, 0, 1, 1], [0, 1, 0, 1], [1.0, -1.0, -1.0, 1.0], (2, 2), symmetric=True)
    with pytest.raises(ConvergenceError, match=r"got:      0\.71 \|b\| .* \(a direction that"):
        sp.solve(A, np.array([1.0, 0.0]), method=minres())


@pytest.mark.parametrize("method", [minres, cg])
def test_preconditioner_that_is_not_symmetric_is_found_before_the_first_iteration(method: Any) -> None:
    with pytest.raises(StructureError, match=r"got:      a relative difference of \d\.\de[+-]\d+ for two random"):
        sp.solve(membrane(SIDE), loads(N), method=method(user(lambda r: r + 0.1 * np.roll(r, 1))))
    assert factor_cache.stats().iterations == 0


def test_preconditioner_that_is_not_definite_is_found() -> None:
    with pytest.raises(NotPositiveDefiniteError, match=r"got:      r\^H M r = -1 r\^H r in iteration 0"):
        sp.solve(membrane(SIDE), loads(N), method=minres(user(lambda r: -r)))


@pytest.mark.parametrize("restart", [0, -1, 2.5, "50"])
def test_impossible_restart_is_refused(restart: Any) -> None:
    with pytest.raises(BackendError, match=f"impossible restart\n.*\n  got:      restart={restart!r}"):
        gmres(restart=restart)


def test_minres_refuses_a_complex_symmetric_matrix() -> None:
    with pytest.raises(BackendError, match="minres is for these only: a complex symmetric matrix"):
        sp.solve(damped(5), np.ones(25), method=minres(jacobi()))


@pytest.mark.parametrize("method", [cg, minres, gmres, bicgstab])
@pytest.mark.parametrize("factor", [1e200, 1e-200, 0.0])
def test_preconditioner_out_of_range_ends_in_a_solution_or_an_error_and_in_no_warning(
    method: Any, factor: float
) -> None:
    A, b = membrane(5), loads(25)
    try:
        x = sp.solve(A, b, method=method(user(lambda r: factor * r)))
    except (ConvergenceError, NotPositiveDefiniteError):
        return
    assert relative_residual(A, x, b) <= 1.01e-8
