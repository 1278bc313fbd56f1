"""Cantilevers against beam theory, whatever the element."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")

import fem  # noqa: E402

LENGTH, HEIGHT, WIDTH = 10.0, 1.0, 0.5  # [m]
YOUNG, POISSON, FORCE = 2.1e11, 0.3, 1.0e6  # [Pa], 1, [N]


def timoshenko() -> float:
    """Deflection of the tip, P L^3 / 3 E I + 6 P L / 5 G A: S. Timoshenko, Phil. Mag. 41 (1921) 744."""
    area, inertia = WIDTH * HEIGHT, WIDTH * HEIGHT**3 / 12
    shear = YOUNG / (2 * (1 + POISSON))
    return FORCE * LENGTH**3 / (3 * YOUNG * inertia) + 6 * FORCE * LENGTH / (5 * shear * area)


def tip(mesh: fem.Mesh) -> float:
    """Mean deflection of the loaded end; the held end is free to contract across."""
    d = mesh.dimension
    space = fem.Space(mesh, components=d)
    thickness = {"thickness": WIDTH} if d == 2 else {}
    end = mesh.facets_on(lambda x: np.isclose(x[:, 0], LENGTH))
    shear = np.zeros(d)
    shear[1] = -FORCE / HEIGHT / (WIDTH if d == 3 else 1.0)
    supports = fem.fix(space, mesh.points_on(lambda x: x[:, 0] == 0), 0)
    for axis in range(1, d):
        supports += fem.fix(space, mesh.points_on(lambda x, k=axis: (x[:, 0] == 0) & np.isclose(x[:, k], 0)), axis)

    @jax.jit
    def work(shear: Any) -> Any:
        stiffness = fem.elements.elasticity(space, young=YOUNG, poisson=POISSON, **thickness)
        load = fem.traction(space, end, shear)
        return (fem.solve(stiffness, load, supports) * load).sum()

    return float(work(shear) / FORCE)


@pytest.mark.parametrize(("element", "cells"), [("quad8", (20, 2)), ("quad9", (20, 2)), ("tri6", (20, 4))])
def test_plane_cantilever(element: str, cells: tuple[int, int]) -> None:
    mesh = fem.rectangle(cells, size=(LENGTH, HEIGHT), origin=(0.0, -HEIGHT / 2), element=element)
    assert tip(mesh) == pytest.approx(timoshenko(), rel=2e-3)


@pytest.mark.parametrize("element", ["hex20", "hex27", "tet10"])
def test_cantilever_in_space(element: str) -> None:
    mesh = fem.box((16, 2, 2), (LENGTH, HEIGHT, WIDTH), origin=(0.0, -HEIGHT / 2, -WIDTH / 2), element=element)
    assert tip(mesh) == pytest.approx(timoshenko(), rel=4e-3)


def test_linear_cells_are_too_stiff_in_bending() -> None:
    """What is known of full integration: cells of first order miss part of the deflection, simplices the most."""
    found = {}
    for element in ("hex8", "tet4"):
        mesh = fem.box((16, 2, 2), (LENGTH, HEIGHT, WIDTH), origin=(0.0, -HEIGHT / 2, -WIDTH / 2), element=element)
        found[element] = tip(mesh)
    assert 0 < found["tet4"] < found["hex8"] < timoshenko()
