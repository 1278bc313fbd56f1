"""Where there is no grid, multigrid becomes algebraic: the answers stay, and the user is told."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.errors import BackendMissingError
from tests.conftest import require

jax = require("jax")
require("pyamg")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from sparsead.iterative.preconditioners.amg import Amg  # noqa: E402

METHOD = fem.multigrid(rtol=1e-10)


def plate(**options: Any) -> Any:
    mesh = fem.rectangle((16, 8), size=(2.0, 1.0), **options)
    space = fem.Space(mesh, components=2)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == 2), (0.0, -1.0))
    return mesh, space, held, load


def two_kinds_of_cells() -> Any:
    mesh = fem.Mesh(
        [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]],
        [fem.CellBlock("quad4", [[0, 1, 4, 3]]), fem.CellBlock("tri3", [[1, 2, 5], [1, 5, 4]])],
    )
    space = fem.Space(mesh, components=2)
    return fem.elements.elasticity(space, young=1.0, poisson=0.3), fem.fix(space, [0, 3])


def on_springs() -> Any:
    mesh, space, held, _ = plate()
    side = mesh.facets_on(lambda p: p[:, 1] == 0)
    return fem.elements.elasticity(space, young=1.0, poisson=0.3) + fem.elements.robin(space, side, 2.0), held


def moved() -> Any:
    _, space, held, _ = plate()
    return fem.elements.elasticity(space.at(space.points * 1.1), young=1.0, poisson=0.3), held


def of_cells(**options: Any) -> Any:
    _, space, held, _ = plate(**options)
    return fem.elements.elasticity(space, young=1.0, poisson=0.3), held


CASES = {
    "cells tri3": lambda: of_cells(element="tri3"),
    "different sizes": lambda: of_cells(grading=(2.0, None)),
    "cells quad8": lambda: of_cells(element="quad8"),
    "2 kinds of cells": two_kinds_of_cells,
    "a form on facets": on_springs,
    "points that have moved": moved,
}


@pytest.mark.parametrize("reason", CASES)
def test_other_meshes_are_solved_and_the_reason_is_told_once(reason: str) -> None:
    operator, held = CASES[reason]()
    load = np.random.default_rng(0).normal(size=operator.space.shape)
    words = rf"got .*{reason}.*method=sparsead\.iterative\.cg\(.*amg\(\), rtol=1e-10"
    with pytest.warns(UserWarning, match=words) as said:
        found = fem.solve(operator, load, held, method=METHOD)
    assert [one.filename for one in said] == [__file__]  # it points at the call
    expected = fem.solve(operator, load, held)
    assert np.linalg.norm(found - expected) < 1e-7 * np.linalg.norm(expected)
    fem.solve(operator, load, held, method=METHOD)  # told before; a warning is an error here


def test_tangents_of_a_grid_are_solved_algebraically() -> None:
    _, space, held, load = plate()
    body = fem.elements.neo_hookean(space, young=1.0, poisson=0.3)
    with pytest.warns(UserWarning, match="got cell matrices that depend on more than moduli") as said:
        found = fem.solve_nonlinear(body, 1e-3 * load, held, method=METHOD)
    assert [one.filename for one in said] == [__file__]
    assert sparsead.factor_cache.stats().setups >= 2
    expected = fem.solve_nonlinear(body, 1e-3 * load, held)
    assert np.linalg.norm(found - expected) < 1e-7 * np.linalg.norm(expected)


def test_tangents_that_are_not_symmetric_are_refused() -> None:
    _, space, held, load = plate()
    skew = fem.elements.residual(space, lambda u, g: (jnp.array([u[0] + u[1], u[1]]), g))
    with pytest.raises(fem.errors.SpaceError, match="got:      an operator that is not known to be positive definite"):
        fem.solve_nonlinear(skew, load, held, method=METHOD)


@pytest.mark.filterwarnings("ignore:fem.multigrid")
def test_rigid_motions_of_the_space_are_known_to_it() -> None:
    # With the six motions three levels hold what bends; with constants alone twice the iterations are needed.
    mesh = fem.box((12, 6, 6), size=(2.0, 1.0, 1.0), element="tet4")
    space = fem.Space(mesh, components=3)
    operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    held = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0))
    load = np.ones(space.shape)
    counted = []
    constants = sparsead.iterative.amg(np.tile(np.eye(3), (len(mesh.points), 1)))
    for method in (fem.multigrid(), sparsead.iterative.cg(constants)):
        sparsead.factor_cache.clear()
        fem.solve(operator, load, held, method=method)
        counted.append(sparsead.factor_cache.stats().iterations)
    assert 0 < counted[0] < 0.7 * counted[1]


@pytest.mark.filterwarnings("ignore:fem.multigrid")
def test_gradient_is_that_of_the_direct_solver_and_costs_one_set_up() -> None:
    mesh, space, held, load = plate(element="tri3")

    def compliance(young: Any, method: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return (load * fem.solve(operator, load, held, method=method)).sum()

    both = jax.jit(jax.value_and_grad(compliance), static_argnums=1)
    young = jnp.linspace(1, 2, mesh.cell_count)
    sparsead.factor_cache.clear()
    value, gradient = both(young, METHOD)
    stats = sparsead.factor_cache.stats()
    assert (stats.setups, stats.factorizations) == (1, 0)
    expected, of_direct = both(young, None)
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    np.testing.assert_allclose(gradient, of_direct, rtol=0, atol=1e-8 * np.abs(of_direct).max())


def test_each_mesh_is_told_of() -> None:
    operator, held = CASES["cells tri3"]()
    other, others = CASES["cells tri3"]()
    with warnings.catch_warnings(record=True, action="always") as said:
        for one, supports in ((operator, held), (other, others), (operator, held)):
            fem.solve(one, np.ones(one.space.shape), supports, method=METHOD)
    assert len(said) == 2


def test_without_pyamg_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    operator, held = CASES["cells tri3"]()
    monkeypatch.setattr(Amg, "missing", lambda _: 'pip install "sparsead[amg]"')
    with pytest.raises(BackendMissingError, match=r"got: .*tri3.*pyamg(.|\n)*fix: .*sparsead\[amg\].*direct solver"):
        fem.solve(operator, np.ones(operator.space.shape), held, method=METHOD)
