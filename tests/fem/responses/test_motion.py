"""Displacements, mechanism outputs and forces of supports: closed forms, identities, derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
responses = require("fem.responses")

MESH = fem.rectangle((4, 3), size=(2.0, 1.0))
SPACE = fem.Space(MESH, components=2)
LEFT, RIGHT = (MESH.points_on(lambda x, at=at: x[:, 0] == at) for at in (0.0, 2.0))
HELD = fem.fix(SPACE, LEFT)
LOAD = fem.traction(SPACE, MESH.facets_on(lambda x: x[:, 0] == 2), (0.3, -1.0))
YOUNG = np.random.default_rng(1).uniform(0.5, 1.5, MESH.cell_count)


def solved(young: Any, load: Any = LOAD) -> Any:
    operator = fem.elements.elasticity(SPACE, young=young, poisson=0.3)
    return operator, fem.solve(operator, load, HELD)


def test_displacement_is_the_mean_along_a_direction() -> None:
    motion = np.random.default_rng(2).normal(size=SPACE.shape)
    expected = (motion[RIGHT] @ [0.6, 0.8]).mean()
    for points in (RIGHT, MESH.facets_on(lambda x: x[:, 0] == 2), lambda x: x[:, 0] == 2):
        np.testing.assert_allclose(responses.displacement(SPACE, motion, points, (0.6, 0.8)), expected, rtol=1e-14)
    cases = responses.displacement(SPACE, np.stack([motion, 2 * motion]).reshape(2, -1), RIGHT, (0.6, 0.8))
    np.testing.assert_allclose(cases, [expected, 2 * expected], rtol=1e-14)


def test_deflection_of_a_bar() -> None:
    mesh = fem.interval(4, size=2.0)
    space = fem.Space(mesh)
    u = fem.solve(fem.elements.elasticity(space, young=5.0, poisson=0.0), np.eye(5)[4][:, None], fem.fix(space, [0]))
    assert float(responses.displacement(space, u, [4])) == pytest.approx(2.0 / 5.0, rel=1e-13)


def test_one_field_of_several_is_chosen() -> None:
    space = fem.Space(MESH, components={"u": 2, "T": 1})
    u = jnp.arange(space.count, dtype=float)
    warm = space.split(u)["T"][RIGHT, 0].mean()
    np.testing.assert_allclose(responses.displacement(space, u, RIGHT, field="T"), warm, rtol=1e-14)


def test_reaction_balances_the_load() -> None:
    """Forces of the supports are minus the loads, also those at the supports, whatever the material."""
    load = fem.body_load(SPACE, (0.3, -1.0))

    @jax.jit
    def values_and_slopes(young: Any) -> Any:
        def reaction(young: Any, direction: Any) -> Any:
            return responses.reaction(*solved(young, load), HELD, LEFT, direction, load=load)

        return [jax.value_and_grad(reaction)(young, direction) for direction in ((1.0, 0.0), (0.0, 1.0))]

    for (value, slope), total in zip(values_and_slopes(YOUNG), np.asarray(load).sum(0), strict=True):
        assert float(value) == pytest.approx(-total, rel=1e-11)
        np.testing.assert_allclose(slope, 0.0, atol=1e-11)


def test_reaction_of_several_loads() -> None:
    loads = jnp.stack([LOAD, -2 * LOAD])
    operator, u = solved(YOUNG, loads)
    got = responses.reaction(operator, u, HELD, LEFT, (0.0, 1.0))
    np.testing.assert_allclose(got, -loads[..., 1].sum(1), rtol=1e-11)


def test_reaction_at_a_part_of_the_supports_is_that_of_reactions() -> None:
    operator, u = solved(YOUNG)
    forces = fem.reactions(operator, u, HELD)
    np.testing.assert_allclose(
        responses.reaction(operator, u, HELD, LEFT[:2], (0.0, 1.0)), forces[LEFT[:2], 1].sum(), rtol=1e-14
    )
    assert float(responses.reaction(operator, u, HELD, RIGHT, (0.0, 1.0))) == 0.0


@pytest.mark.parametrize("what", ["displacement", "reaction"])
def test_derivatives_are_differences_to_second_order(what: str) -> None:
    def response(young: Any) -> Any:
        operator, u = solved(young)
        if what == "displacement":
            return responses.displacement(SPACE, u, RIGHT, (0.0, 1.0))
        return responses.reaction(operator, u, HELD, LEFT[:2], (0.0, 1.0))

    d, h = np.random.default_rng(3).normal(size=len(YOUNG)), 1e-3

    @jax.jit
    def derivatives(young: Any) -> Any:
        """Value and slopes, shape (1 + e,), and how they change along a direction."""
        found, moved = jax.jvp(jax.value_and_grad(response), (young,), (d,))
        return jnp.append(*found), jnp.append(*moved)

    (value, *slope), moved = map(np.asarray, derivatives(YOUNG))
    one, two = (
        (np.asarray(derivatives(YOUNG + s * d)[0]) - derivatives(YOUNG - s * d)[0]) / (2 * s) for s in (h, h / 2)
    )
    expected = (4 * two - one) / 3
    np.testing.assert_allclose([slope @ d, moved[0]], expected[0], rtol=1e-7)
    np.testing.assert_allclose(moved[1:], expected[1:], atol=1e-6 * np.abs(moved[1:]).max())
    # Of degree -1 and 0 in the moduli.
    degree = -1.0 if what == "displacement" else 0.0
    np.testing.assert_allclose(slope @ YOUNG, degree * value, atol=1e-10)


def test_displacement_is_reciprocal_to_its_adjoint() -> None:
    """The gradient in the load is the solution under the unit load at the output (Betti)."""
    slope = jax.grad(lambda load: responses.displacement(SPACE, solved(YOUNG, load)[1], RIGHT, (0.0, 1.0)))(LOAD)
    unit = jnp.zeros(SPACE.shape).at[RIGHT, 1].set(1 / len(RIGHT))
    np.testing.assert_allclose(slope, solved(YOUNG, unit)[1], atol=1e-12)


@pytest.mark.parametrize(
    ("call", "got"),
    [
        (lambda: responses.displacement(SPACE, LOAD, [], (1.0, 0.0)), "an array of type float64 and length 0"),
        (lambda: responses.displacement(SPACE, LOAD, [99], (1.0, 0.0)), "point 99"),
        (lambda: responses.displacement(SPACE, LOAD, RIGHT), r"shape \(\)"),
        (lambda: responses.displacement(SPACE, LOAD, RIGHT, (1.0, 0.0, 0.0)), r"shape \(3,\)"),
        (lambda: responses.displacement(SPACE, LOAD[:3], RIGHT, (1.0, 0.0)), r"shape \(3, 2\)"),
        (lambda: responses.reaction(*solved(YOUNG), HELD, LEFT, 1.0), r"shape \(\)"),
    ],
)
def test_what_does_not_fit_the_space_is_refused(call: Any, got: str) -> None:
    with pytest.raises(fem.errors.SpaceError, match=f"got: +{got}"):
        call()
