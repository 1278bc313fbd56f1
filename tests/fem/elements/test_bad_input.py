"""Bad input gets its four lines: what is wrong, what was expected, what was got (with its place), and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sparsead.errors import SparseADError
from tests.conftest import require

require("jax")

import fem  # noqa: E402
from fem import errors  # noqa: E402

SHEET = fem.rectangle((2, 1))
SPACE = fem.Space(SHEET, 2)
STEEL = {"young": 2.1e11, "poisson": 0.3}
NONE = np.zeros(0, np.int32)
NOTHING = np.zeros(SPACE.shape)
LEFT = fem.fix(SPACE, [0, 3])
BARS = fem.Space(fem.Mesh([[0, 0], [1, 0], [0, 1]], (fem.CellBlock("line2", [[0, 1], [1, 2]]),)), 2)


def inverted() -> Any:
    space = SPACE.at(SHEET.points + np.array([[0, 0], [1.2, 0], [0, 0], [0, 0], [0, 0], [0, 0]]))
    return fem.solve(fem.elements.elasticity(space, **STEEL), NOTHING, LEFT)


def all_inverted() -> Any:
    """Cells of one shape, numbered the wrong way round."""
    mesh = fem.Mesh(SHEET.points, (fem.CellBlock("quad4", SHEET.blocks[0].nodes[:, ::-1]),))
    return fem.solve(fem.elements.elasticity(fem.Space(mesh, 2), **STEEL), NOTHING, LEFT)


def stretched(poisson: Any, **more: Any) -> Any:
    return fem.fields.stress(SPACE, NOTHING, young=1.0, poisson=poisson, **more)


def heated(poisson: Any) -> Any:
    return fem.elements.thermal_strain(SPACE, 1.0, young=1.0, poisson=poisson, expansion=1e-5)


def with_empty_set() -> fem.Mesh:
    return fem.Mesh(SHEET.points, SHEET.blocks, facet_sets={"loaded": fem.Facets((NONE,), (NONE,))})


CASES: dict[str, tuple[Callable[[], Any], type[SparseADError], str]] = {
    "inverted cell": (inverted, errors.MeshError, r"det J = -[\d.e-]+ in cell 0"),
    "all cells inverted": (all_inverted, errors.MeshError, r"det J = -0.125 in cell 0"),
    "negative area": (
        lambda: fem.elements.bar(BARS, young=1.0, area=[1.0, -2e-4]),
        errors.MaterialError,
        r"area = -0.0002 in cell 1",
    ),
    "ratio of 0.5 in a stiffness": (
        lambda: fem.elements.elasticity(SPACE, young=1.0, poisson=[0.3, 0.5]),
        errors.MaterialError,
        r"poisson = 0.5 in cell 1",
    ),
    "ratio of 0.5 in a thermal strain": (lambda: heated([0.5, 0.3]), errors.MaterialError, r"poisson = 0.5 in cell 0"),
    "ratio of 0.5 in a stress": (lambda: stretched([0.3, 0.5]), errors.MaterialError, r"poisson = 0.5 in cell 1"),
    "ratio of -1 in an energy": (
        lambda: fem.fields.strain_energy(SPACE, NOTHING, young=1.0, poisson=-1.0),
        errors.MaterialError,
        r"poisson = -1 in cell 0",
    ),
    "ratio of 0.5 at finite strain": (
        lambda: fem.elements.neo_hookean(SPACE, young=1.0, poisson=[0.3, 0.5]),
        errors.MaterialError,
        r"poisson = 0.5 in cell 1",
    ),
    "stiffness that is no matrix": (
        lambda: fem.elements.anisotropic(SPACE, np.ones(3)),
        errors.MaterialError,
        r"shape \(3,\)",
    ),
    "stiffness for other cells": (
        lambda: fem.fields.anisotropic_stress(SPACE, NOTHING, np.ones((3, 3, 3))),
        errors.MaterialError,
        r"shape \(3, 3, 3\) with at='centers'",
    ),
    "load of the wrong number of components": (
        lambda: fem.traction(SPACE, SHEET.boundary, (0.0, 0.0, -1.0)),
        errors.SpaceError,
        r"shape \(3,\)",
    ),
    "load of another space": (
        lambda: fem.solve(fem.elements.elasticity(SPACE, **STEEL), np.zeros((6, 3)), LEFT),
        errors.SpaceError,
        r"shape \(6, 3\)",
    ),
    "unknown cell type": (lambda: fem.CellBlock("hex9", [[0]]), errors.ElementError, r"'hex9'"),
    "load where nothing is": (
        lambda: fem.traction(SPACE, SHEET.facets_on(lambda x: x[:, 0] == 7.0), (0.0, 1.0)),
        errors.MeshError,
        r"0 facets for .* extends over 0 to 1, 0 to 1",
    ),
    "load on an empty set": (
        lambda: fem.traction(fem.Space(with_empty_set(), 2), "loaded", (0.0, 1.0)),
        errors.MeshError,
        r"0 facets for 'loaded'",
    ),
    "load on a set that is not there": (
        lambda: fem.pressure(SPACE, "top", 1.0),
        errors.MeshError,
        r"'top'",
    ),
    "several loads of a nonlinear problem": (
        lambda: fem.solve_nonlinear(fem.elements.neo_hookean(SPACE, **STEEL), np.zeros((2, *SPACE.shape)), LEFT),
        errors.SpaceError,
        r"shape \(2, 6, 2\), 2 cases",
    ),
    "elasticity of a surface": (
        lambda: fem.elements.elasticity(
            fem.Space(fem.Mesh(np.pad(SHEET.points, ((0, 0), (0, 1))), SHEET.blocks), 3), **STEEL
        ),
        errors.SpaceError,
        r"cells of dimension 2 in 3D",
    ),
    "negative thickness": (
        lambda: fem.elements.elasticity(SPACE, **STEEL, thickness=[0.1, -0.2]),
        errors.MaterialError,
        r"thickness = -0.2 in cell 1",
    ),
    "negative thickness of a conductor": (
        lambda: fem.elements.diffusion(fem.Space(SHEET), np.eye(2), thickness=-1.0),
        errors.MaterialError,
        r"thickness = -1 in cell 0",
    ),
    "negative thickness of a mass": (
        lambda: fem.elements.lumped_mass(SPACE, thickness=[-0.1, 1.0]),
        errors.MaterialError,
        r"thickness = -0.1 in cell 0",
    ),
    "internal forces where a matrix is needed": (
        lambda: fem.solve(fem.elements.neo_hookean(SPACE, **STEEL), NOTHING, LEFT),
        errors.SpaceError,
        r"NonlinearOperator",
    ),
    "a linear operator for Newton's method": (
        lambda: fem.solve_nonlinear(fem.elements.elasticity(SPACE, **STEEL), NOTHING, LEFT),
        errors.SpaceError,
        r"Operator",
    ),
    "no load step": (
        lambda: fem.solve_nonlinear(fem.elements.neo_hookean(SPACE, **STEEL), NOTHING, LEFT, steps=0),
        errors.ConvergenceError,
        r"steps=0",
    ),
    "points where supports are needed": (
        lambda: fem.solve(fem.elements.elasticity(SPACE, **STEEL), NOTHING, [0, 3]),
        errors.ConstraintError,
        r"int",
    ),
    "supports of another space": (
        lambda: fem.solve(fem.elements.elasticity(SPACE, **STEEL), NOTHING, fem.fix(fem.Space(SHEET, 3), [0, 3])),
        errors.ConstraintError,
        r"constraints on 18 dofs",
    ),
    "prescribed values for other points": (
        lambda: fem.prescribed(SPACE, [0, 1], [1.0, 2.0, 3.0]),
        errors.ConstraintError,
        r"shape \(3,\)",
    ),
    "coefficients for other dofs": (
        lambda: fem.multi_point(SPACE, [0, 1], [[2]], [[1.0]]),
        errors.ConstraintError,
        r"others of shape \(1, 1\)",
    ),
    "load function without components": (
        lambda: fem.body_load(SPACE, lambda x: x[:, 0]),
        errors.SpaceError,
        r"shape \(8,\)",
    ),
    "flux in the place of the force": (
        lambda: fem.elements.residual(SPACE, lambda v, g: (g, v)).forces(NOTHING),
        errors.SpaceError,
        r"shapes \(2, 2\) and \(2,\)",
    ),
    "energy of each component": (
        lambda: fem.elements.energy(SPACE, lambda v, g: g**2).forces(NOTHING),
        errors.SpaceError,
        r"shape \(2, 2\)",
    ),
    "space where a mesh is needed": (lambda: fem.Space(SPACE, 2), errors.MeshError, r"Space"),  # type: ignore[arg-type]
    "contradiction": (
        lambda: LEFT + fem.prescribed(SPACE, [3], 0.2, 1),
        errors.ConstraintError,
        r"dof 7: 0.0 and 0.2",
    ),
    "no support": (
        lambda: fem.solve(fem.elements.elasticity(SPACE, **STEEL), NOTHING + 1.0),
        errors.ConstraintError,
        r"no support stops: ",
    ),
    "hinge": (
        lambda: fem.solve(fem.elements.elasticity(SPACE, **STEEL), NOTHING + 1.0, fem.fix(SPACE, [0])),
        errors.ConstraintError,
        r"no support stops: .*rotation in the plane",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_explained(name: str) -> None:
    attempt, kind, got = CASES[name]
    with pytest.raises(kind, match=rf"got: .*{got}") as caught:
        attempt()
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["expected", "got", "fix"]
    assert all(line.split(":", 1)[1].strip() for line in lines[1:])
