"""Compliances of a structure that other codes have published to seven digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import jax.numpy as jnp  # noqa: E402

import fem  # noqa: E402

STIFF, CONTRAST, POWER = 70_000.0, 1e-3, 3


def beam(cells: tuple[int, int, int], density: Any, poisson: float = 0.3, *, distorted: bool = False) -> Any:
    """Compliance of the cantilever 2 x 1 x 1 of hex8 cells, a unit load spread over its end."""
    mesh = fem.box(cells, size=(2.0, 1.0, 1.0))
    space = fem.Space(mesh, components=3)
    load = fem.traction(space, mesh.facets_on(lambda x: x[:, 0] == 2), (0.0, 0.0, -1.0))
    young = STIFF * (CONTRAST + (1 - CONTRAST) * jnp.asarray(density) ** POWER)
    where = space.at(mesh.points) if distorted else space
    stiffness = fem.elements.elasticity(where, young=young, poisson=poisson)
    u = fem.solve(stiffness, load, fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0)))
    return (u * load).sum()


@pytest.mark.parametrize(("cells", "reference"), [((4, 2, 4), 0.003665182), ((8, 2, 4), 0.003975325)])
def test_compliance_of_uniform_density(cells: tuple[int, int, int], reference: float) -> None:
    """Mosaic 0.2.0 (Pasteur Labs, arXiv 2606.27895), structural case, density 0.5: references in float32."""
    found, formed = jax.jit(lambda x: [beam(cells, x, distorted=distorted) for distorted in (False, True)])(0.5)
    assert float(found) == pytest.approx(reference, rel=2e-7)
    assert float(formed) == pytest.approx(float(found), rel=1e-11)


def test_sensitivities_have_the_homogeneity_of_the_interpolation() -> None:
    """Sum of x dc/dx over c is -p (1 - Emin) x^p / E(x) for a uniform density x; at 0.501 that is -2.97631."""
    x = np.full(4 * 2 * 4, 0.501)
    value, slope = (np.asarray(y) for y in jax.jit(jax.value_and_grad(lambda x: beam((4, 2, 4), x)))(x))
    exact = -POWER * (1 - CONTRAST) * 0.501**POWER / (CONTRAST + (1 - CONTRAST) * 0.501**POWER)
    assert float(slope @ x / value) == pytest.approx(exact, rel=1e-11)
    assert exact == pytest.approx(-2.976308, abs=3e-6)


def half_mbb() -> tuple[Any, Any]:
    """Stiffness of the half MBB beam in its densities, and the solver for its displacements."""
    mesh = fem.rectangle((60, 20), size=(60.0, 20.0))
    space = fem.Space(mesh, components=2)
    load = np.zeros(space.shape)
    load[mesh.points_on(lambda x: (x[:, 0] == 0) & (x[:, 1] == 20)), 1] = -1.0
    supports = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0), 0)
    supports += fem.fix(space, mesh.points_on(lambda x: (x[:, 0] == 60) & (x[:, 1] == 0)), 1)

    def displacement(density: Any) -> Any:
        young = 1e-9 + density**3 * (1 - 1e-9)
        return fem.solve(fem.elements.elasticity(space, young=young, poisson=0.3), load, supports)

    return displacement, load


def test_half_mbb_beam() -> None:
    """The beam of E. Andreassen et al., Struct. Multidisc. Optim. 43 (2011) 1: c, |u| and sensitivities at x = 0.5."""
    displacement, load = half_mbb()
    x = np.full(1200, 0.5)

    def compliance(x: Any) -> Any:
        u = displacement(x)
        return (u * load).sum(), u

    (value, u), slope = jax.tree.map(np.asarray, jax.jit(jax.value_and_grad(compliance, has_aux=True))(x))
    assert float(value) == pytest.approx(1007.022100723, rel=1e-10)
    assert float(np.linalg.norm(u)) == pytest.approx(24752.181415931, rel=1e-10)
    assert float(slope.sum()) == pytest.approx(-6042.132555958, rel=1e-9)
    assert float(np.linalg.norm(slope)) == pytest.approx(335.011435038, rel=1e-9)
    # Cells here count upwards in each column, those of the reference downwards.
    order = np.arange(1200).reshape(60, 20)[:, ::-1].reshape(-1)
    published = [-148.6937750144, -32.5908147084, -8.4919234236, -112.3757442091]
    np.testing.assert_allclose(slope[order[[0, 19, 600, 1199]]], published, rtol=1e-9)
