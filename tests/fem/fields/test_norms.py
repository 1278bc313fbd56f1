"""Integrals, norms and errors of known functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")

import fem  # noqa: E402
from fem import fields  # noqa: E402
from tests.fem.fields.samples import PLANE, SOLID, distorted, linear_solution, mixed  # noqa: E402


@pytest.mark.parametrize("name", [*PLANE, *SOLID, "mixed"])
def test_volume_and_integrals(name: str) -> None:
    mesh = mixed() if name == "mixed" else distorted(name)
    space = fem.Space(mesh)
    weights = np.linspace(0.0, 1.0, mesh.cell_count)
    halves = float(fields.integral(space, weights)) + float(fields.integral(space, 1 - weights))
    assert halves == pytest.approx(float(fields.integral(space)), rel=1e-13)
    straight = (fem.rectangle if name in PLANE else fem.box)(2, element=name) if name != "mixed" else mesh
    if name != "mixed":
        assert float(fields.integral(fem.Space(straight), lambda x: x[:, 0] ** 3)) == pytest.approx(0.25, rel=1e-13)


@pytest.mark.parametrize("name", ["tri6", "quad9", "tet10", "hex27"])
def test_errors_vanish_for_polynomials_of_the_space_and_norms_are_integrals(name: str) -> None:
    mesh = (fem.rectangle if name in PLANE else fem.box)(2, element=name)
    space = fem.Space(mesh)

    def exact(x: Any) -> Any:
        return x[:, 0] ** 2 - 3 * x[:, 1]

    u = exact(mesh.points)
    for kind in ("L2", "gradient", "H1"):
        assert float(fields.error(space, u, exact, kind)) < 1e-13
    x = mesh.points[:, 0]
    assert float(fields.norm(space, x)) == pytest.approx(np.sqrt(1 / 3))
    assert float(fields.norm(space, x, "gradient")) == pytest.approx(1.0)
    assert float(fields.norm(space, x, "H1")) == pytest.approx(np.sqrt(4 / 3))
    assert float(fields.error(space, x, lambda p: 0 * p[:, 0])) == pytest.approx(np.sqrt(1 / 3))


def test_error_of_a_vector_field() -> None:
    space, u, slope = linear_solution(distorted("quad4"))
    assert float(fields.error(space, u, lambda x: x @ slope.T, "H1")) < 1e-13
    assert float(fields.error(space, 0 * u, lambda x: x @ slope.T, "gradient")) == pytest.approx(
        np.linalg.norm(slope) * np.sqrt(float(fields.integral(space)))
    )


def test_norm_of_zero_has_a_derivative() -> None:
    space = fem.Space(distorted("quad4"))
    np.testing.assert_array_equal(jax.grad(lambda u: fields.norm(space, u))(jnp.zeros((9, 1))), 0.0)
