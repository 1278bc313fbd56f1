"""Filters: means of neighbours, against sums written out and against the equation that they solve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
design = require("fem.design")
errors = require("fem.errors")

GRADED = fem.rectangle((7, 5), size=(7.0, 5.0), grading=(lambda s: s**1.3, None))
MIXED = fem.Mesh(
    [[0, 0], [2, 0], [2, 1], [0, 1], [3, 0.5]],
    (fem.CellBlock("quad4", [[0, 1, 2, 3]]), fem.CellBlock("tri3", [[1, 4, 2]]), fem.CellBlock("line2", [[0, 1]])),
)
FILTERS = {
    "cone": lambda mesh: design.density_filter(mesh, 1.8),
    "cone by volume": lambda mesh: design.density_filter(mesh, 1.8, by_volume=True),
    "Helmholtz": lambda mesh: design.helmholtz_filter(mesh, 0.7),
    "Helmholtz, padded": lambda mesh: design.helmholtz_filter(mesh, 0.7, boundary="padded"),
}
RNG = np.random.default_rng(0)


def written_out(mesh: Any, radius: float, x: Any, volumes: Any) -> Any:
    centers = mesh.centers
    distance = np.linalg.norm(centers[:, None] - centers[None], axis=-1)
    weight = np.maximum(0.0, radius - distance) * volumes
    return (weight * x).sum(1) / weight.sum(1)


@pytest.mark.parametrize("by_volume", [False, True])
def test_density_filter_is_the_mean_over_a_cone(by_volume: bool) -> None:
    x = RNG.random(GRADED.cell_count)
    volumes = GRADED.measures if by_volume else np.ones(GRADED.cell_count)
    got = design.density_filter(GRADED, 1.8, by_volume=by_volume)(x)
    np.testing.assert_allclose(got, written_out(GRADED, 1.8, x, volumes), rtol=1e-13)


def test_cells_of_lower_dimension_have_no_density() -> None:
    smooth = design.density_filter(MIXED, 3.0)
    distance = 4 / 3  # from (1, 1/2) to the center of the triangle, (7/3, 1/2)
    other = (3.0 - distance) / (3.0 + 3.0 - distance)
    np.testing.assert_allclose(smooth([1.0, 0.0]), [1 - other, other], rtol=1e-14)


def test_sensitivity_filter_is_the_published_formula() -> None:
    mesh = fem.rectangle((6, 4), size=(6.0, 4.0))
    x, slope = RNG.random(24), -RNG.random(24)
    x[3] = 0.0
    want = written_out(mesh, 1.5, x * slope, np.ones(24)) / np.maximum(x, 1e-3)
    np.testing.assert_allclose(design.sensitivity_filter(mesh, 1.5)(x, slope), want, rtol=1e-13)


@pytest.mark.parametrize("name", ["cone", "cone by volume", "Helmholtz"])
def test_a_constant_stays(name: str) -> None:
    np.testing.assert_allclose(FILTERS[name](GRADED)(np.full(35, 0.3)), 0.3, rtol=1e-12)


@pytest.mark.parametrize("name", ["Helmholtz", "Helmholtz, padded"])
def test_helmholtz_filter_solves_its_equation(name: str) -> None:
    """On an interval with x = 1: y = 1 with free ends; with padded ends l y' = -y there, so 1 - y is a cosh."""
    length, mesh = 0.5, fem.interval(400, size=2.0)
    got = design.helmholtz_filter(mesh, length, boundary="padded" if "padded" in name else "free")(np.ones(400))
    # y = 1 - c cosh((s - 1) / l), l y'(2) = -y(2): c (sinh a + cosh a) = 1 with a = 1 / l
    lost = np.exp(-1 / length) * np.cosh((mesh.centers[:, 0] - 1) / length) if "padded" in name else 0.0
    np.testing.assert_allclose(got, 1 - lost, atol=1e-5)  # cells of 0.005: an error of (h/l)^2 / 12


def test_helmholtz_filter_keeps_the_material() -> None:
    x = RNG.random(35)
    smoothed = design.helmholtz_filter(GRADED, 0.7)(x)
    np.testing.assert_allclose(GRADED.measures @ smoothed, GRADED.measures @ x, rtol=1e-12)


def test_helmholtz_filter_is_factorized_once() -> None:
    smooth = design.helmholtz_filter(GRADED, 0.7)
    loop = jax.jit(jax.value_and_grad(lambda x: (smooth(x) ** 3).sum()))
    sparsead.factor_cache.clear()
    for _ in range(4):
        loop(RNG.random(35))
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves) == (1, 8)


@pytest.mark.parametrize("name", FILTERS)
def test_derivatives_are_those_of_a_linear_map(name: str) -> None:
    smooth = FILTERS[name](GRADED)
    x, d_x, y_bar = RNG.random((3, 35))
    _, d_y = jax.jvp(smooth, (x,), (d_x,))
    np.testing.assert_allclose(d_y, smooth(d_x), rtol=1e-12)
    (x_bar,) = jax.vjp(smooth, x)[1](y_bar)
    assert np.isclose(y_bar @ d_y, x_bar @ d_x, rtol=1e-13)
    _, twice = jax.jvp(jax.grad(lambda x: (smooth(x) ** 2).sum() / 2), (x,), (d_x,))
    np.testing.assert_allclose(twice, jax.vjp(smooth, x)[1](d_y)[0], rtol=1e-12)


@pytest.mark.parametrize("name", FILTERS)
def test_several_designs_at_once(name: str) -> None:
    smooth, x = FILTERS[name](GRADED), RNG.random((3, 35))
    np.testing.assert_allclose(jax.jit(jax.vmap(smooth))(x), [smooth(one) for one in x], rtol=1e-12)


def test_a_radius_without_neighbours_warns() -> None:
    with pytest.warns(UserWarning, match=r"radius = 0\.9 reaches no neighbour.*are 1 apart"):
        design.density_filter(fem.rectangle((3, 3), size=(3.0, 3.0)), 0.9)


@pytest.mark.parametrize("radius", [0.0, -1.0, np.nan, np.inf, "2", None, [1.0]])
@pytest.mark.parametrize("make", [design.density_filter, design.sensitivity_filter, design.helmholtz_filter])
def test_a_radius_that_is_no_positive_number_is_refused(make: Any, radius: Any) -> None:
    with pytest.raises(sparsead.errors.ShapeError, match=r"got: +(radius|length) = "):
        make(GRADED, radius)


def test_unknown_boundary_is_refused() -> None:
    with pytest.raises(sparsead.errors.ShapeError, match=r"got: +boundary = 'open'"):
        design.helmholtz_filter(GRADED, 1.0, boundary="open")


@pytest.mark.parametrize("name", FILTERS)
def test_densities_must_fit_the_cells(name: str) -> None:
    with pytest.raises(sparsead.errors.ShapeError, match=r"got: +shape \(34,\)"):
        FILTERS[name](GRADED)(np.ones(34))
    with pytest.raises(sparsead.errors.DtypeError, match=r"got: +[a-z]+ of type complex128"):
        FILTERS[name](GRADED)(np.ones(35, complex))


def test_a_flat_cell_is_refused() -> None:
    mesh = fem.Mesh([[0, 0], [1, 0], [2, 0]], (fem.CellBlock("tri3", [[0, 1, 2]]),))
    with pytest.raises(errors.MeshError, match=r"got: +0 in cell 0"):
        design.density_filter(mesh, 1.0)
