"""Products of sparse matrices with sparse matrices: A B, Kronecker's, entry by entry; triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sparsead.backends import memory
from sparsead.checks import check_offset
from sparsead.errors import PatternError, ShapeError
from sparsead.pattern import combine
from sparsead.pattern.product import Product, count_terms, product
from sparsead.pattern.structure import GENERAL, Structure

if TYPE_CHECKING:
    from sparsead.arrays.stored_matrix import StoredMatrix
    from sparsead.pattern.pattern import Pattern

A = TypeVar("A", bound="StoredMatrix[Any]")

_TERM = 8  # bytes of the two places that a term of a product keeps
_ENTRY = 52  # bytes of an entry of Kronecker's product while its pattern is found; measured
_SMALL = 2**28  # bytes for which nobody is asked how much is free


def matmul(left: A, right: StoredMatrix[Any]) -> A:
    """Return A B on the pattern that the patterns of both give.

    Raises
    ------
    ShapeError
        If B has not as many rows as A has columns.
    PatternError
        If the terms of the product do not fit into memory.
    """
    if left.shape[1] != right.shape[0]:
        raise ShapeError(
            "matrices of these shapes have no product",
            expected=f"a second matrix with {left.shape[1]} rows: the first has so many columns",
            got=f"shapes {left.shape} and {right.shape}",
            fix="transpose one of them with .T, or correct its shape",
        )
    left, other = left.plain(), right.plain()
    values, factors = _of_one_type(left, other)
    terms = _terms(left.pattern, other.pattern)
    out = left.binding.spgemm(values[None], factors[None], product=terms, role="out")[0]
    same = left.structure.triangular == other.structure.triangular
    return type(left)(out, terms.pattern, Structure(triangular=left.structure.triangular) if same else GENERAL)


def kron(left: A, right: StoredMatrix[Any]) -> A:
    """Return the matrix of all blocks A[i, j] B.

    Raises
    ------
    PatternError
        If it does not fit into memory.
    """
    left, other = left.plain(), right.plain()
    _check_room(
        left.pattern.size * other.pattern.size,
        _ENTRY,
        what="the entries of this Kronecker product",
        got=f"{left.pattern} and {other.pattern}",
        fix="apply it unassembled: to X.ravel() it gives (A @ (B @ X.T).T).ravel()",
    )
    values, factors = _of_one_type(left, other)
    pattern, of_left, of_right = combine.kron(left.pattern, other.pattern)
    blocks = left.binding.gather(values[None], slots=of_left) * left.binding.gather(factors[None], slots=of_right)
    return type(left)(blocks[0], pattern, shared(left, other))


def entrywise(left: A, right: StoredMatrix[Any]) -> A:
    """Return the product entry by entry, stored where both are.

    Raises
    ------
    ShapeError
        If the shapes differ.
    """
    if left.shape != right.shape:
        raise ShapeError(
            "matrices of different shapes cannot be multiplied entry by entry",
            expected=f"two matrices of shape {left.shape}",
            got=f"shapes {left.shape} and {right.shape}",
            fix="for the product of matrices use A @ B",
        )
    left, other = left.plain(), right.plain()
    structure = shared(left, other)
    if left.pattern is other.pattern:
        return type(left)(left.values * other.values, left.pattern, structure)
    pattern, of_left, of_right = combine.intersection(left.pattern, other.pattern)
    values, factors = _of_one_type(left, other)
    gather = left.binding.gather
    both = gather(values[None], slots=of_left) * gather(factors[None], slots=of_right)
    return type(left)(both[0], pattern, structure)


def shared(left: StoredMatrix[Any], right: StoredMatrix[Any]) -> Structure:
    """Return what is declared of both, with what follows from it for the values of each, real or complex."""
    if left.structure == right.structure:
        return left.structure
    one, two = (matrix.structure.on(is_complex=matrix.dtype.kind == "c") for matrix in (left, right))
    return one.shared(two)


def triangle(matrix: A, offset: int, *, lower: bool) -> A:
    """Return what is stored on and below (or above) a diagonal.

    Raises
    ------
    PatternError
        If the number of the diagonal is no integer.
    """
    offset = check_offset("k", offset)
    matrix = matrix.plain()
    pattern, slots = combine.triangle(matrix.pattern, (offset, lower))
    values = matrix.binding.gather(matrix.values[None], slots=slots)[0]
    square = pattern.shape[0] == pattern.shape[1]
    inside = square and (offset <= 0 if lower else offset >= 0)
    return type(matrix)(values, pattern, Structure(triangular="lower" if lower else "upper") if inside else GENERAL)


def _of_one_type(left: StoredMatrix[Any], right: StoredMatrix[Any]) -> tuple[Any, Any]:
    """The values of both in the type that NumPy gives their product."""
    binding = left.binding
    working = np.result_type(left.dtype, right.dtype)
    return binding.astype(left.values, working), binding.astype(binding.asarray("values", right.values), working)


def _terms(left: Pattern, right: Pattern) -> Product:
    _check_room(
        count_terms(left, right),
        _TERM,
        what="the terms of this product",
        got=f"{left} @ {right}",
        fix="apply the matrices one after the other, A @ (B @ x)",
    )
    return product(left, right)


def _check_room(count: int, each: int, *, what: str, got: str, fix: str) -> None:
    if each * count > _SMALL and each * count > memory.free():
        raise PatternError(
            f"{what} do not fit into memory",
            expected=f"{each} bytes for each product of two stored entries within {memory.in_words(memory.free())}",
            got=f"{count} of them for {got}: {memory.in_words(each * count)}",
            fix=fix,
        )
