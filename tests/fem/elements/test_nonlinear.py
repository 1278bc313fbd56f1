"""Finite strain and forms of one's own: tangents, closed forms, implicit derivatives, faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from fem.elements.solids.neo_hookean import flux  # noqa: E402
from tests.fem.elements.structures import assert_derivatives_agree  # noqa: E402

MESH = fem.box((3, 2, 2), size=(2.0, 1.0, 1.0))
SPACE = fem.Space(MESH, 3)
END = MESH.points_on(lambda x: x[:, 0] == 2)
SHEET = fem.rectangle((3, 2), (2.0, 1.0))
PLANE = fem.Space(SHEET, 2)
HELD = fem.fix(PLANE, SHEET.points_on(lambda x: x[:, 0] == 0))
RIGHT = SHEET.points_on(lambda x: x[:, 0] == 2)
PULL = fem.traction(PLANE, SHEET.facets_on(lambda x: x[:, 0] == 2), (0.01, 0.0))


def reaction_of_heat(value: Any, gradient: Any, *, conductivity: Any, growth: Any) -> tuple[Any, Any]:
    return growth * value**3, conductivity * (1 + value[0] ** 2) * gradient


def bars(value: Any, gradient: Any, *, stiffness: Any) -> Any:
    return stiffness * ((gradient**2).sum() / 2 + (gradient**4).sum() / 4)


@pytest.mark.parametrize("name", ["neo_hookean", "energy", "residual", "with a linear part"])
def test_tangents_are_the_derivative_of_the_forces(name: str) -> None:
    rng = np.random.default_rng(0)
    space = fem.Space(MESH, 1) if name == "residual" else SPACE
    operator = {
        "neo_hookean": lambda: fem.elements.neo_hookean(space, young=rng.uniform(1, 2, 12), poisson=0.3),
        "energy": lambda: fem.elements.energy(space, bars, stiffness=2.0),
        "residual": lambda: fem.elements.residual(space, reaction_of_heat, conductivity=2.0, growth=np.ones(12)),
        "with a linear part": lambda: fem.elements.energy(space, bars, stiffness=2.0) + fem.elements.mass(space),
    }[name]()
    u, v = 0.05 * rng.normal(size=space.shape), rng.normal(size=space.shape)

    @jax.jit
    def derivatives(operator: Any, u: Any, v: Any) -> Any:
        slope, tangent = jax.jvp(operator.forces, (u,), (v,))[1], operator.tangent(u)
        return slope, tangent @ v, sp.to_dense(tangent.matrix())

    slope, product, dense = (np.asarray(x) for x in derivatives(operator, u, v))
    np.testing.assert_allclose(product, slope, atol=1e-12)
    np.testing.assert_allclose(dense @ v.reshape(-1), slope.reshape(-1), atol=1e-12)
    if name != "residual":
        np.testing.assert_allclose(dense, dense.T, atol=1e-13)


@pytest.mark.parametrize("size", [1e-4, 1e-9, 1e-15])
def test_small_displacements_are_those_of_linear_elasticity(size: float) -> None:
    body = fem.elements.neo_hookean(PLANE, young=1.0, poisson=0.3, degree=2)
    linear = fem.solve(fem.elements.elasticity(PLANE, young=1.0, poisson=0.3, plane="strain"), size * PULL, HELD)
    scale = np.abs(linear).max()
    np.testing.assert_allclose(fem.solve_nonlinear(body, size * PULL, HELD), linear, atol=max(0.1 * size, 1e-9) * scale)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_stress_is_the_derivative_of_the_published_energy(d: int) -> None:
    def energy(gradient: Any) -> Any:
        stretch = jnp.eye(d) + gradient
        volume = jnp.log(jnp.linalg.det(stretch))
        return 0.4 * ((stretch**2).sum() - d) - 0.8 * volume + 0.65 * volume**2

    gradient = 0.3 * np.random.default_rng(5).uniform(-1, 1, (d, d))
    both = jax.jit(lambda gradient: (flux(jnp.zeros(d), gradient, lam=1.3, mu=0.8), jax.grad(energy)(gradient)))
    (force, stress), expected = both(gradient)
    np.testing.assert_allclose(stress, expected, rtol=1e-13, atol=1e-14)
    assert not np.asarray(force).any()


def lossy(value: Any, gradient: Any) -> Any:
    """An elastic energy written in 1 + gradient, whose forces keep few digits where the gradient is tiny."""
    stretch = 1.0 + gradient
    return (stretch**4).sum() / 12 - stretch.sum() / 3


def test_rounding_that_cannot_be_balanced_is_explained() -> None:
    space = fem.Space(fem.interval(5))
    load = fem.body_load(space, lambda x: 1e-12 * (0.3 + x))
    with pytest.raises(fem.errors.ConvergenceError, match=r"fix: .* it is rounding"):
        fem.solve_nonlinear(fem.elements.energy(space, lossy), load, fem.fix(space, [0]))


def test_a_stretched_block_has_the_closed_form() -> None:
    """Stretch 1.5 along x, free across: lam ln J / J-free equation for the cross stretch, solved by bisection."""
    young, poisson, stretch = 1.0, 0.3, 1.5
    lam, mu = young * poisson / ((1 + poisson) * (1 - 2 * poisson)), young / (2 * (1 + poisson))
    low, high = 0.1, 2.0
    for _ in range(200):
        across = (low + high) / 2
        free = mu * (across - 1 / across) + lam * np.log(stretch * across**2) / across
        low, high = (low, across) if free > 0 else (across, high)
    stress = mu * (stretch - 1 / stretch) + lam * np.log(stretch * across**2) / stretch
    body = fem.elements.neo_hookean(SPACE, young=young, poisson=poisson)
    planes = [fem.fix(SPACE, MESH.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(3)]
    pull = fem.prescribed(SPACE, END, 2.0 * (stretch - 1), 0)
    u = fem.solve_nonlinear(body, np.zeros(SPACE.shape), [*planes, pull], tolerance=1e-12)
    np.testing.assert_allclose(u, MESH.points * [stretch - 1, across - 1, across - 1], atol=1e-11)
    np.testing.assert_allclose(body.forces(u)[END, 0].sum(), stress, rtol=1e-11)


PRIMALS = {
    "young": np.random.default_rng(3).uniform(1, 2, 6),
    "points": np.array(SHEET.points),
    "scale": np.array(1.3),
    "lift": np.array(0.2),
}


def square(p: dict[str, Any]) -> Any:
    space = PLANE.at(p["points"])
    body = fem.elements.neo_hookean(space, young=p["young"], poisson=0.3)
    supports = [HELD, fem.prescribed(space, RIGHT, p["lift"], 1)]
    return (fem.solve_nonlinear(body, p["scale"] * PULL, supports, steps=2, tolerance=1e-12) ** 2).sum()


def test_implicit_derivatives_agree_with_differences() -> None:
    @jax.jit
    def derivatives(p: Any, d: Any) -> Any:
        return jax.jvp(jax.value_and_grad(square), (p,), (d,))

    assert_derivatives_agree(derivatives, PRIMALS, size=0.1, step=0.05, rtol=1e-7, gradient_rtol=1e-9, atol=1e-6)


def test_the_gradient_uses_the_last_factorization() -> None:
    young = jnp.asarray(PRIMALS["young"])

    def tip(young: Any) -> Any:
        body = fem.elements.neo_hookean(PLANE, young=young, poisson=0.3)
        return fem.solve_nonlinear(body, PULL, HELD)[:, 0].sum()

    forward, both = jax.jit(tip), jax.jit(jax.value_and_grad(tip))
    counts = []
    for f in (forward, both):
        sparsead.factor_cache.clear()
        jax.block_until_ready(f(young))
        counts.append(sparsead.factor_cache.stats().factorizations)
    assert counts[0] == counts[1]


def test_reactions_of_internal_forces_balance_the_load() -> None:
    body = fem.elements.neo_hookean(PLANE, young=1.0, poisson=0.3)
    u = fem.solve_nonlinear(body, PULL, HELD)
    np.testing.assert_allclose(fem.reactions(body, u, HELD, PULL).sum(0), -PULL.sum(0), atol=1e-11)


def test_what_does_not_converge_is_named() -> None:
    body = fem.elements.neo_hookean(PLANE, young=1.0, poisson=0.3)
    with pytest.raises(fem.errors.ConvergenceError, match=r"got: .*imbalance .* after 2 iterations"):
        fem.solve_nonlinear(body, 30 * PULL, HELD, iterations=2)


def test_thermal_strain_of_a_free_body_is_stress_free() -> None:
    material = {"young": 2.1e11, "poisson": 0.3}
    load = fem.elements.thermal_strain(SPACE, 100.0, expansion=1.2e-5, **material)
    planes = [fem.fix(SPACE, MESH.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(3)]
    u = fem.solve(fem.elements.elasticity(SPACE, **material), load, planes)
    np.testing.assert_allclose(u, 1.2e-3 * MESH.points, atol=1e-15)


def coupled(value: Any, gradient: Any, *, stiffness: Any) -> Any:
    """Elastic energy of the first component, conduction in the second, and a product of both."""
    return stiffness * ((gradient**2).sum() + 0.1 * value[0] ** 2 * value[1])


def test_forms_may_couple_fields() -> None:
    mesh = fem.interval(4)
    space = fem.Space(mesh, {"u": 1, "theta": 1})
    operator = fem.elements.energy(space, coupled, stiffness=3.0)
    load = np.zeros(space.count)
    load[space.dofs([4], field="u")] = 1.0
    supports = [fem.fix(space, [0], field="u"), fem.prescribed(space, [0, 4], 2.0, field="theta")]
    u = fem.solve_nonlinear(operator, load, supports)
    parts = space.split(u)
    assert set(parts) == {"u", "theta"}
    np.testing.assert_allclose(operator.forces(u)[space.dofs([1, 2, 3], field="theta")], 0, atol=1e-9)
    assert parts["theta"][2, 0] < 2.0
