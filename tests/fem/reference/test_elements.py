"""Every element: partition of unity, nodality, gradients, completeness, facets."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.conftest import require

require("jax")

from fem.reference import ELEMENTS, ReferenceElement  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMES = [
    *("line2", "line3", "tri3", "tri6", "quad4", "quad8", "quad9"),
    *("tet4", "tet10", "hex8", "hex20", "hex27", "wedge6"),
]
LINEAR = {"point": "point1", "line": "line2", "triangle": "tri3", "quadrilateral": "quad4"}
SOLIDS = [ELEMENTS[name] for name in NAMES]


def inner_points(element: ReferenceElement, count: int = 7) -> NDArray[np.float64]:
    """Return points inside the cell: random averages of its corners."""
    weights = np.random.default_rng(3).dirichlet(np.ones(element.corners), count)
    return weights @ element.nodes[: element.corners]


def test_all_elements_are_there() -> None:
    assert {*NAMES, "point1"} == set(ELEMENTS)
    assert all(ELEMENTS[name].name == name for name in ELEMENTS)


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_shape_functions_sum_to_one(element: ReferenceElement) -> None:
    points = inner_points(element)
    # A few roundings of numbers of size one.
    np.testing.assert_allclose(element.shape(points).sum(axis=1), 1.0, rtol=0, atol=2e-15)
    np.testing.assert_allclose(element.gradients(points).sum(axis=1), 0.0, rtol=0, atol=4e-15)


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_shape_functions_are_one_at_their_node_and_zero_at_the_others(element: ReferenceElement) -> None:
    np.testing.assert_array_equal(element.shape(element.nodes), np.eye(element.count))


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_gradients_equal_complex_step(element: ReferenceElement) -> None:
    points = inner_points(element)
    for axis in range(element.dimension):
        step = np.zeros(element.dimension, dtype=complex)
        step[axis] = 1e-30j
        expected = element.shape(points + step).imag / 1e-30
        np.testing.assert_allclose(element.gradients(points)[..., axis], expected, rtol=0, atol=4e-15)


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_polynomials_of_the_order_are_reproduced(element: ReferenceElement) -> None:
    points = inner_points(element)
    for powers in product(range(element.order + 1), repeat=element.dimension):
        if sum(powers) <= element.order:
            nodal = np.prod(element.nodes**powers, axis=1)
            exact = np.prod(points**powers, axis=1)
            np.testing.assert_allclose(element.shape(points) @ nodal, exact, rtol=0, atol=4e-15)


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_order_is_the_highest(element: ReferenceElement) -> None:
    points, degree = inner_points(element), element.order + 1
    gaps = [
        abs(element.shape(points) @ np.prod(element.nodes**powers, axis=1) - np.prod(points**powers, axis=1)).max()
        for powers in product(range(degree + 1), repeat=element.dimension)
        if sum(powers) == degree
    ]
    assert max(gaps) > 1e-3


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_coefficients_are_binary_fractions(element: ReferenceElement) -> None:
    np.testing.assert_array_equal(element.coefficients * 8, np.round(element.coefficients * 8))


@pytest.mark.parametrize("element", SOLIDS, ids=str)
def test_facet_nodes_lie_where_the_facet_element_has_them(element: ReferenceElement) -> None:
    for name, local in element.facets:
        facet = ELEMENTS[name]
        corners = element.nodes[list(local[: facet.corners])]
        linear = ELEMENTS[
            {"point": "point1", "line": "line2", "triangle": "tri3", "quadrilateral": "quad4"}[facet.cell]
        ]
        np.testing.assert_allclose(element.nodes[list(local)], linear.shape(facet.nodes) @ corners, atol=1e-15)


@pytest.mark.parametrize("element", [e for e in SOLIDS if e.dimension > 1], ids=str)
def test_facet_normals_point_outwards(element: ReferenceElement) -> None:
    center = element.nodes[: element.corners].mean(axis=0)
    for name, local in element.facets:
        facet = ELEMENTS[name]
        middle = facet.nodes[: facet.corners].mean(axis=0)[None]
        tangents = element.nodes[list(local)].T @ facet.gradients(middle)[0]
        if element.dimension == 2:
            normal = np.array([tangents[1, 0], -tangents[0, 0]])
        else:
            normal = np.cross(tangents[:, 0], tangents[:, 1])
        outward = facet.shape(middle)[0] @ element.nodes[list(local)] - center
        assert normal @ outward > 0, (name, local)


@pytest.mark.parametrize("element", [e for e in SOLIDS if e.dimension > 1], ids=str)
def test_facets_close_the_cell(element: ReferenceElement) -> None:
    # On a closed surface every edge (in 2D every corner) is passed once in each direction.
    passed: list[tuple[int, ...]] = []
    for name, local in element.facets:
        corners = local[: ELEMENTS[name].corners]
        if element.dimension == 2:
            passed += [(corners[0], 0), (corners[1], 1)]
        else:
            passed += zip(corners, (*corners[1:], corners[0]), strict=True)
    assert len(passed) == len(set(passed))
    if element.dimension == 2:
        assert sorted(passed) == sorted((corner, way) for corner in range(element.corners) for way in (0, 1))
    else:
        assert {(b, a) for a, b in passed} == set(passed)


@pytest.mark.parametrize(("first", "second"), [("quad4", "quad8"), ("quad8", "quad9"), ("hex8", "hex20"),
                                               ("hex20", "hex27"), ("tri3", "tri6"), ("tet4", "tet10"),
                                               ("line2", "line3")])  # fmt: skip
def test_nodes_and_facets_of_higher_elements_extend_those_of_lower(first: str, second: str) -> None:
    low, high = ELEMENTS[first], ELEMENTS[second]
    np.testing.assert_array_equal(low.nodes, high.nodes[: low.count])
    for (_, few), (_, many) in zip(low.facets, high.facets, strict=True):
        assert many[: len(few)] == few


def test_known_values_of_the_serendipity_element() -> None:
    # The middle of the quad8: corners -1/4, midsides 1/2.
    np.testing.assert_array_equal(ELEMENTS["quad8"].shape([[0.0, 0.0]])[0], [-0.25] * 4 + [0.5] * 4)


def test_point_has_one_shape_function_and_no_gradient() -> None:
    point = ELEMENTS["point1"]
    assert point.shape(np.zeros((2, 0))).tolist() == [[1.0], [1.0]]
    assert point.gradients(np.zeros((2, 0))).shape == (2, 1, 0)


def test_tables_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ELEMENTS["hex8"].nodes[0, 0] = 2.0
