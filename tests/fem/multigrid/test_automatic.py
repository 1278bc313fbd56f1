"""method="auto" of fem.solve: what a grid's factors take is known beforehand, and decides."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.backends.registry import get
from sparsead.pattern.structure import Structure
from tests.conftest import require
from tests.sparsead.backends.installed import backend_or_skip

jax = require("jax")

import fem  # noqa: E402
from fem.assembly.near_null import RigidMotions, suited  # noqa: E402
from fem.multigrid import automatic  # noqa: E402
from fem.multigrid.cells import grid_under  # noqa: E402
from fem.multigrid.dissection import fill_of_grid  # noqa: E402
from fem.multigrid.grid import Grid  # noqa: E402
from sparsead.iterative.auto import Auto, auto  # noqa: E402
from sparsead.iterative.preconditioners.amg import Amg  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:SuperLU factorizes")  # where there is nothing else
DEFINITE = Structure(symmetric=True, positive_definite=True)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    sparsead.backends.memory_limit(None)


@pytest.mark.parametrize(("cells", "components"), [((90, 90), 2), ((200, 40), 1), ((14, 14, 14), 3), ((30, 8, 8), 3)])
def test_factors_of_a_grid_are_those_that_pardiso_predicts(cells: tuple[int, ...], components: int) -> None:
    backend_or_skip("pardiso")
    mesh = fem.rectangle(cells) if len(cells) == 2 else fem.box(cells)
    pattern = fem.Space(mesh, components=components).topology.system().pattern
    told = get("pardiso").analyze(pattern, DEFINITE, np.ones(pattern.size)).predicted()
    assert told is not None
    fill = fill_of_grid(tuple(n + 1 for n in cells), components)
    assert 0.7 <= 10 * fill.entries / told.nbytes <= 1.3
    assert 0.7 <= fill.flops / told.flops <= 1.3


def test_one_front_is_a_full_triangle() -> None:
    assert fill_of_grid((2, 2, 2), 3) == (24 * 25 / 2, 24 * 25 * 49 / 6)


def growth(small: tuple[int, ...], large: tuple[int, ...]) -> float:
    counts = [fill_of_grid(points, 1).entries for points in (small, large)]
    return float(np.log(counts[1] / counts[0]) / np.log(np.prod(large) / np.prod(small)))


def test_growth_in_space_and_in_the_plane() -> None:
    assert growth((65,) * 3, (129,) * 3) == pytest.approx(4 / 3, abs=0.05)
    assert 1 < growth((257,) * 2, (513,) * 2) < 1.2


def conductor(cells: tuple[int, int], **options: Any) -> Any:
    mesh = fem.rectangle(cells, size=(1.0, 1.0), **options)
    space = fem.Space(mesh)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = np.ones(space.shape)

    def work(conductivity: Any, **how: Any) -> Any:
        return (load * fem.solve(fem.elements.diffusion(space, conductivity), load, held, **how)).sum()

    return np.linspace(1, 2, mesh.cell_count), jax.value_and_grad(work)


def test_warning_of_a_direct_solve_names_multigrid() -> None:
    numbers, both = conductor((24, 16))
    sparsead.backends.memory_limit(1000)
    with pytest.warns(UserWarning, match=r"factors of 425 unknowns.* 0\.0 MB .*method=fem\.multigrid\(\)"):
        both(numbers, backend="superlu")


def test_small_grid_is_factorized_whatever_the_memory() -> None:
    numbers, both = conductor((24, 16))
    sparsead.backends.memory_limit(10**6)
    both(numbers, method="auto")
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (1, 0)


def test_large_grid_is_factorized_if_it_fits_and_else_never_assembled() -> None:
    numbers, both = conductor((146, 146))
    value, gradient = both(numbers, method="auto")
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.setups) == (1, 0)
    of_factors = stats.nbytes
    sparsead.factor_cache.clear()
    sparsead.backends.memory_limit(8 * 10**6)
    numbers, both = conductor((146, 146))
    by_multigrid, its_gradient = both(numbers, method="auto")
    stats = sparsead.factor_cache.stats()
    assert stats.setups == 1
    assert stats.nbytes < of_factors / 2  # the second level is factorized, and nothing else
    np.testing.assert_allclose(by_multigrid, value, rtol=1e-7)
    np.testing.assert_allclose(its_gradient, gradient, rtol=0, atol=1e-6 * np.abs(gradient).max())


@pytest.mark.parametrize("first", ["factors", "multigrid"])
def test_second_solve_decides_as_the_first_whatever_is_free_by_then(
    first: str, caplog: pytest.LogCaptureFixture
) -> None:
    numbers, both = conductor((146, 146))
    limits = (10**10, 16 * 10**6) if first == "factors" else (16 * 10**6, 10**10)
    with caplog.at_level(logging.INFO, logger="fem"):
        for number, limit in enumerate(limits, start=1):
            sparsead.backends.memory_limit(limit)
            jax.block_until_ready(both(number * numbers, method="auto"))
    stats = sparsead.factor_cache.stats()
    if first == "factors":
        assert (stats.factorizations, stats.setups) == (2, 0)
    else:
        assert stats.setups == 2
    assert sum("multigrid for" in said for said in caplog.messages) == (first == "multigrid")


def test_solid_is_left_to_multigrid_for_its_time() -> None:
    # 0.1 M dofs in space: 28 s of factorization beside 2 s; in the plane factors are as quick.
    def verdict(mesh: Any, components: int) -> str:
        space = fem.Space(mesh, components=components)
        operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
        grid = grid_under(operator)
        assert isinstance(grid, Grid)
        return automatic.against_factors(grid, space.count)

    assert "iterations about 2.2 s" in verdict(fem.box((32, 32, 32)), 3)
    assert verdict(fem.rectangle((220, 220)), 2) == ""


def test_other_meshes_are_asked_about_by_their_analysis() -> None:
    require("pyamg")
    numbers, both = conductor((160, 128), element="tri3")
    sparsead.backends.memory_limit(10**6)
    both(numbers, method="auto")
    stats = sparsead.factor_cache.stats()
    assert (stats.setups, stats.factorizations) == (1, 0)


def test_algebraic_multigrid_that_auto_may_choose_knows_the_space() -> None:
    require("pyamg")
    space = fem.Space(fem.rectangle((4, 4), element="tri3"), components=2)
    known = suited(auto(), space.topology, fem.fix(space, [0]).held, ())
    assert isinstance(known, Auto)
    assert isinstance(known.definite.preconditioner, Amg)
    assert isinstance(known.definite.preconditioner.near_null, RigidMotions)
    assert known.definite.preconditioner.block == 2
    assert known.general == auto().general


def test_nonlinear_solve_takes_it() -> None:
    mesh = fem.rectangle((4, 2), size=(2.0, 1.0))
    space = fem.Space(mesh, components=2)
    body = fem.elements.neo_hookean(space, young=1.0, poisson=0.3)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    pull = fem.prescribed(space, mesh.points_on(lambda x: x[:, 0] == 2), 0.4, 0)
    load = np.zeros(space.shape)
    found, expected = (fem.solve_nonlinear(body, load, [held, pull], method=method) for method in ("auto", None))
    np.testing.assert_allclose(found, expected, atol=1e-9)
