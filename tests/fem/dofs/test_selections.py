"""Points and facets are given by numbers, by facets, by name, or by a predicate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.conftest import require

require("jax")

import fem  # noqa: E402


def left(x: np.ndarray) -> Any:
    return x[:, 0] == 0


MESH = fem.rectangle((3, 2)).with_sets(points={"points": left}, facets={"facets": left})
SPACE = fem.Space(MESH, 2)


@pytest.mark.parametrize(
    "where",
    ["points", "facets", left, MESH.points_on(left), MESH.facets_on(left)],
    ids=["name of points", "name of facets", "predicate", "points", "facets"],
)
def test_every_way_to_name_points(where: Any) -> None:
    assert fem.fix(SPACE, where).held == fem.fix(SPACE, [0, 1, 2]).held


@pytest.mark.parametrize("where", ["facets", left, MESH.facets_on(left)], ids=["name", "predicate", "facets"])
def test_every_way_to_name_facets(where: Any) -> None:
    np.testing.assert_allclose(fem.traction(SPACE, where, (3.0, 0.0)).sum(0), [3.0, 0.0])
    np.testing.assert_allclose(fem.pressure(SPACE, where, 3.0).sum(0), [3.0, 0.0], atol=1e-15)


def test_a_selection_made_anew_is_the_same() -> None:
    one, two = MESH.facets_on(left), MESH.facets_on(left)
    assert one is not two
    assert (one == two, hash(one) == hash(two), one == MESH.boundary) == (True, True, False)
    assert SPACE.topology.facets(one)[0] is SPACE.topology.facets(two)[0]


def test_points_are_no_facets() -> None:
    with pytest.raises(fem.errors.MeshError, match="got:      ndarray"):
        fem.traction(SPACE, MESH.points_on(left), (1.0, 0.0))
