"""Compliance of one load and of many: closed forms, derivatives, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
responses = require("fem.responses")

# In smaller ones three solutions take too much of the factors' memory to be remembered.
MESH = fem.rectangle((40, 20), size=(2.0, 1.0))
SPACE = fem.Space(MESH, components=2)
HELD = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))
LOADS = jnp.stack(
    [
        fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 2), (0.0, -1.0)),
        fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 2), (1.0, 0.0)),
        fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 1] == 1), (0.0, -0.5)),
    ]
)
WEIGHTS = jnp.array([0.5, 0.2, 0.3])
YOUNG = np.random.default_rng(1).uniform(0.5, 1.5, MESH.cell_count)


def work(young: Any, load: Any = LOADS) -> Any:
    u = fem.solve(fem.elements.elasticity(SPACE, young=young, poisson=0.3), load, HELD)
    return responses.compliance(SPACE, u, load)


OBJECTIVES = {
    "sum": lambda young: WEIGHTS @ work(young),
    "max": lambda young: work(young).max(),
    "p-norm": lambda young: responses.p_norm(work(young), 8.0),
    "KS": lambda young: responses.ks(work(young), 2.0),
}
EAGER = {name: jax.value_and_grad(objective) for name, objective in OBJECTIVES.items()}
JITTED = {name: jax.jit(both) for name, both in EAGER.items()}
EACH = jax.jit(lambda young: (work(young), jax.jacobian(work)(young)))


def test_compliance_of_a_bar_is_force_squared_over_stiffness() -> None:
    mesh = fem.interval(5, size=2.0)
    space = fem.Space(mesh)
    load = np.zeros((6, 1))
    load[-1] = 3.0
    u = fem.solve(fem.elements.elasticity(space, young=7.0, poisson=0.0), load, fem.fix(space, [0]))
    assert float(responses.compliance(space, u, load)) == pytest.approx(3.0**2 * 2.0 / 7.0, rel=1e-13)


def test_thermal_compliance_is_the_mean_temperature_times_the_heat() -> None:
    """A wall of thickness L with the source q, cold at one side: T = q (L x - x^2 / 2) / k, its integral q L^3 / 3k."""
    mesh = fem.interval(8, size=2.0)
    space = fem.Space(mesh)
    heat = fem.body_load(space, (5.0,))
    warm = fem.solve(fem.elements.diffusion(space, 4.0), heat, fem.fix(space, [0]))
    # Linear elements are exact at the points; between them they miss q h^3 / 12 k of the integral in each cell.
    expected = 5.0 / 4.0 * (2.0**3 / 3 - 8 * 0.25**3 / 12)
    assert float(responses.compliance(space, warm, heat)) == pytest.approx(5.0 * expected, rel=1e-12)


def test_peak_temperature_is_at_the_insulated_end() -> None:
    """Of the same wall, q L^2 / 2k; smooth maxima of 9 points exceed it by 9^(1/p) and log(9) / r at most."""
    mesh = fem.interval(8, size=2.0)
    space = fem.Space(mesh)

    def warm(conductivity: Any) -> Any:
        body = fem.elements.diffusion(space, conductivity)
        return fem.solve(body, fem.body_load(space, (5.0,)), fem.fix(space, [0]))

    @jax.jit
    def maxima(conductivity: Any) -> Any:
        of_eight = jax.value_and_grad(lambda k: responses.p_norm(warm(k), 8.0))(conductivity)
        temperature = warm(conductivity)
        return responses.p_norm(temperature, 100.0), responses.ks(temperature, 100.0), of_eight

    peak = 5.0 * 2.0**2 / (2 * 4.0)
    norm, smooth, (value, slope) = maxima(4.0)
    assert peak <= float(norm) <= peak * 9**0.01
    assert peak <= float(smooth) <= peak + np.log(9) / 100
    np.testing.assert_allclose(slope * 4.0, -value, rtol=1e-10)  # of degree -1


def test_cases_are_those_of_each_load() -> None:
    both = work(YOUNG)
    assert both.shape == (3,)
    np.testing.assert_allclose(both, [work(YOUNG, load) for load in LOADS], rtol=1e-11)
    flat = responses.compliance(SPACE, jnp.ones((3, SPACE.count)), LOADS)
    np.testing.assert_allclose(flat, LOADS.sum((1, 2)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit], ids=["eager", "jitted"])
def test_one_load_costs_one_factorization_and_one_solve_with_its_gradient(wrap: Any) -> None:
    slope = wrap(jax.value_and_grad(lambda young: work(young, LOADS[0])))
    sparsead.factor_cache.clear()
    jax.block_until_ready(slope(YOUNG))
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 1, 1)


@pytest.mark.parametrize("slopes", [EAGER, JITTED], ids=["eager", "jitted"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_many_loads_cost_one_factorization_and_one_solve_with_the_gradient(name: str, slopes: Any) -> None:
    jax.block_until_ready(slopes[name](YOUNG))
    stats = sparsead.factor_cache.stats()
    assert (stats.factorizations, stats.solves, stats.right_hand_sides) == (1, 1, 3)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradient_is_that_of_each_load_times_its_share(name: str) -> None:
    values, each = map(np.asarray, EACH(YOUNG))
    share = {
        "sum": np.asarray(WEIGHTS),
        "max": np.eye(3)[values.argmax()],
        "p-norm": (values / np.linalg.norm(values, 8)) ** 7,
        "KS": np.exp(2.0 * values) / np.exp(2.0 * values).sum(),
    }[name]
    found = JITTED[name](YOUNG)[1]
    np.testing.assert_allclose(found, share @ each, rtol=1e-9, atol=1e-12 * np.abs(found).max())
    np.testing.assert_allclose(each @ YOUNG, -values, rtol=1e-10)  # of degree -1


def test_worst_case_is_differentiated_to_second_order() -> None:
    d, h = 0.3 * np.random.default_rng(2).normal(size=len(YOUNG)), 1e-3
    slopes = jax.jit(lambda y: jax.jvp(jax.grad(OBJECTIVES["KS"]), (y,), (d,)))
    curved = slopes(YOUNG)[1]
    one, two = ((slopes(YOUNG + s * d)[0] - slopes(YOUNG - s * d)[0]) / (2 * s) for s in (h, h / 2))
    np.testing.assert_allclose(curved, (4 * two - one) / 3, atol=1e-7 * np.abs(curved).max())


def test_several_designs_at_once() -> None:
    designs = np.stack([YOUNG, 2 * YOUNG])
    together, first = jax.jit(lambda designs: (jax.vmap(work)(designs), work(designs[0])))(designs)
    np.testing.assert_allclose(together, np.stack([first, first / 2]), rtol=1e-10)


def test_loads_that_are_not_those_of_the_solutions_are_refused() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: +load cases of shape \(2,\)"):
        responses.compliance(SPACE, jnp.zeros((3, *SPACE.shape)), LOADS[:2])
    with pytest.raises(fem.errors.SpaceError, match=r"got: +shape \(5, 2\)"):
        responses.compliance(SPACE, jnp.zeros(SPACE.shape), np.ones((5, 2)))
