"""Every weak form: its matrices are its action; constant and formed matrices agree; its symmetry is as declared."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from tests.fem.elements.structures import dense_and_product  # noqa: E402

RNG = np.random.default_rng(0)
CONDUCTIVITY = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 3.0]])


def stiffness(v: int) -> Any:
    half = np.random.default_rng(1).normal(size=(v, v))
    return half @ half.T + v * np.eye(v)


def varied(space: fem.Space) -> Any:
    return np.random.default_rng(2).uniform(1.0, 2.0, space.mesh.cell_count)


FORMS = {
    "elasticity": (3, 3, lambda s: fem.elements.elasticity(s, young=varied(s), poisson=0.3)),
    "elasticity, poisson varies": (3, 3, lambda s: fem.elements.elasticity(s, young=1.0, poisson=varied(s) / 5)),
    "elasticity at points": (3, 3, lambda s: fem.elements.elasticity(s, young=np.ones((4, 8)), poisson=0.2)),
    "plane stress": (2, 2, lambda s: fem.elements.elasticity(s, young=varied(s), poisson=0.3, thickness=0.1)),
    "plane strain": (2, 2, lambda s: fem.elements.elasticity(s, young=2.0, poisson=0.3, plane="strain")),
    "axisymmetric": (2, 2, lambda s: fem.elements.axisymmetric(s, young=varied(s), poisson=0.3)),
    "anisotropic": (3, 3, lambda s: fem.elements.anisotropic(s, stiffness(6))),
    "anisotropic in the plane": (2, 2, lambda s: fem.elements.anisotropic(s, stiffness(3), thickness=varied(s))),
    "diffusion": (3, 1, lambda s: fem.elements.diffusion(s, varied(s))),
    "diffusion of vectors": (2, 2, lambda s: fem.elements.diffusion(s, 2.0, thickness=varied(s))),
    "diffusion in a line": (1, 1, lambda s: fem.elements.diffusion(s, varied(s))),
    "diffusion by a tensor": (3, 1, lambda s: fem.elements.diffusion(s, CONDUCTIVITY)),
    "mass": (3, 3, lambda s: fem.elements.mass(s, varied(s))),
    "advection": (2, 1, lambda s: fem.elements.advection(s, np.array([1.0, -2.0]))),
    "robin": (2, 1, lambda s: fem.elements.robin(s, s.mesh.boundary, 3.0)),
    "a sum": (3, 3, lambda s: fem.elements.elasticity(s, young=1.0, poisson=0.3) - 0.5 * fem.elements.mass(s)),
}


def mesh_of(dimension: int) -> fem.Mesh:
    if dimension == 1:
        return fem.interval(4)
    mesh = fem.box((2, 2, 1)) if dimension == 3 else fem.rectangle((2, 2))
    return mesh.with_points(mesh.points + np.eye(dimension)[0])


@cache
def operators_of(name: str) -> tuple[fem.Space, Callable[..., Any]]:
    """A space, and a program from points and a vector: the operator, its matrix and its action, for one and other.

    The one is on the points of the mesh, where all cells are alike; the other on those given.
    """
    dimension, components, make = FORMS[name]
    space = fem.Space(mesh_of(dimension), components)
    return space, jax.jit(
        lambda points, u: [(k, *dense_and_product(k, u)) for k in (make(space), make(space.at(points)))]
    )


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("distorted", [False, True], ids=["congruent", "distorted"])
def test_matrices_are_the_action(name: str, distorted: bool) -> None:
    space, operators = operators_of(name)
    u = RNG.normal(size=space.shape)
    both = operators(space.mesh.points + 0.05 * RNG.uniform(-1, 1, space.mesh.points.shape), u)
    operator, dense, product = both[distorted]
    dense = np.asarray(dense)
    np.testing.assert_allclose(product.reshape(-1), dense @ u.reshape(-1), atol=1e-13 * np.abs(dense).sum(1).max())
    if operator.symmetric:
        np.testing.assert_allclose(dense, dense.T, atol=1e-13 * np.abs(dense).max())
    if operator.definite:
        assert np.linalg.eigvalsh(dense).min() > -1e-11 * np.abs(dense).max()


@pytest.mark.parametrize("name", FORMS)
def test_moving_no_point_changes_nothing(name: str) -> None:
    space, operators = operators_of(name)
    constant, formed = (np.asarray(dense) for _, dense, _ in operators(space.mesh.points, np.zeros(space.shape)))
    np.testing.assert_allclose(constant, formed, atol=1e-13 * np.abs(constant).max())


def test_operators_of_different_spaces_do_not_add() -> None:
    one, other = (fem.elements.mass(fem.Space(fem.interval(2))) for _ in range(2))
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*Operator"):
        one + other


def test_a_linear_operator_adds_to_internal_forces_from_either_side() -> None:
    space = fem.Space(fem.rectangle((2, 1)), 2)
    body, mass = fem.elements.neo_hookean(space, young=1.0, poisson=0.3), fem.elements.mass(space)
    u = 0.1 * np.random.default_rng(0).normal(size=space.shape)
    forces = jax.jit(lambda u: (body.forces(u) + mass @ u, [both.forces(u) for both in (body + mass, mass + body)]))
    expected, found = forces(u)
    for one in found:
        np.testing.assert_allclose(one, expected, atol=1e-15)
    with pytest.raises(TypeError, match="unsupported operand"):
        _ = mass + 1


def test_an_operator_is_scaled_by_one_number() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*shape \(2,\)"):
        fem.elements.mass(fem.Space(fem.interval(2))) * np.ones(2)


@pytest.mark.parametrize(
    ("poisson", "message"),
    [(0.5, "poisson = 0.5 in cell 0"), ([0.3, -1.0], "poisson = -1 in cell 1"), (np.nan, "poisson = nan in cell 0")],
)
def test_impossible_ratios_are_named(poisson: Any, message: str) -> None:
    space = fem.Space(fem.box((2, 1, 1)), 3)
    with pytest.raises(fem.errors.MaterialError, match=f"got: .*{message}"):
        fem.elements.elasticity(space, young=1.0, poisson=poisson)


def test_impossible_ratios_are_named_inside_a_compiled_program() -> None:
    space = fem.Space(fem.box((2, 1, 1)), 3)
    values = jax.jit(lambda nu: fem.elements.elasticity(space, young=1.0, poisson=nu).values())
    with pytest.raises(Exception, match=r"poisson = 0.5 in cell 1"):
        jax.block_until_ready(values(np.array([0.3, 0.5])))


def test_an_inverted_cell_is_named() -> None:
    space = fem.Space(fem.box((3, 1, 1)), 3)
    points = np.array(space.mesh.points)
    points[points[:, 0] > 0.9, 0] = 0.5
    operator = fem.elements.elasticity(space.at(points), young=1.0, poisson=0.3)
    with pytest.raises(Exception, match=r"det J = .* in cell 2"):
        jax.block_until_ready(operator.values())


def test_a_coefficient_for_other_cells_is_refused() -> None:
    with pytest.raises(fem.errors.MaterialError, match=r"got: .*shape \(3,\)"):
        fem.elements.mass(fem.Space(fem.interval(2)), np.ones(3))


def test_elasticity_needs_as_many_components_as_dimensions() -> None:
    with pytest.raises(fem.errors.SpaceError, match=r"got: .*components=1"):
        fem.elements.elasticity(fem.Space(fem.box((1, 1, 1))), young=1.0, poisson=0.3)
