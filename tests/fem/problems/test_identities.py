"""Identities that derivatives obey exactly: size, shape, load, frequencies; no differences are taken."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

from scipy.linalg import eigh  # noqa: E402

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402

YOUNG, POISSON, FORCE, DENSITY = 2.1e11, 0.3, 5.0e4, 7850.0
PLANE = ("tri3", "tri6", "quad4", "quad8", "quad9")
SOLID = ("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6")


def distorted(element: str) -> fem.Mesh:
    """Return a mesh with every point moved, nodes of second order too."""
    mesh = (
        fem.rectangle((3, 2), size=(3.0, 2.0), element=element)
        if element in PLANE
        else fem.box((2, 2, 1), size=(2.0, 2.0, 1.0), element=element)
    )
    return mesh.with_points(mesh.points + np.random.default_rng(3).uniform(-0.05, 0.05, mesh.points.shape))


@cache
def problem(element: str) -> tuple[Any, fem.Space, Any, Any]:
    """Compliance in (Young's moduli, points, loads), its space, its load and its moduli; the same for all who ask."""
    mesh = distorted(element)
    space = fem.Space(mesh, components=mesh.dimension)
    held = fem.fix(space, np.flatnonzero(mesh.points[:, 0] < 0.2))
    load = FORCE * np.random.default_rng(4).normal(size=space.shape) * (mesh.points[:, :1] > 0.2)
    young = YOUNG * np.random.default_rng(5).uniform(0.5, 1.5, mesh.cell_count)

    def compliance(young: Any, points: Any, load: Any) -> Any:
        u = fem.solve(fem.elements.elasticity(space.at(points), young=young, poisson=POISSON), load, held)
        return (u * load).sum()

    return compliance, space, load, young


@cache
def everything(element: str) -> Any:
    """Compliance and its gradients in moduli, points and loads."""
    compliance, space, load, young = problem(element)
    found = jax.jit(jax.value_and_grad(compliance, (0, 1, 2)))(young, space.mesh.points, load)
    return jax.tree.map(np.asarray, found)


@pytest.mark.parametrize("element", [*PLANE, *SOLID])
def test_compliance_is_homogeneous(element: str) -> None:
    """Of degree -1 in the moduli, 2 in the loads; in the coordinates -1 of solids, 0 of plane bodies.

    The gradient in the coordinates sums to zero, as a translation changes nothing; its moment is that of a rotation
    of the loads against it, x_i dc/dx_k - x_k dc/dx_i summed, plus the same in the loads.
    """
    _, space, load, young = problem(element)
    points = space.mesh.points
    value, (by_young, by_points, by_load) = everything(element)
    assert float(by_young @ young) == pytest.approx(-float(value), rel=1e-11)
    assert float((by_load * load).sum()) == pytest.approx(2 * float(value), rel=1e-11)
    degree = 0.0 if element in PLANE else -1.0
    size = float(np.abs(by_points * points).sum())
    assert float((by_points * points).sum()) == pytest.approx(degree * float(value), abs=1e-11 * size)
    np.testing.assert_allclose(by_points.sum(0), 0.0, atol=1e-11 * float(np.abs(by_points).sum()))
    moment = np.einsum("pi,pk->ik", points, by_points) + np.einsum("pi,pk->ik", load, by_load)
    np.testing.assert_allclose(moment - moment.T, 0.0, atol=1e-11 * size)


def test_gradient_in_the_load_is_twice_the_displacement() -> None:
    _, space, load, young = problem("hex8")
    held = fem.fix(space, np.flatnonzero(space.mesh.points[:, 0] < 0.2))
    stiffness = fem.elements.elasticity(space, young=young, poisson=POISSON)
    u = np.asarray(fem.solve(stiffness, load, held))
    by_load = everything("hex8")[1][2]
    np.testing.assert_allclose(by_load, 2 * u, rtol=1e-10, atol=1e-12 * np.abs(u).max())


def test_displacements_are_reciprocal() -> None:
    """E. Betti, Il Nuovo Cimento 7 (1872) 69: the work of one load on the displacements of another is mutual."""
    _, space, load, young = problem("tet10")
    held = fem.fix(space, np.flatnonzero(space.mesh.points[:, 0] < 0.2))
    stiffness = fem.elements.elasticity(space, young=young, poisson=POISSON)
    loads = np.stack([load, load[::-1].copy()])
    u = np.asarray(fem.solve(stiffness, loads, held))
    assert float((u[0] * loads[1]).sum()) == pytest.approx(float((u[1] * loads[0]).sum()), rel=1e-11)


def test_norm_of_the_displacements_is_homogeneous_of_twice_the_degree() -> None:
    _, space, load, young = problem("quad8")
    held = fem.fix(space, np.flatnonzero(space.mesh.points[:, 0] < 0.2))

    def square(density: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=young * density**3, poisson=POISSON)
        return (fem.solve(stiffness, load, held) ** 2).sum()

    density = np.random.default_rng(6).uniform(0.3, 1.0, len(young))
    value, slope = (np.asarray(x) for x in jax.jit(jax.value_and_grad(square))(density))
    assert float(slope @ density / value) == pytest.approx(-6.0, rel=1e-11)


def test_second_derivatives_are_homogeneous_too() -> None:
    """Of a function of degree k, the Hessian times x is (k - 1) times the gradient: in moduli and in coordinates."""
    compliance, space, load, young = problem("quad4")
    arguments = (young, space.mesh.points, load)

    @jax.jit
    def derivatives(arguments: Any, directions: Any) -> Any:
        return jax.jvp(jax.grad(lambda a: compliance(*a)), (arguments,), (directions,))

    for argument, degree in ((0, -1), (1, 0), (2, 2)):
        directions = tuple(x if k == argument else np.zeros_like(x) for k, x in enumerate(arguments))
        slope, product = (np.asarray(x[argument]) for x in derivatives(arguments, directions))
        np.testing.assert_allclose(product, (degree - 1) * slope, rtol=0, atol=1e-9 * float(np.abs(slope).max()))


def test_a_square_frequency_is_homogeneous() -> None:
    """Degree 1 in the moduli, -1 in the densities, -2 in the coordinates of a plane body.

    For a simple eigenvalue with v.M v = 1, the derivative is that of v.K v - lambda v.M v.
    """
    mesh = distorted("quad8")
    space = fem.Space(mesh, components=2)
    free = np.setdiff1d(np.arange(space.count), space.dofs(np.flatnonzero(mesh.points[:, 0] < 0.2)))
    young, density = np.full(mesh.cell_count, YOUNG), np.full(mesh.cell_count, DENSITY)

    def matrices(young: Any, density: Any, points: Any) -> tuple[fem.Operator, fem.Operator]:
        where = space.at(points)
        return fem.elements.elasticity(where, young=young, poisson=POISSON), fem.elements.mass(where, density)

    stiffness, mass = (
        np.asarray(sp.to_dense(operator.matrix()))[np.ix_(free, free)]
        for operator in matrices(young, density, mesh.points)
    )
    values, vectors = eigh(stiffness, mass, subset_by_index=(0, 1))
    assert values[1] > 1.01 * values[0]
    v = np.zeros(space.count)
    v[free] = vectors[:, 0]

    def quotient(*arguments: Any) -> Any:
        k, m = matrices(*arguments)
        return v @ (k @ v) - values[0] * (v @ (m @ v))

    arguments = (young, density, mesh.points)
    slopes = jax.jit(jax.grad(quotient, (0, 1, 2)))(*arguments)
    for slope, x, degree in zip(slopes, arguments, (1, -1, -2), strict=True):
        assert float((np.asarray(slope) * x).sum()) == pytest.approx(degree * values[0], rel=1e-7)
