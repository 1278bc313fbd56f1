"""Geometric stiffness of beams against splines, turned at will; what is no normal force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial.transform import Rotation

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from tests.fem.elements.structures import dense_and_product, lines, straight  # noqa: E402

LENGTH, FIRST, SECOND, GYRATION = 2.5, -3.0e4, 1.0e4, 0.06  # [m], [N], [N], [m]


def energy_of_splines(u: Any) -> float:
    """``int N (v'^2 + w'^2 + i^2 p'^2) dx`` of a beam along x, by SciPy's splines; u of shape (2, 6)."""
    x, weights = np.polynomial.legendre.leggauss(5)
    at, ends = LENGTH * (x + 1) / 2, [0.0, LENGTH]
    force = FIRST + (SECOND - FIRST) * at / LENGTH
    along_y = CubicHermiteSpline(ends, u[:, 1], u[:, 5])(at, 1)
    along_z = CubicHermiteSpline(ends, u[:, 2], -u[:, 4])(at, 1)
    twist = (u[1, 3] - u[0, 3]) / LENGTH
    return LENGTH / 2 * weights @ (force * (along_y**2 + along_z**2 + GYRATION**2 * twist**2))


@pytest.mark.parametrize("turned", [0, 1])
def test_a_beam_in_space_is_a_spline(turned: int) -> None:
    turn = Rotation.random(rng=np.random.default_rng(turned)).as_matrix() if turned else np.eye(3)
    space = fem.Space(straight(1, ([0, 0, 0], turn @ [LENGTH, 0, 0])), components=6)
    G = fem.elements.frame_geometric(space, np.array([[FIRST, SECOND]]), gyration=GYRATION)
    u = np.random.default_rng(7).normal(size=(2, 6))
    dense, product = (np.asarray(one) for one in dense_and_product(G, u @ np.kron(np.eye(2), turn).T))
    np.testing.assert_allclose((u @ np.kron(np.eye(2), turn).T).ravel() @ product.ravel(), energy_of_splines(u))
    np.testing.assert_allclose(product.ravel(), dense @ (u @ np.kron(np.eye(2), turn).T).ravel(), rtol=1e-12)
    np.testing.assert_allclose(dense, dense.T, atol=1e-14 * np.abs(dense).max())


def test_a_beam_in_the_plane_has_the_known_matrix() -> None:
    """Of Przemieniecki, "Theory of Matrix Structural Analysis", equation 15.36, along y."""
    space = fem.Space(lines([[1, 0], [1, LENGTH]], [[0, 1]]), components=3)
    dense = np.asarray(dense_and_product(fem.elements.frame_geometric(space, FIRST), np.zeros((2, 3)))[0])
    a = LENGTH
    known = [[36, 3 * a, -36, 3 * a], [3 * a, 4 * a * a, -3 * a, -a * a]]
    known += [[-36, -3 * a, 36, -3 * a], [3 * a, -a * a, -3 * a, 4 * a * a]]
    across = [0, 2, 3, 5]  # displacements along -x, rotations
    signs = np.array([-1, 1, -1, 1])
    found = signs[:, None] * dense[np.ix_(across, across)] * signs
    np.testing.assert_allclose(found, FIRST / (30 * a) * np.array(known), rtol=1e-12)
    assert np.abs(dense[[1, 4]]).max() < 1e-12 * np.abs(dense).max()


PLANE = fem.Space(lines([[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 2]]), components=3)
SPATIAL = fem.Space(lines([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [[0, 1], [1, 2]]), components=6)
REFUSED: dict[str, tuple[fem.Space, Any, dict[str, Any], str]] = {
    "two load cases": (PLANE, np.ones((3, 2, 2)), {}, r"got: +shape \(3, 2, 2\), float64"),
    "other cells": (PLANE, np.ones(3), {}, r"got: +shape \(3,\), float64"),
    "complex": (PLANE, 1j, {}, r"not real\n.*\n  got: +shape \(\), complex128"),
    "twist in the plane": (PLANE, 1.0, {"gyration": 0.1}, r"got: +a frame in 2D\n"),
    "no radius": (SPATIAL, 1.0, {"gyration": [0.1, -0.2]}, r"got: .*-0.2 in cell 1"),
    "radius of other cells": (SPATIAL, 1.0, {"gyration": np.ones(3)}, r"got: +gyration of shape \(3,\)"),
    "no rotations": (fem.Space(PLANE.mesh, components=2), 1.0, {}, r"got: +components=2\n"),
    "no lines": (fem.Space(fem.rectangle((1, 1)), components=3), 1.0, {}, r"got: +cells of quad4\n"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_normal_force_is_said(case: str) -> None:
    space, force, more, got = REFUSED[case]
    with pytest.raises((fem.errors.MaterialError, fem.errors.SpaceError, fem.errors.MeshError), match=got):
        fem.elements.frame_geometric(space, force, **more)
