"""One number for all cells is that number for each of them, in whatever way the matrix is formed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from fem.assembly.operator import assemble  # noqa: E402
from tests.fem.elements.structures import dense_and_product, lines  # noqa: E402

SHEET = fem.rectangle((2, 1), (2.0, 0.7))
BEAM = lines([[0, 0], [0.5, 0.2], [1.0, 0.4]], [[0, 1], [1, 2]])
SHAFT = lines([[0, 0, 0], [0.5, 0.2, 0.1], [1.0, 0.4, 0.2]], [[0, 1], [1, 2]])
LAMINA = np.array([[140.0, 4.0, 2.0], [4.0, 9.0, 1.0], [2.0, 1.0, 5.0]])
SECTION = {"young": 210.0, "area": 0.03, "inertia": 0.02}

CASES: dict[str, tuple[fem.Mesh, int, dict[str, Any]]] = {
    "advection": (SHEET, 1, {"velocity": np.array([3.0, 2.0])}),
    "anisotropic": (SHEET, 2, {"stiffness": LAMINA, "thickness": 0.1}),
    "axisymmetric": (SHEET, 2, {"young": 210.0, "poisson": 0.3}),
    "bar": (BEAM, 2, {"young": 210.0, "area": 0.03}),
    "diffusion": (SHEET, 1, {"conductivity": 4.0, "thickness": 0.1}),
    "diffusion, tensor": (SHEET, 1, {"conductivity": LAMINA[:2, :2]}),
    "elasticity": (SHEET, 2, {"young": 210.0, "poisson": 0.3, "thickness": 0.1}),
    "euler_bernoulli": (BEAM, 3, SECTION),
    "frame_mass": (BEAM, 3, {"density": 7.8, "area": 0.03}),
    "frame_mass, space": (SHAFT, 6, {"density": 7.8, "area": 0.03}),
    "lumped_mass": (SHEET, 2, {"density": 7.8, "thickness": 0.1}),
    "mass": (SHEET, 2, {"density": 7.8, "thickness": 0.1}),
    "plate": (SHEET, 3, {"young": 210.0, "poisson": 0.3, "thickness": 0.1}),
    "plate_mass": (SHEET, 3, {"density": 7.8, "thickness": 0.1}),
    "timoshenko": (BEAM, 3, SECTION | {"shear": 80.0, "shear_area": 0.02}),
}


@pytest.mark.parametrize("name", CASES)
def test_one_number_is_that_number_for_each_cell(name: str) -> None:
    mesh, components, numbers = CASES[name]
    space, rule = fem.Space(mesh, components), getattr(fem.elements, name.split(",")[0])
    arrays = {key: np.broadcast_to(value, (2, *np.shape(value))) for key, value in numbers.items()}

    @jax.jit
    def program(arrays: Any, u: Any) -> Any:
        one, system = rule(space, **numbers), space.topology.system()
        values = one.values(), assemble(one, system, differentiated=False)
        return rule(space, **arrays).values(), values, dense_and_product(one, u)

    u = np.sin(np.arange(space.count) + 1.0)
    expected, values, (dense, product) = jax.tree.map(np.asarray, program(arrays, u))
    scale = np.abs(expected).max()
    for found in values:
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14 * scale)
    np.testing.assert_allclose(product.ravel(), dense @ u, rtol=0, atol=1e-13 * scale)
