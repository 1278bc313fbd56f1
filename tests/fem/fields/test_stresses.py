"""Stress of any stiffness tensor and of bodies of revolution: against the isotropic one and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402

YOUNG, POISSON = 2.1e11, 0.3


def isotropic(d: int) -> Any:
    """Stiffness in Voigt's notation; plane strain in 2D."""
    mu, lam = YOUNG / (2 * (1 + POISSON)), YOUNG * POISSON / ((1 + POISSON) * (1 - 2 * POISSON))
    shears = {2: 1, 3: 3}[d]
    return np.diag([2 * mu] * d + [mu] * shears) + lam * np.pad(np.ones((d, d)), (0, shears))


@pytest.mark.parametrize("at", ["centers", "points", 2])
@pytest.mark.parametrize("d", [2, 3])
def test_an_isotropic_tensor_gives_the_isotropic_stress(d: int, at: Any) -> None:
    mesh = fem.rectangle((2, 2)) if d == 2 else fem.box((2, 1, 1))
    space = fem.Space(mesh, d)
    cases = 1e-3 * np.random.default_rng(0).normal(size=(2, *space.shape))
    by_cell = np.tile(isotropic(d), (mesh.cell_count, 1, 1))
    tensors = [isotropic(d), by_cell] + ([np.repeat(by_cell[:, None], 2**d, 1)] if at == 2 else [])

    @jax.jit
    def stresses(cases: Any, tensors: Any) -> Any:
        plane = "strain" if d == 2 else None
        one = fem.fields.stress(space, cases, young=YOUNG, poisson=POISSON, plane=plane, at=at)[..., :d, :d]
        return one, [fem.fields.anisotropic_stress(space, cases, stiffness, at=at) for stiffness in tensors]

    expected, several = stresses(cases, tensors)
    for found in several:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_free_strain_of_a_tensor_leaves_no_stress() -> None:
    space = fem.Space(fem.rectangle((2, 2)), 2)
    u = space.mesh.points @ np.array([[2e-3, 0.0], [1e-3, -1e-3]])
    stress = fem.fields.anisotropic_stress(space, u, isotropic(2), free_strain=[2e-3, -1e-3, 1e-3])
    np.testing.assert_allclose(stress, 0, atol=1e-12 * YOUNG)


def test_a_thick_cylinder_has_the_stress_of_lame() -> None:
    """u_r = A r + B / r: radial stress falls, hoop stress rises, by the same 2 mu B / r^2; none along a free axis."""
    inner, outer, pressure = 1.0, 2.0, 1e6
    mesh = fem.rectangle((8, 1), (outer - inner, 0.1), element="quad9")
    mesh = mesh.with_points(mesh.points + np.array([inner, 0.0]))
    space = fem.Space(mesh, 2)
    bore = mesh.facets_on(lambda x: x[:, 0] == inner)

    @jax.jit
    def program(pressure: Any) -> Any:
        body = fem.elements.axisymmetric(space, young=YOUNG, poisson=POISSON)
        load = fem.traction(space, bore, pressure * np.array([2 * np.pi * inner, 0.0]))
        u = fem.solve(body, load, fem.fix(space, mesh.points_on(lambda x: x[:, 1] == 0), 1))
        # At the Gauss points of the rule one degree lower, where derivatives are best.
        stress = fem.fields.axisymmetric_stress(space, u, young=YOUNG, poisson=POISSON, at=3)
        return stress, fem.fields.interpolate(space, mesh.points, at=3)[..., 0]

    stress, r = (np.asarray(x) for x in program(pressure))
    a = pressure * inner**2 / (outer**2 - inner**2)
    np.testing.assert_allclose(stress[..., 0, 0], a * (1 - outer**2 / r**2), atol=1e-3 * pressure)
    np.testing.assert_allclose(stress[..., 2, 2], a * (1 + outer**2 / r**2), atol=1e-3 * pressure)
    np.testing.assert_allclose(stress[..., 1, 1], 0, atol=1e-3 * pressure)
    np.testing.assert_allclose(stress[..., 0, 1], 0, atol=1e-3 * pressure)


def test_stresses_differentiate_in_the_material_and_the_points() -> None:
    mesh = fem.rectangle((2, 1))
    space = fem.Space(mesh.with_points(mesh.points + np.array([0.5, 0.0])), 2)
    u = 1e-3 * np.random.default_rng(1).normal(size=space.shape)
    rng = np.random.default_rng(2)

    def number(points: Any, young: Any, tensor: Any) -> Any:
        where = space.at(points)
        one = fem.fields.axisymmetric_stress(where, u, young=young, poisson=POISSON)
        other = fem.fields.anisotropic_stress(where, u, tensor)
        return ((one / YOUNG) ** 2).sum() + ((other / YOUNG) ** 2).sum()

    primals = (np.array(space.mesh.points), np.full(2, YOUNG), np.tile(isotropic(2), (2, 1, 1)))
    along = tuple(0.05 * np.abs(x).mean() * rng.uniform(-1, 1, x.shape) for x in primals)

    @jax.jit
    def both(s: Any) -> Any:
        moved = tuple(x + s * d for x, d in zip(primals, along, strict=True))
        gradients = jax.grad(number, (0, 1, 2))(*moved)
        return *jax.jvp(number, moved, along), sum((g * d).sum() for g, d in zip(gradients, along, strict=True))

    slope = both(0.0)[2]
    np.testing.assert_allclose(both(0.0)[1], slope, rtol=1e-12)
    h = 1e-2
    one, two = ((both(s)[0] - both(-s)[0]) / (2 * s) for s in (h, h / 2))
    np.testing.assert_allclose((4 * two - one) / 3, slope, rtol=1e-8)
