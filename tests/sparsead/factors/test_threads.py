"""Several threads, one store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import sparsead.numpy as sp
from sparsead import backends, factor_cache
from tests.sparsead.factors.matrices import grid, residual

THREADS = 4
SHARED = [grid(20, float(k)) for k in range(1, 9)]
B = np.ones(400)


def at_once(work: Callable[[int], Any]) -> list[Any]:
    barrier = threading.Barrier(THREADS)

    def run(thread: int) -> Any:
        barrier.wait(timeout=60)
        return work(thread)

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, t) for t in range(THREADS)]]


def test_threads_that_want_one_matrix_factorize_it_once() -> None:
    at_once(lambda thread: sp.solve(SHARED[0], B, backend="superlu"))
    assert factor_cache.stats().factorizations == 1


def test_four_threads_with_eight_matrices_factorize_each_once() -> None:
    at_once(lambda thread: [sp.solve(matrix, B, backend="superlu") for matrix in SHARED])
    assert factor_cache.stats().factorizations == len(SHARED)


@pytest.mark.parametrize("name", sorted(set(backends.installed()) - {"triangular", "cholmod"}))
def test_every_thread_gets_its_own_answer(name: str) -> None:
    def work(thread: int) -> float:
        order = SHARED[thread:] + SHARED[:thread]
        loads = [B * (thread + 1) + np.arange(400) for _ in order]
        solutions = [sp.solve(matrix, b, backend=name) for matrix, b in zip(order, loads, strict=True)]
        return max(map(residual, order, solutions, loads))

    # rounding times a condition number of about 2e2, with two digits to spare
    assert max(at_once(work)) < 1e-11


def test_threads_under_a_tiny_limit_get_right_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factor_cache, "_warned_too_large", True)
    factor_cache.limit(1)
    try:
        found = at_once(lambda thread: [residual(a, sp.solve(a, B, backend="superlu"), B) for a in SHARED])
    finally:
        factor_cache.limit(None)
    assert np.max(found) < 1e-11  # rounding times a condition number of about 2e2
    assert factor_cache.stats().held == 0


def test_counted_bytes_are_right_after_threads() -> None:
    at_once(lambda thread: [sp.solve(matrix, B, backend="superlu") for matrix in SHARED])
    held = factor_cache.stats().nbytes
    factor_cache.clear()
    for matrix in SHARED:
        sp.solve(matrix, B, backend="superlu")
    assert factor_cache.stats().nbytes == held


def test_error_reaches_every_thread() -> None:
    singular = grid(20, 0.0)

    def work(thread: int) -> str:
        with pytest.raises(ArithmeticError) as caught:
            sp.solve(singular, B, backend="superlu")
        return str(caught.value)

    assert all("matrix is singular" in text for text in at_once(work))
    assert factor_cache.stats().held == 0
