"""Values at points: exact on polynomials, found in any cell, differentiable."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402
from fem import fields  # noqa: E402
from fem.errors import MeshError  # noqa: E402
from tests.fem.fields.samples import directional, distorted, linear_solution, mixed  # noqa: E402


# Each kind of cell, and each element of second order that reproduces a square on distorted cells.
@pytest.mark.parametrize("name", ["quad4", "tri6", "quad9", "tet10", "hex20", "hex27", "wedge6", "mixed"])
def test_probe_reproduces_polynomials(name: str) -> None:
    mesh = mixed() if name == "mixed" else distorted(name)
    space, u, slope = linear_solution(mesh)
    weights = np.random.default_rng(3).dirichlet(np.ones(3), 20)
    corners = mesh.blocks[-1].nodes[np.arange(20) % len(mesh.blocks[-1]), :3]
    points = np.einsum("ma,mad->md", weights, mesh.points[corners])
    points = points + 0.05 * (mesh.points[mesh.blocks[-1].nodes[0]].mean(axis=0) - points)
    probe = fields.Probe(mesh, points)
    np.testing.assert_allclose(probe(space, u), points @ slope.T, rtol=0, atol=1e-12)
    # The square of a bilinear coordinate is not among the serendipity functions.
    if name in ("tri6", "quad9", "tet10", "hex27"):
        square = probe(fem.Space(mesh), mesh.points[:, 0] ** 2)
        np.testing.assert_allclose(square, points[:, 0] ** 2, rtol=0, atol=1e-12)


def test_probe_finds_every_node_and_center() -> None:
    for mesh in (fem.box((4, 3, 2), size=(40.0, 1.0, 0.1), grading=20.0), distorted("tri3", 6), fem.interval(7)):
        assert (fields.Probe(mesh, mesh.centers).cells == np.arange(mesh.cell_count)).all()
        probe = fields.Probe(mesh, mesh.points)
        np.testing.assert_allclose(probe(fem.Space(mesh), mesh.points[:, 0]), mesh.points[:, 0], atol=1e-9)


def test_probe_in_cells_that_are_far_from_their_center() -> None:
    # The long cells at the top hold points that are nearer to the centers of many small ones.
    mesh = fem.rectangle((1, [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.11, 0.12, 0.13, 9.0]))
    assert fields.Probe(mesh, [[0.5, 0.2]]).cells.tolist() == [13]


def test_probe_differentiates_in_its_points_and_in_the_mesh() -> None:
    mesh = distorted("quad8", 3)
    space = fem.Space(mesh)
    u = mesh.points[:, 0] ** 2 * mesh.points[:, 1]
    at = np.array([[0.31, 0.42], [0.72, 0.66]])
    probe = fields.Probe(mesh, at)

    def value(at: Any) -> Any:
        return probe(space, u, points=at).sum()

    # Inside a cell the second derivatives of the interpolant are those of a smooth function of the points.
    for function, x in ((value, at), (lambda x: probe(space.at(x), u).sum(), mesh.points)):
        direction = np.random.default_rng(1).normal(size=x.shape).round(2) * 0.1

        @jax.jit
        def program(x: Any, d: Any = direction, function: Any = function) -> Any:
            """The value, its slope along d, and the slope of that."""
            (value, gradient), (_, turned) = jax.jvp(jax.value_and_grad(function), (x,), (d,))
            return value, (gradient * d).sum(), (turned * d).sum()

        for order, accuracy in ((0, 1e-8), (1, 1e-6)):
            expected = directional(lambda x, program=program, order=order: program(x)[order], x, direction)
            assert float(program(x)[order + 1]) == pytest.approx(expected, rel=accuracy)


def test_point_outside_is_named() -> None:
    with pytest.raises(MeshError, match=r"got:      points\[1\] = \[1.5, 0.5\]"):
        fields.Probe(fem.rectangle((2, 2)), [[0.5, 0.5], [1.5, 0.5]])
    with pytest.raises(MeshError, match=r"got:      shape \(1, 3\), 0 not finite"):
        fields.Probe(fem.rectangle((2, 2)), [[0.5, 0.5, 0.0]])
