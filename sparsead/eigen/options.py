"""What the caller of an eigenvalue problem may choose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sparsead.pattern.structure import Structure

# Eigenvalues closer than this, relative to the larger, count as one repeated eigenvalue. Half the digits: vectors of
# eigenvalues that differ by d are known to the unit roundoff over d, and a cluster treated as one loses d.
REPEATED = 1e-8


@dataclass(frozen=True)
class EigenOptions:
    """Which pairs of ``K v = lambda M v``, and how they are found; part of the key of compiled programs.

    Parameters
    ----------
    k : int
        Number of pairs.
    sigma : float or None
        The shift: the pairs nearest to it are computed; None for one a little below zero, infinity for the largest
        pairs. Unit: [K] / [M].
    structure : Structure
        What is known of the matrix that is factorized, ``K - sigma M``, or M for the largest pairs.
    backend : str or None
        Library that factorizes.
    maxiter : int or None
        Restarts allowed to Lanczos; by default ARPACK's ten for each unknown.
    count : bool
        Whether the eigenvalues in the interval are counted by an inertia, where the library tells it.
    order : int
        How many derivatives of the pairs will follow.
    """

    k: int
    sigma: float | None
    structure: Structure
    backend: str | None = None
    maxiter: int | None = None
    count: bool = True
    order: int = 0

    def differentiated(self) -> EigenOptions:
        """Return the same options for pairs of which one more derivative follows."""
        return replace(self, order=self.order + 1)

    def settled(self) -> EigenOptions:
        """Return the same options for pairs of which no derivative follows."""
        return replace(self, order=0)


@dataclass(frozen=True)
class GeneralOptions:
    """Which pairs of ``A v = lambda M v`` of general matrices; part of the key of compiled programs.

    Parameters
    ----------
    k : int
        Number of pairs.
    sigma : complex
        The shift: the pairs nearest to it are computed. Unit: [A] / [M].
    backend : str or None
        Library that factorizes.
    maxiter : int or None
        Restarts allowed to the iteration; by default ARPACK's ten for each unknown.
    order : int
        How many derivatives of the pairs will follow.
    """

    k: int
    sigma: complex
    backend: str | None = None
    maxiter: int | None = None
    order: int = 0

    def differentiated(self) -> GeneralOptions:
        """Return the same options for pairs of which one more derivative follows."""
        return replace(self, order=self.order + 1)

    def settled(self) -> GeneralOptions:
        """Return the same options for pairs of which no derivative follows."""
        return replace(self, order=0)
