"""Relaxed stresses: closed forms in tension, plane strain and shear; finite derivatives where nothing is left."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import sparsead
from sparsead.errors import ShapeError
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
responses = require("fem.responses")

YOUNG, POISSON = 2.1e11, 0.3
SOLID = {"young": YOUNG, "poisson": POISSON}


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0])
def test_relaxation_is_a_power_but_for_its_shift(exponent: float) -> None:
    x = np.linspace(0.0, 1.0, 21)
    factor = responses.relaxation(x, exponent)
    assert (factor[0], factor[-1]) == (0.0, 1.0)
    assert np.all(np.diff(factor) > 0)
    np.testing.assert_allclose(factor, x**exponent, atol=1e-2 if exponent == 0.5 else 2e-4)
    np.testing.assert_allclose(responses.relaxation(x, exponent, shift=1e-14), x**exponent, atol=2e-7)


def test_slope_of_the_relaxation_at_void_is_finite_and_that_of_its_formula() -> None:
    shift = 1e-4
    span = np.sqrt(1 + shift) - np.sqrt(shift)
    assert float(jax.grad(responses.relaxation)(0.0)) == pytest.approx(0.5 / np.sqrt(shift) / span, rel=1e-13)
    assert np.isfinite(jax.grad(jax.grad(responses.relaxation))(0.0))


def body(dimension: int) -> Any:
    mesh = fem.rectangle((3, 2)) if dimension == 2 else fem.box((2, 2, 1))
    return fem.Space(mesh, components=dimension)


@pytest.mark.parametrize(
    ("dimension", "plane", "factor"),
    [
        (2, "stress", 1.0),  # uniaxial: E e
        # Free along y, held across: the stress out of the plane is nu times the axial one.
        (2, "strain", np.sqrt(1 - POISSON + POISSON**2) / (1 - POISSON**2)),
        (3, None, 1.0),
    ],
)
def test_tension_has_its_closed_form(dimension: int, plane: Any, factor: float) -> None:
    space, strain = body(dimension), 1e-3
    across = -POISSON / (1 - POISSON) if plane == "strain" else -POISSON
    u = strain * space.mesh.points * np.array([1.0, *[across] * (dimension - 1)])
    x = np.linspace(0.2, 1.0, space.mesh.cell_count)
    got = responses.relaxed_von_mises(space, u, x, **SOLID, plane=plane)
    np.testing.assert_allclose(got, factor * YOUNG * strain * responses.relaxation(x), rtol=1e-12)


@pytest.mark.parametrize("dimension", [2, 3])
def test_shear_counts_with_the_root_of_three(dimension: int) -> None:
    space, angle = body(dimension), 1e-3
    u = np.zeros(space.shape)
    u[:, 0] = angle * space.mesh.points[:, 1]
    got = responses.relaxed_von_mises(space, u, np.ones(space.mesh.cell_count), **SOLID)
    np.testing.assert_allclose(got, np.sqrt(3) * angle * YOUNG / (2 * (1 + POISSON)), rtol=1e-12)


def test_load_cases_and_quadrature_points_lead_and_follow_the_cells() -> None:
    space = body(2)
    u = np.stack([1e-3 * space.mesh.points, 2e-3 * space.mesh.points])
    x = np.linspace(0.0, 1.0, 6)
    got = responses.relaxed_von_mises(space, u, x, **SOLID, at=3)
    assert got.shape == (2, 6, 4)
    np.testing.assert_allclose(got[1], 2 * got[0], rtol=1e-12)
    centers = responses.relaxed_von_mises(space, u, x, **SOLID)
    np.testing.assert_allclose(got, np.repeat(centers[..., None], 4, -1), rtol=1e-11, atol=1e-3)


def test_expansion_without_resistance_has_no_stress() -> None:
    space = body(2)
    got = responses.relaxed_von_mises(space, 1e-3 * space.mesh.points, np.ones(6), **SOLID, free_strain=1e-3)
    np.testing.assert_allclose(got, 0.0, atol=1e-9 * YOUNG)


# ------------------------------------------------------------------ a design with nothing in some cells
MESH = fem.rectangle((6, 3), size=(2.0, 1.0))
SPACE = fem.Space(MESH, components=2)
HELD = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))
LOAD = fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 2), (0.0, -1e6))
AGGREGATES = {
    "p-norm": lambda stress: responses.p_norm(stress / 1e6, 8.0),
    "KS": lambda stress: responses.ks(stress / 1e6, 5.0),
}


def peak(name: str, x: Any) -> Any:
    young = fem.design.simp(x, solid=YOUNG, void=1e-9 * YOUNG)
    u = fem.solve(fem.elements.elasticity(SPACE, young=young, poisson=POISSON), LOAD, HELD)
    return AGGREGATES[name](responses.relaxed_von_mises(SPACE, u, x, **SOLID))


@partial(jax.jit, static_argnums=0)
def derivatives(name: str, x: Any, d: Any) -> tuple[Any, Any]:
    """Value and slopes, shape (1 + e,), and how they change along a direction."""
    found, moved = jax.jvp(jax.value_and_grad(partial(peak, name)), (x,), (d,))
    return jnp.append(*found), jnp.append(*moved)


@pytest.mark.parametrize("name", AGGREGATES)
def test_derivatives_are_differences_to_second_order(name: str) -> None:
    rng = np.random.default_rng(4)
    x, d, h = rng.uniform(0.4, 1.0, 18), 0.2 * rng.normal(size=18), 2e-2
    found, moved = map(np.asarray, derivatives(name, x, d))
    one, two, three = (
        (np.asarray(derivatives(name, x + s * d, d)[0]) - derivatives(name, x - s * d, d)[0]) / (2 * s)
        for s in (h, h / 2, h / 4)
    )
    expected = (16 * (4 * three - two) / 3 - (4 * two - one) / 3) / 15
    np.testing.assert_allclose(found[1:] @ d, expected[0], rtol=1e-7)
    np.testing.assert_allclose(moved[0], expected[0], rtol=1e-7)
    np.testing.assert_allclose(moved[1:], expected[1:], atol=1e-6 * np.abs(moved[1:]).max())


@pytest.mark.parametrize(("dimension", "plane"), [(2, "stress"), (2, "strain"), (3, None)])
def test_aggregate_is_homogeneous_to_second_order(dimension: int, plane: Any) -> None:
    """Strains are of degree -3 in the densities, relaxation by the exponent 1 is the density: -2 in all.

    The gradient is of degree -3 then, and several designs at once give the same.
    """
    space = body(dimension)
    held = fem.fix(space, space.mesh.points_on(lambda x: x[:, 0] == 0))
    load = 1e6 * np.random.default_rng(6).normal(size=space.shape)

    def norm(x: Any) -> Any:
        operator = fem.elements.elasticity(space, young=YOUNG * x**3, poisson=POISSON, plane=plane)
        u = fem.solve(operator, load, held)
        return responses.p_norm(responses.relaxed_von_mises(space, u, x, **SOLID, plane=plane, exponent=1.0), 6.0)

    x = np.random.default_rng(7).uniform(0.4, 1.0, space.mesh.cell_count)
    (value, slope), (_, curved) = jax.jit(lambda x: jax.jvp(jax.value_and_grad(norm), (x,), (x,)))(x)
    np.testing.assert_allclose(slope @ x, -2 * value, rtol=1e-10)
    np.testing.assert_allclose(curved, -3 * slope, atol=1e-9 * np.abs(slope).max())
    np.testing.assert_allclose(jax.jit(jax.vmap(norm))(np.stack([x, 2 * x])), [value, value / 4], rtol=1e-10)


@pytest.mark.parametrize("name", AGGREGATES)
def test_gradient_is_finite_and_right_at_density_zero(name: str) -> None:
    x = np.ones(18)
    x[[4, 10, 11]] = 0.0
    # One-sided: densities only grow from zero. The relaxation bends within its shift of 1e-4.
    d, h = np.where(x == 0, 1.0, 0.0), 1e-7
    found, near, far = (np.asarray(derivatives(name, x + s * d, d)[0]) for s in (0, h, 2 * h))
    assert np.isfinite(found).all()
    assert float(found[1:] @ d) == pytest.approx((4 * near[0] - far[0] - 3 * found[0]) / (2 * h), rel=1e-4)


@pytest.mark.parametrize("name", AGGREGATES)
def test_gradient_is_finite_where_there_is_no_stress_at_all(name: str) -> None:
    """Nothing but a motion of the whole; then some cells without strain beside others that are strained."""
    flat = jnp.zeros(SPACE.shape)
    stretched = flat.at[:, 0].set(jnp.maximum(MESH.points[:, 0] - 1.0, 0.0) * 1e-6)

    @jax.jit
    def slopes_and_products(u: Any, x: Any) -> Any:
        of = lambda u, x: AGGREGATES[name](responses.relaxed_von_mises(SPACE, u, x, **SOLID))  # noqa: E731
        return jax.jvp(jax.grad(of, (0, 1)), (u, x), (jnp.ones_like(u), x))

    for u in (flat, stretched):
        (by_u, by_x), products = slopes_and_products(u, np.where(np.arange(18) % 2, 1.0, 0.0))
        assert np.isfinite(by_u).all() and np.isfinite(by_x).all()
        assert all(np.isfinite(product).all() for product in products)
    assert (np.asarray(responses.relaxed_von_mises(SPACE, stretched, np.ones(18), **SOLID))[:3] == 0.0).all()
    assert np.abs(by_u).max() > 0


def test_aggregate_of_many_loads_costs_one_factorization() -> None:
    loads = jnp.stack([LOAD, LOAD[:, ::-1]])

    def worst(x: Any) -> Any:
        young = fem.design.simp(x, solid=YOUNG, void=1e-9 * YOUNG)
        u = fem.solve(fem.elements.elasticity(SPACE, young=young, poisson=POISSON), loads, HELD)
        return AGGREGATES["KS"](responses.relaxed_von_mises(SPACE, u, x, **SOLID))

    jax.block_until_ready(jax.jit(jax.value_and_grad(worst))(np.full(18, 0.7)))
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 2, 4)


@pytest.mark.parametrize(
    ("call", "got"),
    [
        (lambda: responses.relaxation([0.5, -0.1]), r"x\[1\] = -0.1"),
        (lambda: responses.relaxation(-0.1), r"x\[\] = -0.1"),
        (lambda: responses.relaxation(0.5, 0.0), "exponent = 0.0"),
        (lambda: responses.relaxation(0.5, shift=0.0), "shift = 0.0"),
        (lambda: responses.relaxed_von_mises(SPACE, LOAD, np.ones(17), **SOLID), r"shape \(17,\)"),
    ],
)
def test_impossible_densities_are_refused(call: Any, got: str) -> None:
    with pytest.raises(ShapeError, match=f"got: +{got}"):
        call()


def test_averages_over_points_are_refused() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: +at='points'"):
        responses.relaxed_von_mises(SPACE, LOAD, np.ones(18), **SOLID, at="points")
