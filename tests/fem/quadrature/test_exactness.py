"""Every rule: weights sum to the measure, points lie inside, monomials of the degree are exact."""

from __future__ import annotations

from itertools import product
from math import factorial, prod
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.conftest import require

require("jax")

from fem.errors import ElementError  # noqa: E402
from fem.quadrature import rule  # noqa: E402
from fem.reference import ELEMENTS  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES = {
    "point": 1.0,
    "line": 2.0,
    "triangle": 1 / 2,
    "quadrilateral": 4.0,
    "tetrahedron": 1 / 6,
    "hexahedron": 8.0,
    "wedge": 1.0,
}
DIMENSIONS = {element.cell: element.dimension for element in ELEMENTS.values()}
DEGREES = range(16)


def on_line(power: int) -> float:
    return 0.0 if power % 2 else 2.0 / (power + 1)


def on_simplex(powers: tuple[int, ...]) -> float:
    return prod(map(factorial, powers)) / factorial(sum(powers) + len(powers))


def exact(cell: str, powers: tuple[int, ...]) -> float:
    """Return the integral of a monomial over the reference cell."""
    if cell in ("triangle", "tetrahedron"):
        return on_simplex(powers)
    if cell == "wedge":
        return on_simplex(powers[:2]) * on_line(powers[2])
    return prod(map(on_line, powers))


def monomials(cell: str, degree: int) -> list[tuple[int, ...]]:
    return [p for p in product(range(degree + 1), repeat=DIMENSIONS[cell]) if sum(p) <= degree]


def integral(cell: str, degree: int, powers: tuple[int, ...]) -> float:
    quadrature = rule(cell, degree)
    return float(quadrature.weights @ np.prod(quadrature.points**powers, axis=1))


def inside(cell: str, points: NDArray[np.float64]) -> bool:
    if cell in ("triangle", "tetrahedron"):
        return bool((points > 0).all() and (points.sum(axis=1) < 1).all())
    if cell == "wedge":
        return inside("triangle", points[:, :2]) and bool((abs(points[:, 2]) < 1).all())
    return bool((abs(points) < 1).all())


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("cell", MEASURES)
def test_monomials_of_the_degree_are_exact(cell: str, degree: int) -> None:
    for powers in monomials(cell, degree):
        # Sums of positive terms of the size of the cell: rounding only.
        assert integral(cell, degree, powers) == pytest.approx(exact(cell, powers), rel=0, abs=2e-14 * MEASURES[cell])


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("cell", MEASURES)
def test_weights_are_positive_and_sum_to_the_measure(cell: str, degree: int) -> None:
    weights = rule(cell, degree).weights
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(MEASURES[cell], rel=1e-14)


@pytest.mark.parametrize("degree", DEGREES)
@pytest.mark.parametrize("cell", MEASURES)
def test_points_lie_inside(cell: str, degree: int) -> None:
    assert inside(cell, rule(cell, degree).points)


@pytest.mark.parametrize("cell", ["line", "quadrilateral", "hexahedron"])
def test_products_are_exact_in_each_coordinate(cell: str) -> None:
    powers = (5,) * DIMENSIONS[cell]
    assert integral(cell, 5, tuple(p - 1 for p in powers)) == pytest.approx(exact(cell, tuple(p - 1 for p in powers)))


@pytest.mark.parametrize("cell", [cell for cell in MEASURES if cell != "point"])
@pytest.mark.parametrize("degree", [1, 2, 3, 5, 6])
def test_degree_is_no_higher_than_it_is_paid_for(cell: str, degree: int) -> None:
    # Plants a fault in the exactness test: the next even degree up must not be exact.
    degree += degree % 2
    gaps = [
        abs(integral(cell, degree - 1, powers) - exact(cell, powers))
        for powers in monomials(cell, degree + 2)
        if sum(powers) > degree + 1
    ]
    assert max(gaps) > 1e-6


@pytest.mark.parametrize(
    ("cell", "degree", "count"),
    [
        *(("triangle", degree, count) for degree, count in ((1, 1), (2, 3), (4, 6), (5, 7), (6, 12))),
        *(("tetrahedron", degree, count) for degree, count in ((1, 1), (2, 4), (3, 8), (5, 14))),
        *(("hexahedron", 3, 8), ("hexahedron", 2, 8), ("quadrilateral", 5, 9), ("wedge", 2, 6), ("point", 7, 1)),
    ],
)
def test_number_of_points(cell: str, degree: int, count: int) -> None:
    assert len(rule(cell, degree)) == count


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5, 6])
def test_triangle_rules_are_symmetric(degree: int) -> None:
    quadrature = rule("triangle", degree)
    turned = np.column_stack([quadrature.points[:, 1], 1 - quadrature.points.sum(axis=1)])

    def as_set(points: NDArray[np.float64]) -> set[tuple[float, ...]]:
        rows = np.column_stack([points, quadrature.weights]).round(12) + 0.0
        return {tuple(row) for row in rows.tolist()}

    assert as_set(turned) == as_set(quadrature.points)


def test_wedge_of_high_degree_has_the_volume_of_the_wedge() -> None:
    assert rule("wedge", 12).weights.sum() == pytest.approx(1.0, rel=1e-14)


def test_rules_are_shared_and_read_only() -> None:
    assert rule("line", 3) is rule("line", 3)
    with pytest.raises(ValueError, match="read-only"):
        rule("line", 3).weights[0] = 0.0


@pytest.mark.parametrize("degree", [-1, 2.5, 81, "two"])
def test_degree_that_does_not_exist(degree: object) -> None:
    with pytest.raises(ElementError, match=rf"got:      degree={degree!r}"):
        rule("line", degree)  # type: ignore[arg-type]


def test_cell_that_does_not_exist() -> None:
    with pytest.raises(ElementError, match="got:      cell='pyramid'"):
        rule("pyramid", 2)
