"""Declared facts about a matrix: symmetric, Hermitian, positive definite, triangular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

import numpy as np

from sparsead.errors import StructureError

Triangle = Literal["lower", "upper"]


class Declared(TypedDict, total=False):
    """The facts of a `Structure` as keywords of a constructor."""

    symmetric: bool
    hermitian: bool
    positive_definite: bool
    triangular: Triangle | None


@dataclass(frozen=True)
class Structure:
    """What the user declared about a matrix; it chooses the factorization.

    Parameters
    ----------
    symmetric : bool
        ``A = A^T``. All entries are stored, both triangles.
    hermitian : bool
        ``A = A^H``. For real matrices the same as `symmetric`.
    positive_definite : bool
        ``x^H A x > 0`` for all nonzero ``x``; implies Hermitian.
    triangular : {"lower", "upper"} or None
        All stored entries lie in that triangle, the diagonal included.

    Examples
    --------
    >>> Structure(positive_definite=True).describe()
    'positive definite'
    """

    symmetric: bool = False
    hermitian: bool = False
    positive_definite: bool = False
    triangular: Triangle | None = None

    def __post_init__(self) -> None:
        for name in ("symmetric", "hermitian", "positive_definite"):
            declared = getattr(self, name)
            if not isinstance(declared, bool | np.bool_):
                raise StructureError(
                    f"{name} is declared by a truth value",
                    expected=f"{name}=True or {name}=False",
                    got=f"{name}={declared!r}",
                    fix="pass True or False, known before the program is traced",
                )
        if self.triangular not in (None, "lower", "upper"):
            raise StructureError(
                "unknown triangle",
                expected='triangular="lower", "upper" or None',
                got=f"triangular={self.triangular!r}",
                fix="pass one of these three",
            )
        if self.triangular and (self.symmetric or self.hermitian or self.positive_definite):
            raise StructureError(
                "a triangular matrix cannot be declared symmetric too",
                expected="triangular alone, or symmetric / hermitian / positive_definite",
                got=f"{self}",
                fix="a symmetric matrix stores both triangles: drop triangular=..., pass all entries",
            )

    def on(self, *, is_complex: bool) -> Structure:
        """Return the structure with all its consequences for real or for complex values.

        A positive definite matrix is Hermitian; a real Hermitian matrix is symmetric and the reverse.
        """
        hermitian = self.hermitian or self.positive_definite
        symmetric = self.symmetric
        if not is_complex:
            hermitian = symmetric = hermitian or symmetric
        return Structure(symmetric, hermitian, self.positive_definite, self.triangular)

    def shared(self, other: Structure) -> Structure:
        """Return the facts that both state.

        They hold for the sum, for Kronecker's product, whose eigenvalues are the products of those of both, and for
        the product entry by entry, by Schur's theorem.
        """
        return Structure(
            self.symmetric and other.symmetric,
            self.hermitian and other.hermitian,
            self.positive_definite and other.positive_definite,
            self.triangular if self.triangular == other.triangular else None,
        )

    def without_sign(self) -> Structure:
        """Return the facts that survive a real factor of any sign."""
        hermitian = self.hermitian or self.positive_definite
        return Structure(self.symmetric, hermitian, triangular=self.triangular)

    def describe(self) -> str:
        """Return the declared facts in words."""
        if self.triangular:
            return f"{self.triangular} triangular"
        if self.positive_definite:
            return "positive definite"
        if self.symmetric:
            return "symmetric"
        return "Hermitian" if self.hermitian else "general"


GENERAL = Structure()
