"""Values and gradients inside cells: exact on polynomials, differentiable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")

import fem  # noqa: E402
from fem import fields  # noqa: E402
from fem.errors import MaterialError, SpaceError  # noqa: E402
from tests.fem.fields.samples import PLANE, SLOPE, SOLID, directional, distorted, linear_solution, mixed  # noqa: E402


@pytest.mark.parametrize("at", ["centers", "points", 3])
@pytest.mark.parametrize("name", [*PLANE, *SOLID, "mixed"])
def test_gradient_of_a_linear_field_is_exact(name: str, at: Any) -> None:
    mesh = mixed() if name == "mixed" else distorted(name)
    space, u, slope = linear_solution(mesh)
    if name == "mixed" and at == 3:
        with pytest.raises(SpaceError, match="got:      4 in quad4, 6 in tri3"):
            fields.gradient(space, u, at=at)
        return
    found, strain = jax.jit(lambda u: (fields.gradient(space, u, at=at), fields.strain(space, u, at=at)))(u)
    assert found.shape[0] == (len(mesh.points) if at == "points" else mesh.cell_count)
    np.testing.assert_allclose(found, np.broadcast_to(slope, found.shape), rtol=0, atol=2e-13)
    np.testing.assert_allclose(strain, np.broadcast_to((slope + slope.T) / 2, found.shape), atol=2e-13)


@pytest.mark.parametrize("name", ["tri6", "quad8", "quad9", "tet10", "hex20", "hex27"])
def test_gradient_of_a_quadratic_field_is_exact_at_the_points(name: str) -> None:
    # On straight cells of equal size the extrapolated gradient of x^2 is 2x.
    mesh = (fem.rectangle if name in PLANE else fem.box)(2, element=name)
    found = fields.gradient(fem.Space(mesh), mesh.points[:, 0] ** 2, at="points")
    expected = np.eye(mesh.dimension)[0] * 2 * mesh.points[:, :1]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_values_at_places() -> None:
    mesh = distorted("quad4")
    space, x = fem.Space(mesh), mesh.points[:, 0]
    np.testing.assert_allclose(fields.interpolate(space, x), mesh.centers[:, 0], atol=1e-14)
    np.testing.assert_allclose(fields.interpolate(space, x, at="points"), fields.interpolate(space, x, at="points"))
    assert fields.interpolate(space, x, at=3).shape == (4, 4)


def test_load_cases_lead() -> None:
    space, u, slope = linear_solution(distorted("quad4"))
    cases = np.stack([u, 2 * u])
    both = fields.gradient(space, cases)
    np.testing.assert_allclose(both, np.broadcast_to(np.stack([slope, 2 * slope])[:, None], (2, 4, 2, 2)), atol=1e-13)
    np.testing.assert_allclose(fields.gradient(space, cases.reshape(2, -1)), both)
    assert fields.norm(space, cases).shape == (2,)


def test_field_of_several() -> None:
    mesh = distorted("quad4")
    space = fem.Space(mesh, components={"u": 2, "p": 1})
    u, p = mesh.points @ SLOPE[:2, :2].T, mesh.points[:, 1]
    both = np.concatenate([u, p[:, None]], axis=1).reshape(-1)
    strain = np.asarray(fields.strain(space, both, field="u"))
    slope = np.asarray(fields.gradient(space, both, field="p"))
    np.testing.assert_allclose(strain[0], (SLOPE[:2, :2] + SLOPE[:2, :2].T) / 2, atol=1e-13)
    np.testing.assert_allclose(slope[0], [0, 1], atol=1e-13)
    with pytest.raises(SpaceError, match="got:      field=None"):
        fields.gradient(space, both)


@pytest.mark.parametrize("name", ["quad4", "tri6", "hex8"])
def test_derivatives_in_the_solution_the_material_and_the_points(name: str) -> None:
    mesh = distorted(name)
    space, rng = fem.Space(mesh, components=mesh.dimension), np.random.default_rng(7)
    u = rng.normal(size=mesh.points.shape).round(2)
    e = np.linspace(1.0, 2.0, mesh.cell_count)

    def peak(u: Any, e: Any, x: Any) -> Any:
        stress = fields.stress(space.at(x), u, young=e, poisson=0.3, at="points")
        return (fields.von_mises(stress) ** 4).mean() ** 0.25 + fields.norm(space.at(x), u, "H1")

    program = jax.jit(jax.value_and_grad(peak, argnums=(0, 1, 2)))
    arguments = (u, e, mesh.points)
    slopes = [np.asarray(slope) for slope in program(*arguments)[1]]
    for number, slope in enumerate(slopes):
        direction = rng.normal(size=slope.shape).round(2) * (0.05 if number == 2 else 1.0)
        expected = directional(
            lambda x, n=number: program(*arguments[:n], x, *arguments[n + 1 :])[0], arguments[number], direction
        )
        # Extrapolated differences: the error left is of the order h^4.
        assert float((slope * direction).sum()) == pytest.approx(expected, rel=1e-8)


def test_what_is_refused() -> None:
    mesh = fem.rectangle((2, 2))
    space, scalar = fem.Space(mesh, components=2), fem.Space(mesh)
    u = np.zeros((9, 2))
    with pytest.raises(SpaceError, match="got:      components=1"):
        fields.strain(scalar, np.zeros(9))
    with pytest.raises(SpaceError, match="got:      at='nodes'"):
        fields.gradient(space, u, at="nodes")
    with pytest.raises(SpaceError, match="got:      kind='L3'"):
        fields.norm(space, u, "L3")  # type: ignore[arg-type]
    with pytest.raises(SpaceError, match=r"got:      shape \(3,\)"):
        fields.integral(space, np.ones(3))
    with pytest.raises(SpaceError, match=r"got:      shape \(4, 1\)"):
        fields.von_mises(np.zeros((4, 1)))
    with pytest.raises(MaterialError, match="got:      plane='strains' in 2D"):
        fields.stress(space, u, young=1.0, poisson=0.3, plane="strains")  # type: ignore[arg-type]
