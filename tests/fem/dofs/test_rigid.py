"""Structures that are free to move: the error names how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402

MESH = fem.box((2, 2, 2))


def solved(mesh: fem.Mesh, *supports: Any) -> None:
    space = fem.Space(mesh, 3)
    load = np.random.default_rng(0).normal(size=space.shape)
    fem.solve(fem.elements.elasticity(space, young=2.1e11, poisson=0.3), load, [s(space) for s in supports])


def test_without_supports_the_motion_is_named() -> None:
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*no support stops: "):
        solved(MESH)


def test_a_structure_that_slides_is_named() -> None:
    bottom = MESH.points_on(lambda x: x[:, 2] == 0)
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*translation along x"):
        solved(MESH, lambda s: fem.fix(s, bottom, [1, 2]))


def test_a_hinge_is_named() -> None:
    edge = MESH.points_on(lambda x: (x[:, 0] == 0.5) & (x[:, 2] == 0.5))
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*rotation about y"):
        solved(MESH, lambda s: fem.fix(s, edge))


def test_a_loose_part_is_named() -> None:
    block = MESH.blocks[0]
    count = len(MESH.points)
    points = np.concatenate([MESH.points, MESH.points + np.array([3.0, 0.0, 0.0])])
    twice = fem.Mesh(points, (fem.CellBlock("hex8", np.concatenate([block.nodes, block.nodes + count])),))
    with pytest.raises(fem.errors.ConstraintError, match=rf"the part of 27 points with point {count} is free"):
        solved(twice, lambda s: fem.fix(s, np.arange(count)))
