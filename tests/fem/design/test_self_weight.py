"""Self-weight: amounts, derivatives, and a hanging bar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.errors import ShapeError
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
design = require("fem.design")

MESH = fem.rectangle((4, 3), size=(2.0, 1.0))
SPACE = fem.Space(MESH, components=2)
X = np.random.default_rng(0).uniform(0.2, 1.0, 12)
WEIGHT = (0.0, -9.81 * 7850.0)


def test_weight_is_that_of_the_mass() -> None:
    total = design.self_weight(SPACE, X, WEIGHT, thickness=0.1).sum(0)
    np.testing.assert_allclose(total, 0.1 * float(design.mass(MESH, X)) * np.array(WEIGHT), rtol=1e-13)


def test_load_is_linear_in_the_densities() -> None:
    for d in np.eye(12)[:3]:
        _, tangent = jax.jvp(lambda x: design.self_weight(SPACE, x, WEIGHT), (X,), (d,))
        np.testing.assert_allclose(tangent, design.self_weight(SPACE, d, WEIGHT), rtol=1e-13)


def test_a_hanging_bar_stretches_by_half_its_weight() -> None:
    mesh = fem.interval(6, size=3.0)
    space = fem.Space(mesh)
    load = design.self_weight(space, np.ones(6), (2.0,))
    u = fem.solve(fem.elements.elasticity(space, young=5.0, poisson=0.0), load, fem.fix(space, [0]))
    assert float(u[-1, 0]) == pytest.approx(2.0 * 3.0**2 / (2 * 5.0), rel=1e-12)


def test_compliance_under_self_weight_is_differentiated_to_second_order() -> None:
    """With E = x its degree in x is 2 - 1 = 1: x . c' = c, and the Hessian times x is zero."""
    held = fem.fix(SPACE, MESH.points_on(lambda x: x[:, 0] == 0))

    def compliance(x: Any) -> Any:
        load = design.self_weight(SPACE, x, WEIGHT)
        u = fem.solve(fem.elements.elasticity(SPACE, young=2e11 * x, poisson=0.3), load, held)
        return fem.responses.compliance(SPACE, u, load)

    (value, slope), (_, curved) = jax.jvp(jax.value_and_grad(compliance), (X,), (X,))
    np.testing.assert_allclose(slope @ X, value, rtol=1e-10)
    np.testing.assert_allclose(curved, 0.0, atol=1e-9 * np.abs(slope).max())
    assert (slope > 0).any() and (slope < 0).any()  # not monotonous, unlike under dead loads


@pytest.mark.parametrize(
    ("call", "got"),
    [
        (lambda: design.self_weight(SPACE, X[:3], WEIGHT), r"shape \(3,\)"),
        (lambda: design.self_weight(SPACE, X, -9.81), r"shape \(\)"),
        (lambda: design.self_weight(SPACE, X, WEIGHT, thickness=np.ones(3)), r"shape \(3,\)"),
    ],
)
def test_what_does_not_fit_is_refused(call: Any, got: str) -> None:
    with pytest.raises(ShapeError, match=f"got: +{got}"):
        call()
