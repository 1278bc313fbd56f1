"""Structures that are free to move: the error names how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402
from tests.fem.elements.structures import lines  # noqa: E402

MESH = fem.box((2, 2, 2))


def solved(mesh: fem.Mesh, *supports: Any) -> None:
    space = fem.Space(mesh, 3)
    load = np.random.default_rng(0).normal(size=space.shape)
    fem.solve(fem.elements.elasticity(space, young=2.1e11, poisson=0.3), load, [s(space) for s in supports])


def test_without_supports_the_motion_is_named() -> None:
    with pytest.raises(
        fem.errors.ConstraintError,
        match=r"translation along x; .*along y; .*along z; rotation about x; .*about y; .*about z",
    ):
        solved(MESH)


def test_a_structure_that_slides_is_named() -> None:
    bottom = MESH.points_on(lambda x: x[:, 2] == 0)
    with pytest.raises(fem.errors.ConstraintError, match=r"(?m)got: .*no support stops: translation along x$"):
        solved(MESH, lambda s: fem.fix(s, bottom, [1, 2]))


def test_a_hinge_is_named() -> None:
    edge = MESH.points_on(lambda x: (x[:, 0] == 0.5) & (x[:, 2] == 0.5))
    with pytest.raises(fem.errors.ConstraintError, match=r"(?m)got: .*no support stops: rotation about y$"):
        solved(MESH, lambda s: fem.fix(s, edge))


def test_a_body_on_a_pin_turns_about_it() -> None:
    three = r"(?m)got: .*no support stops: rotation about x; rotation about y; rotation about z$"
    with pytest.raises(fem.errors.ConstraintError, match=three):
        solved(MESH, lambda s: fem.fix(s, [4]))


def test_a_loose_part_is_named() -> None:
    block = MESH.blocks[0]
    count = len(MESH.points)
    points = np.concatenate([MESH.points, MESH.points + np.array([3.0, 0.0, 0.0])])
    twice = fem.Mesh(points, (fem.CellBlock("hex8", np.concatenate([block.nodes, block.nodes + count])),))
    with pytest.raises(fem.errors.ConstraintError, match=rf"the part of 27 points with point {count} is free"):
        solved(twice, lambda s: fem.fix(s, np.arange(count)))


def test_a_pinned_frame_turns_about_its_pin() -> None:
    space = fem.Space(lines([[0, 0], [1, 0], [1, 1]], [[0, 1], [1, 2]]), 3)
    frame = fem.elements.euler_bernoulli(space, young=2e11, area=1e-4, inertia=1e-8)
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*rotation in the plane"):
        fem.solve(frame, np.ones(space.shape), fem.fix(space, [0], [0, 1]))


def test_a_frame_in_space_turns_about_the_line_of_its_pins() -> None:
    space = fem.Space(lines([[0, 0, 0], [0, 0, 1], [1, 0, 1]], [[0, 1], [1, 2]]), 6)
    frame = fem.elements.euler_bernoulli(space, young=2e11, shear=8e10, area=1e-4, inertia=(1e-8, 1e-8), torsion=2e-8)
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*no support stops: rotation about z"):
        fem.solve(frame, np.ones(space.shape), fem.fix(space, [0, 1], [0, 1, 2]))


def test_a_plate_on_one_edge_turns_about_it() -> None:
    mesh = fem.rectangle((2, 2))
    space = fem.Space(mesh, 3)
    plate = fem.elements.plate(space, young=2e11, poisson=0.3, thickness=0.1)
    edge = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0), 0)
    with pytest.raises(fem.errors.ConstraintError, match=r"(?m)got: .*no support stops: rotation about y$"):
        fem.solve(plate, np.ones(space.shape), edge)


def test_a_body_of_revolution_moves_along_its_axis() -> None:
    space = fem.Space(fem.rectangle((2, 2)), 2)
    body = fem.elements.axisymmetric(space, young=2e11, poisson=0.3)
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*no support stops: translation along the axis"):
        fem.solve(body, np.ones(space.shape))


def test_a_temperature_without_a_level_is_named() -> None:
    space = fem.Space(fem.rectangle((2, 2)))
    with pytest.raises(fem.errors.ConstraintError, match=r"got: .*a constant in component 0"):
        fem.solve(fem.elements.diffusion(space, 1.0), np.ones(space.shape))
