"""Factors that will not fit are said to before they are made."""

from __future__ import annotations

import gc
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sparsead
import sparsead.numpy as sp
from sparsead.backends.memory import free, in_words, total
from sparsead.backends.registry import get
from sparsead.errors import ShapeError
from tests.sparsead.backends.installed import backend_or_skip

pytestmark = pytest.mark.filterwarnings("ignore:SuperLU factorizes")  # where there is nothing else
LIBRARIES = ("superlu", "pardiso", "cholmod", "umfpack", "cvxopt")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    sparsead.backends.memory_limit(None)


def laplacian(m: int, **declared: Any) -> Any:
    """The five-point Laplacian on m x m nodes, dominated by its diagonal."""
    number = np.arange(m * m).reshape(m, m)
    near = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    far = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    rows, cols = np.concatenate([number.ravel(), near, far]), np.concatenate([number.ravel(), far, near])
    return sp.coo(rows, cols, np.r_[np.full(m * m, 4.1), -np.ones(2 * near.size)], (m * m, m * m), **declared)


@pytest.mark.parametrize("name", LIBRARIES)
def test_warning_comes_before_the_factorization_and_names_bytes_and_method(name: str) -> None:
    backend_or_skip(name)
    A, b = laplacian(40, positive_definite=True), np.ones(1600)
    sparsead.backends.memory_limit(1000)
    words = r"factors of 1600 unknowns .*\d\.\d MB .* 0\.0 MB of memory are free.*method=sparsead\.iterative\.cg\(.*amg"
    with pytest.raises(UserWarning, match=words):  # a warning is an error in the suite, so that nothing follows it
        sp.solve(A, b, backend=name)
    assert sparsead.factor_cache.stats().factorizations == 0
    sp.solve(A, b, backend=name)  # told once for a pattern
    stats = sparsead.factor_cache.stats()
    assert stats.factorizations == 1
    assert stats.analyses == (name != "superlu")  # the one that was asked


def test_matrix_that_is_not_declared_definite_is_sent_to_another_method() -> None:
    sparsead.backends.memory_limit(1000)
    with pytest.warns(UserWarning, match=r"method=sparsead\.iterative\.gmres\(sparsead\.iterative\.ilu\(\)\)"):
        sp.solve(laplacian(40), np.ones(1600), backend="superlu")


@pytest.mark.parametrize("name", LIBRARIES)
def test_what_fits_is_factorized_without_a_word(name: str) -> None:
    backend_or_skip(name)
    A, b = laplacian(40, positive_definite=True), np.ones(1600)
    sp.solve(A, b, backend=name)
    needed = sparsead.factor_cache.stats().nbytes
    sparsead.factor_cache.clear()
    sparsead.backends.memory_limit(3 * needed)
    sp.solve(A, b, backend=name)


def test_iterations_are_not_warned_of() -> None:
    sparsead.backends.memory_limit(1000)
    sp.solve(laplacian(40, positive_definite=True), np.ones(1600), method=sparsead.iterative.cg())


def test_choice_says_what_factors_take_and_where_to_go() -> None:
    A = laplacian(150, positive_definite=True)
    fits = sparsead.backends.choose(A.pattern, A.structure)
    assert fits.predicted is not None
    assert not fits.instead
    assert f"factors take {fits.predicted}, of " in fits.reason
    sparsead.backends.memory_limit(1000)
    choice = sparsead.backends.choose(A.pattern, A.structure)
    assert choice.backend == fits.backend
    assert choice.predicted == fits.predicted
    assert choice.instead == "method=sparsead.iterative.cg(sparsead.iterative.amg())"
    assert choice.reason.endswith(f"a quarter of the 0.0 MB that are free: leave the direct solver, {choice.instead}")


def test_factors_may_take_what_their_store_keeps() -> None:
    A = laplacian(150, positive_definite=True)
    predicted = sparsead.backends.choose(A.pattern, A.structure).predicted
    assert predicted is not None
    kept = sparsead.factor_cache.stats().limit / total()
    for part, fits in ((0.95 * kept, True), (1.05 * kept, False)):
        sparsead.backends.memory_limit(int(predicted.nbytes / part))
        assert (sparsead.backends.choose(A.pattern, A.structure).instead == "") is fits


def test_analysis_of_a_choice_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    backend_or_skip("pardiso")
    kind, made = type(get("pardiso")), []
    analyze = kind.analyze

    def watched(*arguments: Any) -> Any:
        analysis = analyze(*arguments)
        made.append(weakref.ref(analysis))
        return analysis

    monkeypatch.setattr(kind, "analyze", watched)
    A = laplacian(150, positive_definite=True)
    sparsead.backends.choose(A.pattern, A.structure)
    gc.collect()
    assert [analysis() for analysis in made] == [None]


def test_small_matrix_is_not_analyzed_to_choose() -> None:
    A = laplacian(60, positive_definite=True)
    choice = sparsead.backends.choose(A.pattern, A.structure)
    assert choice.predicted is None


def test_free_memory_is_part_of_what_there_is() -> None:
    assert 0 < free() <= total()


MEMINFO = {"proc/meminfo": "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 4000 kB\n"}
CONTAINER = {
    "sys/fs/cgroup/memory.max": "3000000\n",
    "sys/fs/cgroup/memory.current": "2500000\n",
    "sys/fs/cgroup/memory.stat": "anon 2100000\ninactive_file 400000\n",
}
OLD_CONTAINER = {
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "3000000\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "2500000\n",
}


@pytest.mark.parametrize(
    ("files", "nbytes"),
    [
        (MEMINFO, 4_096_000),
        (MEMINFO | CONTAINER, 900_000),
        (MEMINFO | CONTAINER | {"sys/fs/cgroup/memory.max": "max\n"}, 4_096_000),
        (MEMINFO | OLD_CONTAINER, 500_000),
        (MEMINFO | CONTAINER | {"sys/fs/cgroup/memory.current": "3500000\n"}, 0),
        ({}, total(Path("nowhere"))),
    ],
    ids=["machine", "container", "unlimited", "old", "full", "elsewhere"],
)
def test_free_memory_is_that_of_the_machine_within_its_container(
    tmp_path: Path, files: dict[str, str], nbytes: int
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert free(tmp_path) == nbytes


@pytest.mark.parametrize("nbytes", [-1, np.int64(-1), "4GB", float("nan"), 4e9, True])
def test_memory_that_is_no_number_of_bytes_is_refused(nbytes: Any) -> None:
    before = free()
    sparsead.backends.memory_limit(5)
    with pytest.raises(ShapeError, match=rf"got: .*{re.escape(repr(nbytes))}"):
        sparsead.backends.memory_limit(nbytes)
    assert free() == 5 < before


def test_memory_may_be_an_integer_of_numpy() -> None:
    sparsead.backends.memory_limit(np.int64(7))
    assert free() == 7


@pytest.mark.parametrize(("nbytes", "words"), [(2_500_000, "2.5 MB"), (1e8, "0.1 GB"), (2.5e10, "25.0 GB")])
def test_bytes_in_words(nbytes: float, words: str) -> None:
    assert in_words(nbytes) == words
