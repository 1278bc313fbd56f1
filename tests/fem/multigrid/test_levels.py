"""Levels: what is applied by slices is what the matrices of the same operators do."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from fem.multigrid import coarsest  # noqa: E402
from fem.multigrid.blocks import inverse_of, times  # noqa: E402
from fem.multigrid.cells import parts_of  # noqa: E402
from fem.multigrid.hierarchy import level_of, touched_by  # noqa: E402
from fem.multigrid.levels import shapes_of  # noqa: E402
from fem.multigrid.operators import all_cells, apply, coarse_cells, diagonal_of, stencil_of  # noqa: E402
from fem.multigrid.smoother import preconditioned, product  # noqa: E402
from fem.multigrid.transfer import at_corners, prolong, restrict, to_nodes  # noqa: E402

RNG = np.random.default_rng(0)
GRIDS = {"plane": (4, 2), "solid": (4, 2, 2)}


def operator_of(cells: tuple[int, ...]) -> fem.Operator:
    mesh = fem.rectangle(cells, size=(2.0, 1.0)) if len(cells) == 2 else fem.box(cells, size=(2.0, 1.0, 1.5))
    space = fem.Space(mesh, components=len(cells))
    young = RNG.uniform(0.1, 1, mesh.cell_count)
    return fem.elements.elasticity(space, young=young, poisson=0.3)


def as_matrix(function: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Columns of a linear function of arrays."""
    size = int(np.prod(shape))
    columns = [np.asarray(function(jnp.asarray(e.reshape(shape)))).reshape(-1) for e in np.eye(size)]
    return np.stack(columns, axis=1)


def nodes_of(cells: tuple[int, ...]) -> tuple[int, ...]:
    return (len(cells), *(n + 1 for n in cells))


def by_nodes(matrix: np.ndarray, cells: tuple[int, ...]) -> np.ndarray:
    """A matrix whose dofs are node by node, with component after component."""
    order = np.arange(len(matrix)).reshape(*nodes_of(cells)[1:], len(cells))
    order = np.moveaxis(order, -1, 0).reshape(-1)
    return matrix[np.ix_(order, order)]


@pytest.mark.parametrize("cells", GRIDS.values(), ids=list(GRIDS))
def test_parts_act_as_the_assembled_matrix(cells: tuple[int, ...]) -> None:
    operator = operator_of(cells)
    parts = parts_of(operator)
    expected = by_nodes(operator.to_scipy().toarray(), cells)
    found = as_matrix(jax.jit(lambda u: apply(parts, u)), nodes_of(cells))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * np.abs(expected).max())


@pytest.mark.parametrize("held", [(), (0, 1, 5)], ids=["free", "held"])
@pytest.mark.parametrize("cells", GRIDS.values(), ids=list(GRIDS))
def test_cells_of_the_next_level_are_galerkins(cells: tuple[int, ...], held: tuple[int, ...]) -> None:
    # Held nodes stand at nodes of the next level and between them; only their first component is held.
    operator = operator_of(cells)
    parts, half = parts_of(operator), tuple(n // 2 for n in cells)
    free = np.ones(nodes_of(cells))
    free[0].flat[list(held)] = 0
    touched = touched_by((free == 0).any(axis=0))
    interpolation = free.reshape(-1, 1) * as_matrix(jax.jit(prolong), nodes_of(half))
    expected = interpolation.T @ by_nodes(operator.to_scipy().toarray(), cells) @ interpolation
    for children in (parts, all_cells(parts)):  # of the finest level, and of any other
        stencil = stencil_of(coarse_cells(children, jnp.asarray(free), touched), len(cells))
        found = as_matrix(jax.jit(lambda u, s=stencil: apply(s, u)), nodes_of(half))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * np.abs(expected).max())


@pytest.mark.parametrize("cells", GRIDS.values(), ids=list(GRIDS))
def test_restriction_is_the_transpose_of_prolongation(cells: tuple[int, ...]) -> None:
    half = tuple(n // 2 for n in cells)
    down, up = as_matrix(jax.jit(restrict), nodes_of(cells)), as_matrix(jax.jit(prolong), nodes_of(half))
    np.testing.assert_array_equal(down, up.T)


def test_prolongation_is_exact_for_linear_functions() -> None:
    coarse = np.stack(np.meshgrid(np.arange(3.0), np.arange(2.0), np.arange(4.0), indexing="ij"))
    fine = np.stack(np.meshgrid(np.arange(0, 2.5, 0.5), np.arange(0, 1.5, 0.5), np.arange(0, 3.5, 0.5), indexing="ij"))
    np.testing.assert_array_equal(prolong(jnp.asarray(coarse)), fine)


def test_sums_at_nodes_are_the_transpose_of_values_at_corners() -> None:
    u, f = RNG.normal(size=(2, 4, 3, 3)), RNG.normal(size=(16, 3, 2, 2))
    left = float((at_corners(jnp.asarray(u)) * f).sum())
    assert left == pytest.approx(float((to_nodes(jnp.asarray(f), 2) * u).sum()), rel=1e-13)


@pytest.mark.parametrize("cells", GRIDS.values(), ids=list(GRIDS))
def test_blocks_of_the_diagonal_and_their_inverses(cells: tuple[int, ...]) -> None:
    operator = operator_of(cells)
    parts, c = parts_of(operator), len(cells)
    matrix = by_nodes(operator.to_scipy().toarray(), cells)
    same = np.kron(np.ones((c, c)), np.eye(len(matrix) // c))
    blocks = diagonal_of(parts, c)
    np.testing.assert_allclose(as_matrix(lambda u: times(blocks, u), nodes_of(cells)), matrix * same, atol=1e-14)
    inverse = as_matrix(lambda u: times(inverse_of(blocks), u), nodes_of(cells))
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix * same), rtol=1e-10, atol=1e-12)


def test_bound_of_eigenvalues_where_most_cells_are_void() -> None:
    # Where stiffness is 1e-9 the inverse blocks are 1e9: a start that they multiply never leaves the void.
    cells, free = (8, 4), np.ones((2, 9, 5))
    free[:, 0] = 0
    young = np.full(cells, 1e-9)
    young[:, :2] = 1
    mesh = fem.rectangle(cells, size=(2.0, 1.0))
    operator = fem.elements.elasticity(fem.Space(mesh, components=2), young=young.reshape(-1), poisson=0.3)
    level = level_of(parts_of(operator), jnp.asarray(free))
    matrix = as_matrix(jax.jit(partial(preconditioned, level)), free.shape) @ as_matrix(
        jax.jit(partial(product, level)), free.shape
    )
    largest = np.abs(np.linalg.eigvals(matrix * np.outer(free, free))).max()
    assert largest <= float(level.top) <= 1.15 * largest


def test_coarsest_matrix_leaves_out_what_is_held() -> None:
    cells = GRIDS["solid"]
    operator = operator_of(cells)
    free = np.ones(nodes_of(cells))
    free[:, 0] = 0
    stencil = stencil_of(all_cells(parts_of(operator)), 3)
    values = coarsest.values_of(stencil, jnp.asarray(free))
    pattern = coarsest.pattern_of(free.shape[1:], 3)
    found = np.zeros(pattern.shape)
    found[pattern.indices, np.asarray(pattern.cols)] = values
    kept = np.moveaxis(free, 0, -1).reshape(-1)
    expected = operator.to_scipy().toarray() * np.outer(kept, kept) + np.diag(1 - kept)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_hierarchy_stops_where_a_number_of_cells_is_odd() -> None:
    assert shapes_of((64, 32, 32), 3) == ((64, 32, 32), (32, 16, 16), (16, 8, 8))
    assert shapes_of((90, 46, 46), 3) == ((90, 46, 46), (45, 23, 23))
    assert shapes_of((8, 8), 2) == ((8, 8),)


def test_coarsest_level_is_a_share_of_the_dofs_where_it_is_sparse(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shapes_of((112, 56, 56), 3)[-1] == (28, 14, 14)
    assert shapes_of((512, 256, 256), 3)[-1] == (32, 16, 16)  # a fiftieth, 2 million, has factors of many gigabytes
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")  # where the coarsest is a full matrix
    assert shapes_of((112, 56, 56), 3)[-1] == (14, 7, 7)
