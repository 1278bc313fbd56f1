"""The guard of meshes: which cell, how bad, and designs whose cells stay valid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sparsead
from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
fem = require("fem")
shape = require("fem.shape")
errors = require("fem.errors")

MESH = fem.rectangle((6, 6))
EDGE = MESH.points_on(lambda x: (x[:, 1] == 1) & (x[:, 0] > 0) & (x[:, 0] < 1))
MOVE = shape.laplace(MESH, EDGE)


def place(x: Any) -> Any:
    """Points; the upper edge sinks by x."""
    return MESH.points + MOVE(jnp.stack([jnp.zeros(len(EDGE)), -x * jnp.ones(len(EDGE))], axis=1))


def test_a_guard_names_the_worst_cell() -> None:
    guard = shape.guard(MESH, place)
    quality = np.asarray(shape.quality(MESH, place(1.0)))
    more = int((quality <= 0).sum()) - 1
    words = f"cell {quality.argmin()} is inverted, with a scaled Jacobian of {quality.min():.3g} (and {more} more)"
    assert guard(1.0) == words
    assert guard(0.05) is None


def test_a_guard_asks_for_as_much_as_it_is_told() -> None:
    quality = np.asarray(shape.quality(MESH, place(0.1)))
    assert shape.guard(MESH, place, 0.9 * quality.min())(0.1) is None
    words = shape.guard(MESH, place, 0.99)(0.1)
    assert words is not None
    assert words.startswith(f"cell {quality.argmin()} has a scaled Jacobian of {quality.min():.3g}, not above 0.99")


def test_points_that_are_not_finite_are_refused() -> None:
    words = shape.guard(MESH, lambda x: x * MESH.points)(np.nan)
    assert words is not None and "nan" in words


@pytest.mark.parametrize("least", [-0.1, 1.0, np.nan, "0.1", None])
def test_what_is_no_quality_is_refused(least: Any) -> None:
    with pytest.raises(sparsead.errors.ShapeError, match=r"got: +least = "):
        shape.guard(MESH, place, least)


def test_a_step_that_would_invert_a_cell_is_cut_back() -> None:
    """Without the guard the same run stops at a cell that is inverted."""
    space = fem.Space(MESH, components=2)
    supports = fem.fix(space, MESH.points_on(lambda x: x[:, 1] == 0))
    load = fem.traction(space, MESH.facets_on(lambda x: x[:, 1] == 1), (0.0, -1.0))

    def compliance(x: Any) -> Any:
        u = fem.solve(fem.elements.elasticity(space.at(place(x[0])), young=1.0, poisson=0.3), load, supports)
        return (u * load).sum()

    options = {"lower": -1.0, "upper": 3.0, "max_iterations": 6, "change": 0.0}
    with pytest.raises(errors.OptimizationError, match=r"cell \d+ is inverted; det J = -.* in cell \d+"):
        fem.optimize.mma(compliance, [0.0], **options)
    with pytest.warns(UserWarning, match=r"step is cut to 0\.\d+ of what was proposed, where cell \d+ "):
        found = fem.optimize.mma(compliance, [0.0], guard=shape.guard(MESH, place, 0.2), **options)
    assert shape.quality(MESH, place(found.x[0])).min() > 0.2
    assert found.value < found.history.value[0]
    assert (found.history.step < 1).any()
