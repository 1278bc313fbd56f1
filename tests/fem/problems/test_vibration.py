"""Frequencies of plates in their plane, by SciPy's Lanczos on the assembled matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse.linalg import eigsh

from tests.conftest import require

require("jax")

import fem  # noqa: E402
import sparsead.jax as sp  # noqa: E402
from tests.fem.problems.shapes import quadrilateral  # noqa: E402

TAPERED = [(0.0, -2.5), (10.0, -0.5), (10.0, 0.5), (0.0, 2.5)]  # [m]
PUBLISHED = [44.623, 130.03, 162.70, 246.05, 379.90, 391.44]  # [Hz]


def frequencies(mesh: fem.Mesh, count: int) -> np.ndarray:
    """Lowest frequencies with the left side held. Unit: [Hz]."""
    space = fem.Space(mesh, components=2)
    free = np.setdiff1d(np.arange(space.count), space.dofs(mesh.points_on(lambda x: x[:, 0] == 0)))
    operators = (
        fem.elements.elasticity(space, young=200e9, poisson=0.3, thickness=0.05),
        fem.elements.mass(space, 8000.0, thickness=0.05),
    )
    stiffness, mass = (sp.to_scipy(operator.matrix()).tocsc()[free][:, free] for operator in operators)
    values = eigsh(stiffness, count, mass, sigma=0.0, return_eigenvectors=False)
    return np.sqrt(np.sort(values)) / (2 * np.pi)


@pytest.mark.parametrize("element", ["quad8", "quad9", "tri6"])
def test_nafems_fv32(element: str) -> None:
    """NAFEMS, "The Standard NAFEMS Benchmarks", TNSB rev. 3, 1990, FV32: a cantilevered, tapered membrane.

    10 m long, 5 m wide at the root, 1 m at the tip, 0.05 m thick; E = 200 GPa, nu = 0.3, 8000 kg/m^3.
    """
    np.testing.assert_allclose(frequencies(quadrilateral((32, 16), TAPERED, element), 6), PUBLISHED, rtol=1e-3)


def test_frequencies_converge_from_above() -> None:
    """Of a conforming method with consistent mass; to 44.617 and 130.011 Hz with 64 x 32 cells of second order."""
    coarse, fine = (frequencies(quadrilateral((4 * n, 2 * n), TAPERED, "quad9"), 2) for n in (2, 8))
    assert np.all(coarse > fine)
    np.testing.assert_allclose(fine, [44.617, 130.011], rtol=5e-4)
