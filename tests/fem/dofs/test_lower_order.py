"""Mixed problems: a flow with a pressure of lower order, exact where the exact solution is in the spaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402


def flow(value: Any, gradient: Any, *, viscosity: Any) -> tuple[Any, Any]:
    """Slow flow of an incompressible fluid: velocity (2) and pressure."""
    velocity, pressure = gradient[:2], value[2]
    stress = viscosity * (velocity + velocity.T) - pressure * jax.numpy.eye(2)
    force = jax.numpy.zeros(3).at[2].set(-(velocity[0, 0] + velocity[1, 1]))
    return force, jax.numpy.zeros((3, 2)).at[:2].set(stress)


def channel(element: str) -> tuple[fem.Mesh, fem.Space]:
    straight = "tri3" if element == "tri6" else "quad4"
    mesh = fem.rectangle((3, 2), (3.0, 1.0), element=straight)
    inner = ((mesh.points > 0) & (mesh.points < [3.0, 1.0])).all(axis=1)
    mesh = mesh.with_points(mesh.points + 0.1 * inner[:, None]).with_order(2, complete=True)
    return mesh, fem.Space(mesh, {"u": 2, "p": 1})


@pytest.mark.parametrize("element", ["quad9", "tri6"])
def test_flow_between_plates_is_exact(element: str) -> None:
    viscosity, drop = 0.8, 5.0
    mesh, space = channel(element)
    x, y = mesh.points.T
    speed = drop / (2 * viscosity) * y * (1 - y)
    edge = mesh.facet_points(mesh.boundary)
    supports = [
        fem.prescribed(space, edge, np.stack([speed, 0 * y], 1)[edge], field="u"),
        fem.prescribed(space, [0], 3 * drop, field="p"),
        fem.lower_order(space, field="p"),
    ]
    operator = fem.elements.residual(space, flow, viscosity=viscosity, symmetric=True).tangent(np.zeros(space.count))
    found = space.split(fem.solve(operator, np.zeros(space.count), supports))
    np.testing.assert_allclose(found["u"], np.stack([speed, 0 * y], 1), atol=1e-12)
    np.testing.assert_allclose(found["p"][:, 0], drop * (3 - x), atol=1e-11)


def test_lower_order_is_the_interpolation_of_the_corners() -> None:
    mesh = fem.rectangle((2, 2), element="quad9")
    space = fem.Space(mesh, 2)
    constraints = fem.lower_order(space)
    corners = np.setdiff1d(np.arange(space.count), constraints.held.dofs)
    u = np.zeros(space.shape)
    u[:, 0], u[:, 1] = 2 + mesh.points[:, 0] * mesh.points[:, 1], mesh.points[:, 1]
    only = np.zeros(space.count)
    only[corners] = u.reshape(-1)[corners]
    np.testing.assert_allclose(constraints.held.couplings @ only, u.reshape(-1)[constraints.held.dofs], atol=1e-15)
    assert len(corners) == 9 * 2


def test_a_field_of_first_order_has_no_lower_one() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*cells of quad4"):
        fem.lower_order(fem.Space(fem.rectangle((1, 1))))


def test_a_pressure_without_a_level_is_named() -> None:
    mesh, space = channel("quad9")
    supports = [
        fem.fix(space, mesh.facet_points(mesh.boundary), field="u"),
        fem.lower_order(space, field="p"),
    ]
    operator = fem.elements.residual(space, flow, viscosity=1.0, symmetric=True).tangent(np.zeros(space.count))
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*a constant in component 0"):
        fem.solve(operator, np.ones(space.count), supports)
