"""Solve with a singular matrix whose null space is declared: floating structures, pure Neumann problems.

Derivation
----------
A = A^H has the null space of Q, Q^H Q = I, and P = I - Q Q^H takes away what lies in it. Then b has a solution if
``Q^H b = 0``, and all solutions differ by Q c; the one of minimum norm is ``x = A^+ b``, with ``Q^H x = 0``.

Hold as many dofs as Q has columns, chosen so that no combination of these vanishes on them (QR with pivoting of Q^H).
What is left of A, with those rows and columns gone, is regular: a vector that it maps to zero, padded with zeros, is
mapped by A to nothing but forces on the held dofs, and as these do no work on Q either they vanish; so it is in the
null space, and zero where held: zero. Definite stays definite. With S its inverse, padded with zeros::

    A^+ = P S P

Of matrices that keep their null space, ``dA Q = 0``, the derivative is that of an inverse [1]_::

    A x = P b,  Q^H x = 0      so      dx = A^+ (db - dA x)

and the rule of `solve` holds as it stands. Right-hand sides of tangents and adjoints need not be in the range: P takes
them there.

References
----------
.. [1] G. H. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
   variables separate", 1973, doi:10.1137/0710036.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import qr
from scipy.sparse import csc_array

from sparsead.backends.backend import Factorization, Pivots
from sparsead.errors import NotPositiveDefiniteError, NullSpaceError, SingularMatrixError
from sparsead.factors.accuracy import check_condition, checked_solve, is_doubtful, locate
from sparsead.factors.delegated import DelegatedAnalysis, Delegating
from sparsead.factors.null_vectors import NullSpace
from sparsead.pattern import combine
from sparsead.pattern.kept import kept_with_partner
from sparsead.pattern.slots import Slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Analysis, Trans
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


@dataclass(frozen=True)
class Grounded(Delegating):
    """A backend that holds a few dofs, lets a library factorize the rest, and takes the null space out.

    Parameters
    ----------
    null_space : NullSpace
        Of all matrices that it is asked for.
    library : str or None
        What factorizes; None lets the structure choose.
    """

    null_space: NullSpace
    library: str | None = None

    name = "null_space"
    limited = True
    advice = "declare symmetric=True, hermitian=True or positive_definite=True: that A = A^H is what null_space= needs"

    def analyze(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Analysis:
        """Return the analysis of what is left when a few dofs are held.

        Raises
        ------
        BackendError, BackendMissingError
            If the library cannot factorize it, or is not installed.
        """
        free, rest, slots = _held(pattern, self.null_space)
        inner = self.able(rest, structure, values).analyze(rest, structure, values[slots.slot])
        return _Analysis(self.null_space, structure, free, rest, slots, inner)

    def check(self, pattern: Pattern, values: NDArray[Any], b: NDArray[Any], trans: Trans, parts: int) -> None:
        """Raise `NullSpaceError` if the matrix resists the null space, or the right-hand side does work on it.

        Both up to half of the digits of the numbers.
        """
        basis = self.null_space.basis
        _check_matrix(pattern, values, basis)
        _check_rhs(b, basis if trans == "T" else basis.conj(), parts)  # A^T = conj(A)


class _Analysis(DelegatedAnalysis):
    """The analysis of what is left, and what belongs to the whole."""

    def __init__(
        self,
        null_space: NullSpace,
        structure: Structure,
        free: NDArray[Any],
        rest: Pattern,
        slots: Slots,
        inner: Analysis,
    ) -> None:
        super().__init__(inner)
        self.null_space, self.structure = null_space, structure
        self.free, self.rest, self.slots = free, rest, slots

    @property
    def nbytes(self) -> int:  # type: ignore[override]
        """Memory of the analysis. Unit: [byte]."""
        return super().nbytes + self.null_space.basis.nbytes

    def careful(self, values: NDArray[Any]) -> Analysis:
        """Return the next way of factorizing the rest.

        Raises
        ------
        SingularMatrixError
            If there is none: that of the whole, which is singular as declared, would name a declared motion.
        """
        chosen = values[self.slots.slot]
        inner = self.inner.careful(chosen)
        if inner is None:
            raise self._more_motions(locate(self._matrix(chosen)))
        return _Analysis(self.null_space, self.structure, self.free, self.rest, self.slots, inner)

    def factorize(self, values: NDArray[Any]) -> Factorization:
        """Return the factors of the rest.

        Raises
        ------
        SingularMatrixError, NotPositiveDefiniteError
            If the matrix has other motions that it does not resist.
        """
        chosen = values[self.slots.slot]
        rest = self._matrix(chosen)
        try:
            factors = self.inner.factorize(chosen)
            if is_doubtful(factors, values.dtype):
                check_condition(rest, factors)
        except SingularMatrixError as error:
            raise self._more_motions(locate(rest) if error.dof is None else error.dof) from error
        except NotPositiveDefiniteError as error:
            column = error.column  # type: ignore[attr-defined]
            raise _not_definite(None if column is None else int(self.free[column])) from error
        return _Factors(self, rest, factors)

    def _matrix(self, chosen: NDArray[Any]) -> csc_array:
        return csc_array((chosen, self.rest.indices, self.rest.indptr), shape=self.rest.shape)

    def _more_motions(self, dof: int | None) -> SingularMatrixError:
        dof = None if dof is None else int(self.free[dof])
        return SingularMatrixError(
            "matrix is singular beyond its declared null space",
            expected=f"no motion without resistance but the {self.null_space.size} declared",
            got="another one" + ("" if dof is None else f", in which dof {dof} moves most"),
            fix="add that motion to null_space, or connect what moves in it",
            dof=dof,
        )


class _Factors(Factorization):
    """Factors of what is left; solves for the solution of minimum norm."""

    # What is left is judged when it is factorized and, where its library does not vouch for them, its solutions too:
    # `solve` raises `Inaccurate` where the next way of factorizing is to be taken.
    backward_stable = True
    pivots = Pivots(ratio=1.0)

    def __init__(self, analysis: _Analysis, rest: csc_array, factors: Factorization) -> None:
        self._null_space, self._free, self._rest, self._factors = analysis.null_space, analysis.free, rest, factors
        self._trusted = factors.backward_stable and analysis.structure.positive_definite
        self.nbytes = factors.nbytes + rest.data.nbytes

    def solve(self, b: NDArray[Any], trans: Trans = "N") -> NDArray[Any]:
        """Return the x of minimum norm of ``A x = P b``, one right-hand side a row."""
        if trans == "T" and np.iscomplexobj(b):  # A^T = conj(A)
            return np.conj(self.solve(np.conj(b)))
        inside = np.ascontiguousarray(self._null_space.without(b)[:, self._free], b.dtype)
        solved = self._factors.solve(inside) if self._trusted else checked_solve(self._rest, self._factors, inside, "N")
        x = np.zeros_like(b)
        x[:, self._free] = solved
        return self._null_space.without(x).astype(b.dtype, copy=False)


@kept_with_partner
def _held(pattern: Pattern, null_space: NullSpace) -> tuple[NDArray[Any], Pattern, Slots]:
    """The dofs that stay free, the pattern among them, and its stored entries in the whole."""
    n = pattern.shape[0]
    order = qr(null_space.basis.conj().T, mode="r", pivoting=True)[1]
    free = np.setdiff1d(np.arange(n), order[: null_space.size])
    places = Slots(free, n)
    return (free, *combine.select(pattern, (places, places)))


def _check_matrix(pattern: Pattern, values: NDArray[Any], basis: NDArray[Any]) -> None:
    matrix = csc_array((values, pattern.indices, pattern.indptr), shape=pattern.shape)
    forces, sizes = np.abs(matrix @ basis), abs(matrix) @ np.abs(basis)
    share = forces.max(axis=0, initial=0.0) / np.maximum(sizes.max(axis=0, initial=0.0), np.finfo(float).tiny)
    tolerance = np.sqrt(np.finfo(values.dtype).eps)
    if not share.max(initial=0.0) > tolerance:
        return
    j = int(np.argmax(share))
    row = int(np.argmax(forces[:, j]))
    raise NullSpaceError(
        "the declared null space is none of this matrix",
        expected=f"A Z = 0, to {tolerance:.0e} of the magnitudes that cancel",
        got=f"a combination of its vectors that meets a resistance of {share[j]:.1e} of these, most in row {row}",
        fix="drop what is held from null_space (a support stops motions), or solve without it if nothing is left",
        share=float(share[j]),
        row=row,
    )


def _check_rhs(b: NDArray[Any], basis: NDArray[Any], parts: int) -> None:
    work, sizes = np.abs(b @ basis), np.abs(b) @ np.abs(basis)
    share = np.divide(work, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    if not share.max(initial=0.0) > np.sqrt(np.finfo(b.dtype).eps):
        return
    k, j = np.unravel_index(np.argmax(share), share.shape)
    raise NullSpaceError(
        "the right-hand side is outside the range of the matrix",
        expected="b orthogonal to the null space: no resultant of the loads on motions that meet no resistance",
        got=f"in right-hand side {k // parts} a resultant of {work[k, j]:.3g} along one of them, "
        f"{share[k, j]:.1e} of the sum of magnitudes",
        fix="balance the loads, b - Q (Q^H b) with Q an orthonormal basis of the null space, or hold the structure",
        share=float(share[k, j]),
    )


def _not_definite(column: int | None) -> NotPositiveDefiniteError:
    where = "" if column is None else f" in column {column}"
    return NotPositiveDefiniteError(
        "matrix is not positive definite beside its declared null space",
        expected="x^H A x > 0 for all other x, as declared by positive_definite=True",
        got=f"a pivot that is not positive{where}",
        fix="add a motion that meets no resistance either to null_space, or declare symmetric=True only",
        column=column,
    )
