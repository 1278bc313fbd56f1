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
    by_cell = jax.jit(lambda weights: (fields.integral(space, weights), fields.integral(space)))
    parts, wholes = zip(*(by_cell(w) for w in (weights, 1 - weights)), strict=True)
    assert float(parts[0]) + float(parts[1]) == pytest.approx(float(wholes[0]), rel=1e-13)
    if name != "mixed":
        straight = (fem.rectangle if name in PLANE else fem.box)(2, element=name)
        assert float(fields.integral(fem.Space(straight), lambda x: x[:, 0] ** 3)) == pytest.approx(0.25, rel=1e-13)


@pytest.mark.parametrize("name", ["tri6", "quad9", "tet10", "hex27"])
def test_errors_vanish_for_polynomials_of_the_space_and_norms_are_integrals(name: str) -> None:
    mesh = (fem.rectangle if name in PLANE else fem.box)(2, element=name)
    space = fem.Space(mesh)

    def exact(x: Any) -> Any:
        return x[:, 0] ** 2 - 3 * x[:, 1]

    u = exact(mesh.points)
    kinds = ("L2", "gradient", "H1")

    @jax.jit
    def measured(u: Any, x: Any) -> Any:
        return (
            jnp.stack([fields.error(space, u, exact, kind) for kind in kinds]),
            jnp.stack([fields.norm(space, x, kind) for kind in kinds]),
            fields.error(space, x, lambda p: 0 * p[:, 0]),
        )

    errors, norms, distance = measured(u, mesh.points[:, 0])
    assert (np.asarray(errors) < 1e-13).all()
    np.testing.assert_allclose(norms, np.sqrt([1 / 3, 1, 4 / 3]), rtol=1e-6)
    assert float(distance) == pytest.approx(np.sqrt(1 / 3))


def test_error_of_a_vector_field() -> None:
    space, u, slope = linear_solution(distorted("quad4"))

    def exact(x: Any) -> Any:
        return x @ slope.T

    assert float(fields.error(space, u, exact, "H1")) < 1e-13
    whole = fields.error(space, 0 * u, exact, "gradient")
    assert float(whole) == pytest.approx(np.linalg.norm(slope) * np.sqrt(float(fields.integral(space))))


def test_norm_of_zero_has_a_derivative() -> None:
    space = fem.Space(distorted("quad4"))
    np.testing.assert_array_equal(jax.jit(jax.grad(lambda u: fields.norm(space, u)))(np.zeros((9, 1))), 0.0)
