"""Multigrid through fem.solve: answers, derivatives and counts are those of the direct solver."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402

METHOD = fem.multigrid(rtol=1e-10)
CONTRAST = 1e-9


class Plate:
    """A plane of three levels, with holes of nearly no stiffness."""

    def __init__(self) -> None:
        self.mesh = fem.rectangle((128, 64), size=(2.0, 1.0))
        self.space = fem.Space(self.mesh, components=2)
        x, y = self.mesh.centers.T
        self.young = CONTRAST + (np.cos(9 * x) * np.cos(7 * y) > -0.3) ** 3.0
        self.held = fem.fix(self.space, self.mesh.points_on(lambda p: p[:, 0] == 0))
        self.load = fem.traction(self.space, self.mesh.facets_on(lambda p: p[:, 0] == 2), (0.0, -1.0))

    def solve(self, young: Any, load: Any, method: Any, supports: Any = None) -> Any:
        operator = fem.elements.elasticity(self.space, young=young, poisson=0.3)
        return fem.solve(operator, load, self.held if supports is None else supports, method=method)


@pytest.fixture(scope="module")
def plate() -> Plate:
    return Plate()


def assert_close(found: Any, expected: Any, rtol: float) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert np.linalg.norm(found - expected) <= rtol * np.linalg.norm(expected)


def test_solution_with_contrast(plate: Plate) -> None:
    assert_close(
        plate.solve(plate.young, plate.load, METHOD)[:, 1], plate.solve(plate.young, plate.load, None)[:, 1], 1e-6
    )


def test_cycle_in_single_precision_reaches_the_same_tolerance(plate: Plate) -> None:
    method = fem.multigrid(rtol=1e-10, precision="single")
    sparsead.factor_cache.clear()
    found = plate.solve(plate.young, plate.load, method)
    in_single = sparsead.factor_cache.stats().iterations
    sparsead.factor_cache.clear()
    expected = plate.solve(plate.young, plate.load, METHOD)
    assert_close(found[:, 1], expected[:, 1], 1e-6)
    assert in_single <= 1.5 * sparsead.factor_cache.stats().iterations
    program = jax.make_jaxpr(partial(plate.solve, method=method))(plate.young, plate.load)
    assert "f32[2,129,65]" in str(program)
    assert "f32" not in str(jax.make_jaxpr(partial(plate.solve, method=METHOD))(plate.young, plate.load))


def test_cycle_in_single_precision_takes_any_unit_of_load(plate: Plate) -> None:
    # 1e-30 of a load is zero in single precision, and so are adjoints of powers of a displacement.
    method = fem.multigrid(rtol=1e-8, precision="single")
    found = jax.jit(lambda load: plate.solve(plate.young, load, method))
    assert_close(1e30 * found(1e-30 * plate.load), found(plate.load), 1e-6)


def test_single_precision_that_is_not_enough_goes_on_in_double(plate: Plate) -> None:
    expected = plate.solve(plate.young, plate.load, None)
    sparsead.factor_cache.clear()
    few = plate.solve(plate.young, plate.load, fem.multigrid(rtol=1e-8, precision="single", max_iterations=20))
    stats = sparsead.factor_cache.stats()
    assert_close(few[:, 1], expected[:, 1], 1e-5)
    assert stats.setups == 2
    assert 10 < stats.iterations < 20
    with pytest.raises(fem.errors.ConvergenceError, match=r"after 4 iterations \(the limit\)") as raised:
        plate.solve(plate.young, plate.load, fem.multigrid(rtol=1e-8, precision="single", max_iterations=4))
    assert np.all(np.isfinite(raised.value.residuals)) and len(raised.value.residuals) == 4
    assert 0 not in raised.value.residuals


def test_box_of_solid_cells() -> None:
    mesh = fem.box((16, 8, 8), size=(2.0, 1.0, 1.0))
    space = fem.Space(mesh, components=3)
    young = np.random.default_rng(0).uniform(0.01, 1, mesh.cell_count)
    operator = fem.elements.elasticity(space, young=young, poisson=0.3)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = np.random.default_rng(1).normal(size=(3, *space.shape))  # three cases in step
    sparsead.factor_cache.clear()
    found = fem.solve(operator, load, held, method=METHOD)
    assert sparsead.factor_cache.stats().setups == 1
    assert_close(found, fem.solve(operator, load, held), 1e-9)


def test_numbers_and_reactions_of_heat(plate: Plate) -> None:
    # A scalar, a sum of two forms, and prescribed values on two sides.
    space = fem.Space(plate.mesh)
    operator = fem.elements.diffusion(space, plate.young + 0.1) + 0.5 * fem.elements.mass(space)
    left = fem.fix(space, plate.mesh.points_on(lambda p: p[:, 0] == 0))
    right = fem.prescribed(space, plate.mesh.points_on(lambda p: p[:, 0] == 2), 3.0)
    load = np.ones(space.shape)
    sparsead.factor_cache.clear()
    found = fem.solve(operator, load, [left, right], method=METHOD)
    assert sparsead.factor_cache.stats().setups == 1  # of both forms
    assert_close(found, fem.solve(operator, load, [left, right]), 1e-9)
    assert float(found.max()) > 3


def test_rollers_and_couplings(plate: Plate) -> None:
    # One component held, and the right side moves as one: constrained dofs that depend on free ones.
    space, mesh = plate.space, plate.mesh
    right = mesh.points_on(lambda p: p[:, 0] == 2)
    supports = [
        fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0), components=0),
        fem.fix(space, mesh.points_on(lambda p: (p[:, 0] == 0) & (p[:, 1] == 0)), components=1),
        fem.tie(space, right[1:], int(right[0]), components=0),
    ]
    load = fem.traction(
        space, mesh.facets_on(lambda p: p[:, 0] == 2), lambda p: jnp.stack([1 + p[:, 1], 0 * p[:, 1]], 1)
    )
    young = np.ones(mesh.cell_count)
    found, expected = (plate.solve(young, load, method, supports) for method in (METHOD, None))
    assert_close(found, expected, 1e-8)
    assert float(np.ptp(np.asarray(found)[right, 0])) < 1e-12 * float(np.abs(found).max())


def test_points_and_cells_in_any_order() -> None:
    rng = np.random.default_rng(2)
    by_rows = fem.rectangle((64, 32), size=(2.0, 1.0))
    order = rng.permutation(len(by_rows.points))
    place = np.argsort(order)
    nodes = place[by_rows.blocks[0].nodes][rng.permutation(by_rows.cell_count)]
    block = fem.CellBlock(by_rows.blocks[0].element, np.ascontiguousarray(nodes, np.int32))
    mesh = fem.Mesh(by_rows.points[order], (block,))
    space = fem.Space(mesh, components=2)
    operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = rng.normal(size=space.shape)
    assert_close(fem.solve(operator, load, held, method=METHOD), fem.solve(operator, load, held), 1e-9)


def test_compliance_and_its_gradient_cost_one_solve(plate: Plate) -> None:
    def compliance(young: Any, method: Any) -> Any:
        return (plate.load * plate.solve(young, plate.load, method)).sum()

    young = jnp.asarray(plate.young)
    both = jax.jit(jax.value_and_grad(compliance), static_argnums=1)
    sparsead.factor_cache.clear()
    value, gradient = both(young, METHOD)
    after = sparsead.factor_cache.stats()
    sparsead.factor_cache.clear()
    plate.solve(plate.young, plate.load, METHOD)
    assert after.setups == 1
    assert after.iterations == sparsead.factor_cache.stats().iterations > 5
    expected, of_direct = both(young, None)
    assert float(value) == pytest.approx(float(expected), rel=1e-10)
    np.testing.assert_allclose(gradient, of_direct, rtol=1e-5, atol=1e-9 * np.abs(of_direct).max())


def test_gradient_of_a_functional_that_is_not_self_adjoint(plate: Plate) -> None:
    def response(young: Any, load: Any, method: Any) -> Any:
        return jnp.sqrt((plate.solve(young, load, method) ** 2).sum())

    young = jnp.asarray(np.maximum(plate.young, 1e-3))
    gradients = jax.jit(jax.grad(response, argnums=(0, 1)), static_argnums=2)
    for found, expected in zip(gradients(young, plate.load, METHOD), gradients(young, plate.load, None), strict=True):
        assert_close(found, expected, 1e-8)


def test_product_with_the_hessian(plate: Plate) -> None:
    small = fem.rectangle((48, 32), size=(1.5, 1.0))
    space = fem.Space(small, components=2)
    held = fem.fix(space, small.points_on(lambda p: p[:, 0] == 0))
    load = np.random.default_rng(3).normal(size=space.shape)

    def response(young: Any, method: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return (fem.solve(operator, load, held, method=method) ** 2).sum()

    young, direction = np.random.default_rng(4).uniform(0.5, 1, (2, small.cell_count))
    products = [
        jax.jit(lambda e, d, m=method: jax.jvp(lambda y: jax.grad(response)(y, m), (e,), (d,))[1])(young, direction)
        for method in (METHOD, None)
    ]
    assert_close(*products, 1e-8)


def test_designs_of_a_batch(plate: Plate) -> None:
    small = fem.rectangle((48, 32), size=(1.5, 1.0))
    space = fem.Space(small, components=2)
    held = fem.fix(space, small.points_on(lambda p: p[:, 0] == 0))
    load = jnp.asarray(np.random.default_rng(5).normal(size=space.shape))

    def compliance(young: Any, method: Any) -> Any:
        operator = fem.elements.elasticity(space, young=young, poisson=0.3)
        return (load * fem.solve(operator, load, held, method=method)).sum()

    young = np.random.default_rng(6).uniform(0.5, 1, (2, small.cell_count))
    found, expected = (jax.jit(jax.vmap(lambda e, m=m: compliance(e, m)))(young) for m in (METHOD, None))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_no_matrix_is_made() -> None:
    mesh = fem.rectangle((64, 32), size=(2.0, 1.0))
    space = fem.Space(mesh, components=2)
    operator = fem.elements.elasticity(space, young=1.0, poisson=0.3)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    fem.solve(operator, np.ones(space.shape), held, method=METHOD)
    assert not space.topology._systems


@pytest.fixture(scope="module")
def cantilevers() -> list[Any]:
    """A coarse and a fine one, each with its densities from 1e-3 to 1, a smooth field; support and load."""
    found = []
    for cells in ((64, 32), (256, 128)):
        mesh = fem.rectangle(cells, size=(2.0, 1.0))
        space = fem.Space(mesh, components=2)
        x, y = mesh.centers.T
        density = 1e-3 + (0.5 + 0.5 * np.cos(6 * x) * np.cos(9 * y)) ** 2
        held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
        load = fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == 2), (0.0, -1.0))
        found.append((space, density, held, load))
    return found


@pytest.mark.parametrize("penalty", [1, 3])
def test_iterations_do_not_grow_with_the_mesh(cantilevers: list[Any], penalty: int) -> None:
    # At penalty 3 a contrast of 1e9.
    counts = []
    for space, density, held, load in cantilevers:
        operator = fem.elements.elasticity(space, young=density**penalty, poisson=0.3)
        sparsead.factor_cache.clear()
        fem.solve(operator, load, held, method=fem.multigrid(rtol=1e-6))
        counts.append(sparsead.factor_cache.stats().iterations)
    assert counts[1] <= 1.5 * counts[0]
