"""J2 plasticity: closed forms of a bar, the adjoint over load steps, its cost, faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402
from tests.fem.elements.structures import assert_derivatives_agree  # noqa: E402

YOUNG, POISSON, YIELD, HARDENING = 2.1e11, 0.3, 2.4e8, 4e9  # Pa, of a steel
CUBE = fem.box((1, 1, 1), size=(2.0, 1.0, 1.0))
SOLID = fem.Space(CUBE, 3)
PLANES = [fem.fix(SOLID, CUBE.points_on(lambda x, k=k: x[:, k] == 0), k) for k in range(3)]
END = CUBE.points_on(lambda x: x[:, 0] == 2)
PULL = fem.traction(SOLID, CUBE.facets_on(lambda x: x[:, 0] == 2), (YIELD, 0.0, 0.0))
CYCLE = np.array([0.9, 1.5, 0.0, -1.6, 0.0])  # of the yield stress

SHEET = fem.rectangle((2, 1), size=(0.4, 0.1)).with_points(
    fem.rectangle((2, 1), size=(0.4, 0.1)).points + 0.004 * np.random.default_rng(1).uniform(-1, 1, (6, 2))
)
FLAT = fem.Space(SHEET, 2)
WALL = fem.fix(FLAT, [0, 1])
TIP = np.zeros(FLAT.shape)
TIP[[4, 5], 1] = -8e6  # N/m
STEPS = np.array([0.5, 1.0, 0.2, -1.1])


def bar(isotropic: Any, kinematic: Any, yield_stress: Any = YIELD) -> fem.NonlinearOperator:
    return fem.elements.j2_plasticity(
        SOLID,
        young=YOUNG,
        poisson=POISSON,
        yield_stress=yield_stress,
        isotropic_hardening=isotropic,
        kinematic_hardening=kinematic,
    )


def strains(isotropic: float, kinematic: float) -> Any:
    """Closed form of the bar: it yields from Y on, and in reverse where the stress has fallen by twice its radius."""
    total = isotropic + kinematic
    first = 0.5 * YIELD / total
    middle, radius = kinematic * first, YIELD + isotropic * first
    second = first - max(1.6 * YIELD + middle - radius, 0.0) / total
    return CYCLE * YIELD / YOUNG + np.array([0, first, first, second, second])


@jax.jit
def cycled(isotropic: Any, kinematic: Any, yield_stress: Any) -> fem.Path:
    body = bar(isotropic, kinematic, yield_stress)
    return fem.load_steps(body, PULL, PLANES, factors=CYCLE, tolerance=1e-12)


@pytest.mark.parametrize("shares", [(1.0, 0.0), (0.0, 1.0), (0.3, 0.7)])
def test_a_bar_has_the_closed_form_of_loading_unloading_and_reverse_yield(shares: tuple[float, float]) -> None:
    moduli = [share * HARDENING for share in shares]
    path, expected = cycled(*moduli, YIELD), strains(*moduli)
    np.testing.assert_allclose(path.states[:, END, 0] / 2.0, np.stack([expected] * 4, 1), rtol=1e-10)
    # plastic strain keeps the volume, and both its tensor and its length are remembered
    plastic, (first, last) = path.operator.history[0][0], (expected[2], expected[4])
    np.testing.assert_allclose(plastic[:3, 0, 0], np.array([1.0, -0.5, -0.5]) * last, rtol=1e-9)
    np.testing.assert_allclose(plastic[6, 0, 0], first + abs(last - first), rtol=1e-9)
    np.testing.assert_allclose(plastic[3:6], 0, atol=1e-15)


def sheet(p: dict[str, Any]) -> fem.NonlinearOperator:
    material = {name: p[name] for name in ("young", "yield_stress", "isotropic_hardening", "kinematic_hardening")}
    return fem.elements.j2_plasticity(FLAT, poisson=POISSON, **material)


PRIMALS = {
    "young": np.array([1.0, 1.1]) * YOUNG,
    "yield_stress": np.array([1.0, 0.8]) * YIELD,
    "isotropic_hardening": np.array([1.0, 2.0]) * HARDENING,
    "kinematic_hardening": np.array(0.5 * HARDENING),
    "load": TIP,
    "lift": np.array(1e-4),
    "factors": STEPS,
}
WEIGHTS = np.random.default_rng(2).uniform(0.5, 1.0, (len(STEPS), 6, 2))


def supports(p: dict[str, Any]) -> list[fem.Constraints]:
    return [WALL, fem.prescribed(FLAT, [2], p["lift"], 1)]


def sum_of(states: Any, operator: fem.NonlinearOperator) -> Any:
    """A number of all states and of what the material remembers at the end, of size one."""
    return (WEIGHTS * (states * 1e3) ** 2).sum() + (operator.history[0][0] * 1e3).sum()


def measured(p: dict[str, Any], checkpoint: str = "all") -> Any:
    path = fem.load_steps(
        sheet(p), p["load"], supports(p), factors=p["factors"], tolerance=1e-13, checkpoint=checkpoint
    )
    return sum_of(path.states, path.operator)


def unrolled(p: dict[str, Any]) -> Any:
    """The same number by ten of Newton's steps each, with dense matrices and nothing but JAX's own derivatives."""
    free, body = np.setdiff1d(np.arange(FLAT.count), [0, 1, 2, 3, 5]), sheet(p)

    def step(carry: Any, factor: Any) -> Any:
        u, operator = carry[0].at[5].set(factor * p["lift"]), body.with_history(carry[1])

        def left(z: Any) -> Any:
            return (operator.forces(u.at[free].set(z)) - factor * p["load"].reshape(-1))[free]

        def improved(z: Any, _: None) -> Any:
            return z - jnp.linalg.solve(jax.jacfwd(left)(z), left(z)), None

        u = u.at[free].set(jax.lax.scan(improved, u[free], None, 10)[0])
        return (u, operator.after(u).history), u.reshape(FLAT.shape)

    (_, history), states = jax.lax.scan(step, (jnp.zeros(FLAT.count), body.history), p["factors"])
    return sum_of(states, body.with_history(history))


@pytest.fixture(scope="module")
def derivatives() -> Any:
    """Value and gradient, and their tangents, compiled once."""
    return jax.jit(lambda p, d: jax.jvp(jax.value_and_grad(measured), (p,), (d,)))


def test_the_adjoint_over_load_steps_is_that_of_an_unrolled_newton(derivatives: Any) -> None:
    value, gradient = derivatives(PRIMALS, PRIMALS)[0]
    expected, by_jax = jax.jit(jax.value_and_grad(unrolled))(PRIMALS)
    np.testing.assert_allclose(value, expected, rtol=1e-10)
    for name, found in gradient.items():
        scale = np.abs(by_jax[name]).max()
        assert scale > 0
        np.testing.assert_allclose(found, by_jax[name], atol=1e-8 * scale, err_msg=name)


def test_first_and_second_derivatives_agree_with_differences(derivatives: Any) -> None:
    """Steps are so small that no point begins or ends to yield."""
    assert_derivatives_agree(derivatives, PRIMALS, size=2e-3, step=0.2, rtol=2e-6, gradient_rtol=1e-7, atol=1e-4)


def test_a_gradient_takes_one_factorization_and_one_solve_a_step() -> None:
    """Of a bar, whose slope is known in closed form."""

    def remains(yield_stress: Any) -> Any:
        return cycled(HARDENING, 0.0, yield_stress).states[:, END, 0].mean(1) @ np.arange(1.0, 6.0) / 2.0

    programs, counts = (lambda y: cycled(HARDENING, 0.0, y), jax.jit(jax.grad(remains))), []
    for program in programs:
        sparsead.factor_cache.clear()
        slope = jax.block_until_ready(program(1.2 * YIELD))
        stats = sparsead.factor_cache.stats()
        counts.append((stats.factorizations, stats.solves + stats.remembered))
    factorizations, solves = np.subtract(*counts[::-1])
    assert factorizations <= len(CYCLE)
    assert solves == len(CYCLE)
    # p1 = (1.5 Y0 - Y) / H from the second step on; in the fourth 0.1 Y0 beyond Y + H p1 = 1.5 Y0 add, without Y
    np.testing.assert_allclose(slope, -(2 + 3 + 4 + 5) / HARDENING, rtol=1e-8)


# --------------------------------------------------------------------- faults
def test_an_impossible_material_is_refused() -> None:
    for yield_stress, got in ((0.0, "0"), (np.array([-3e8]), "-3e\\+08"), (np.nan, "nan")):
        with pytest.raises(fem.errors.MaterialError, match=f"got: .*yield_stress = {got} in cell 0"):
            bar(0.0, HARDENING, yield_stress)
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*a modulus of -1 in cell 0"):
        bar(0.0, -1.0)
    with pytest.raises(Exception, match=r"got: .*yield_stress = -1 in cell 0"):  # traced: found while it runs
        jax.block_until_ready(cycled(HARDENING, 0.0, -1.0))


def test_a_body_that_cannot_carry_the_load_says_up_to_where_it_does() -> None:
    with pytest.raises(Exception, match=r"step 2 of a path did not converge") as caught:
        jax.block_until_ready(cycled(0.0, 0.0, YIELD))
    reached = float(str(caught.value).split("up to load factor ")[1].split(",")[0])
    assert 1.0 - 0.6 / 64 <= reached <= 1.0


def test_a_march_refuses_what_remembers() -> None:
    mass = fem.elements.mass(SOLID, 7850.0)
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*which remembers"):
        fem.march(np.zeros(SOLID.shape), [0.0, 1.0], mass=mass, stiffness=bar(0.0, HARDENING), h=0.1)
