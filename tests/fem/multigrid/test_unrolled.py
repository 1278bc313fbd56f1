"""Derivatives through the iterations: of what was computed, while the implicit rule is that of what was meant."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from fem.errors import SpaceError  # noqa: E402

RTOL = 1e-3


def test_derivative_is_that_of_the_computed_value() -> None:
    mesh = fem.rectangle((64, 32), size=(2.0, 1.0))
    space = fem.Space(mesh, components=2)
    x, y = mesh.centers.T
    young = 1e-3 + (np.cos(9 * x) * np.cos(7 * y) > -0.3) ** 3.0
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    load = fem.traction(space, mesh.facets_on(lambda p: p[:, 0] == 2), (0.0, -1.0))
    corner = int(np.argmax(mesh.points.sum(1)))

    def along(method: object):  # type: ignore[no-untyped-def]
        def value(scale: float) -> jax.Array:
            stiffness = fem.elements.elasticity(space, young=young * (1 + scale * pattern), poisson=0.3)
            return fem.solve(stiffness, load, held, method=method)[corner, 0]

        return jax.jit(jax.value_and_grad(value))

    pattern, step = np.random.default_rng(0).normal(size=mesh.cell_count), 1e-5
    through = along(fem.multigrid(rtol=RTOL, max_iterations=10, differentiate="iterations"))
    computed = float(through(0.0)[1])
    difference = float(through(step)[0] - through(-step)[0]) / (2 * step)
    assert computed == pytest.approx(difference, rel=1e-7)
    meant = float(along(None)(0.0)[1])
    implicit = float(along(fem.multigrid(rtol=RTOL))(0.0)[1])
    assert 1e-6 < abs(computed / meant - 1) < 0.1
    assert implicit != pytest.approx(difference, rel=1e-7)


def test_iterations_that_are_no_array_code_are_refused() -> None:
    mesh = fem.rectangle((4, 4), element="tri3")
    space = fem.Space(mesh)
    held = fem.fix(space, mesh.points_on(lambda p: p[:, 0] == 0))
    with pytest.raises(SpaceError, match="cannot be differentiated"):
        fem.solve(
            fem.elements.diffusion(space, 1.0),
            np.ones(space.shape),
            held,
            method=fem.multigrid(differentiate="iterations"),
        )
