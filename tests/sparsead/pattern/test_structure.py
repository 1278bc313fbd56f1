"""Declared facts: their consequences, and the patterns that contradict them."""

from __future__ import annotations

import pytest

from sparsead.errors import StructureError
from sparsead.pattern.structure import Structure
from sparsead.pattern.triplets import from_triplets
from sparsead.pattern.validate import check_declared

SYMMETRIC = from_triplets([0, 1, 0, 1], [0, 0, 1, 1], (2, 2))[0]
LOWER = from_triplets([0, 1, 1], [0, 0, 1], (2, 2))[0]
WIDE = from_triplets([0, 1], [0, 1], (2, 3))[0]


@pytest.mark.parametrize(
    "declared", [Structure(symmetric=True), Structure(hermitian=True), Structure(positive_definite=True)]
)
def test_real_symmetric_is_hermitian_and_the_reverse(declared: Structure) -> None:
    meant = declared.on(is_complex=False)
    assert meant.symmetric and meant.hermitian


def test_complex_symmetric_is_not_hermitian() -> None:
    assert not Structure(symmetric=True).on(is_complex=True).hermitian


def test_complex_positive_definite_is_hermitian_and_not_symmetric() -> None:
    meant = Structure(positive_definite=True).on(is_complex=True)
    assert meant.hermitian and not meant.symmetric


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (Structure(), "general"),
        (Structure(symmetric=True), "symmetric"),
        (Structure(hermitian=True), "Hermitian"),
        (Structure(symmetric=True, positive_definite=True), "positive definite"),
        (Structure(triangular="lower"), "lower triangular"),
    ],
)
def test_structure_is_told_in_words(declared: Structure, words: str) -> None:
    assert declared.describe() == words


def test_unknown_triangle_is_named() -> None:
    with pytest.raises(StructureError, match=r"got: +triangular='left'"):
        Structure(triangular="left")  # type: ignore[arg-type]


def test_triangular_and_symmetric_is_refused() -> None:
    with pytest.raises(StructureError, match="symmetric=True"):
        Structure(symmetric=True, triangular="lower")


def test_declarations_that_hold_are_accepted() -> None:
    check_declared(SYMMETRIC, Structure(positive_definite=True))
    check_declared(LOWER, Structure(triangular="lower"))
    check_declared(WIDE, Structure())


def test_lower_triangle_declared_symmetric_names_the_missing_entry() -> None:
    with pytest.raises(StructureError, match=r"got: +no entry at \(0, 1\)") as caught:
        check_declared(LOWER, Structure(symmetric=True))
    assert (caught.value.row, caught.value.column) == (0, 1)


@pytest.mark.parametrize("triangle", ["lower", "upper"])
def test_entry_in_the_other_triangle_is_named(triangle: str) -> None:
    place = (0, 1) if triangle == "lower" else (1, 0)
    with pytest.raises(StructureError, match=rf"got: +an entry at \({place[0]}, {place[1]}\)"):
        check_declared(SYMMETRIC, Structure(triangular=triangle))  # type: ignore[arg-type]


@pytest.mark.parametrize("declared", [Structure(symmetric=True), Structure(triangular="upper")])
def test_rectangular_matrix_has_no_structure(declared: Structure) -> None:
    with pytest.raises(StructureError, match=r"got: +shape \(2, 3\)"):
        check_declared(WIDE, declared)
