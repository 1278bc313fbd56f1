"""The factorization of another matrix: exact for that one, near for those like it, renewed when it no longer pays.

When to renew
-------------
An iteration costs about one substitution with the factors, a factorization as
much as `worth` of them. With a factorization of its own a matrix takes one
iteration; so what the old factors cost are the iterations beyond the first of
each solve. Whoever buys once he has paid the price in rent never pays more than
twice of what he would have, had he known what comes [1]_: when these iterations
add up to `worth`, the matrix at hand is factorized, in the middle of a solve if
need be.

References
----------
.. [1] A. R. Karlin, M. S. Manasse, L. Rudolph, D. D. Sleator, "Competitive
   snoopy caching", Algorithmica 3, 1988, doi:10.1007/BF01762111.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.arrays.solve import check_square
from sparsead.arrays.sparse_array import SparseArray
from sparsead.errors import BackendError, ShapeError
from sparsead.factors.options import SolveOptions
from sparsead.factors.store import factor_cache
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared, check_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.backend import Factorization
    from sparsead.iterative.system import System
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure

_WORTH = 40  # measured: 35 substitutions of a solid of 86,000 unknowns by PARDISO


class Stored:
    """Pattern, structure and values of a matrix; compared by content."""

    def __init__(self, matrix: SparseArray[Any]) -> None:
        check_square(matrix)
        if matrix._transposed or matrix._conjugated:
            raise BackendError(
                "factorization_of takes a matrix, not its transpose",
                expected="a matrix as it is stored",
                got=f"{matrix!r}, a view",
                fix="pass the matrix that it is a view of; transposed solves use the same factors",
            )
        self.pattern: Pattern = matrix._pattern
        self.structure: Structure = matrix._structure
        self.values: NDArray[Any] = np.array(matrix.binding.concrete("values", matrix.values))
        self.values.flags.writeable = False
        self._hash = hash((self.pattern, self.structure, self.values.tobytes()))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Stored)
            and (self._hash, self.structure, self.pattern) == (other._hash, other.structure, other.pattern)
            and np.array_equal(self.values, other.values)
        )

    def __repr__(self) -> str:
        return f"<matrix of {self.pattern.shape[0]} unknowns>"


@dataclass(frozen=True, repr=False)
class FactorizationOf(Preconditioner):
    """A stored factorization, of a given matrix or of the first that comes."""

    matrix: Stored | None = None
    worth: int = _WORTH
    backend: str | None = None

    def __post_init__(self) -> None:
        check_count("worth", self.worth)

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return what the last set-up used.

        Raises
        ------
        ShapeError, BackendError
            If the given matrix has another size, or is complex where this one is real.
        """
        lease = shared.setdefault("lease", Lease(self))
        if lease.factorization is None and self.matrix is not None:
            lease.begin(self.matrix.pattern, self.matrix.structure, _fitting(self.matrix, system))
        borrowed = Borrowed(lease, system)
        if lease.factorization is None:
            borrowed.renew()
        return borrowed


class Lease:
    """The factorization that matrices of a pattern share for a while, and what it has cost them."""

    def __init__(self, of: FactorizationOf) -> None:
        self._of = of
        self.worth = of.worth
        self.factorization: Factorization | None = None
        self.spent = 0

    def begin(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Factorization:
        """Factorize, or find the factorization in the store."""
        options = SolveOptions(structure, self._of.backend)
        made = factor_cache.entry(pattern, values, options).factorization()
        self.factorization, self.spent = made, 0
        return made


class Borrowed(Prepared):
    """The shared factorization, for one matrix."""

    def __init__(self, lease: Lease, system: System) -> None:
        self._lease, self._system = lease, system
        self._factorization = lease.factorization
        self._own = False

    @property
    def nbytes(self) -> int:  # type: ignore[override]
        """Memory of the factors. Unit: [byte]."""
        return self._factorization.nbytes if self._factorization else 0

    @property
    def patience(self) -> int | None:  # type: ignore[override]
        """Iterations until it has cost what a new one is worth; None of a factorization of this very matrix."""
        return None if self._own else max(self._lease.worth - self._lease.spent, 1)

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return A_0^-1 r, or its transpose, for each row of r."""
        assert self._factorization is not None, "set-up makes one"
        return self._factorization.solve(np.ascontiguousarray(r), "T" if transposed else "N")

    def spend(self, iterations: int) -> None:
        """Add the iterations of a solve beyond the first."""
        self._lease.spent += max(iterations - 1, 0)

    def renew(self) -> None:
        """Factorize the matrix at hand."""
        system = self._system
        self._factorization, self._own = self._lease.begin(system.pattern, system.structure, system.values), True


def _fitting(stored: Stored, system: System) -> NDArray[Any]:
    """Values of the given matrix in the type of this one."""
    if stored.pattern.shape != system.pattern.shape:
        raise ShapeError(
            "factorization_of is of a matrix of another size",
            expected=f"shape {system.pattern.shape}",
            got=f"shape {stored.pattern.shape}",
            fix="pass a matrix of as many unknowns",
        )
    if stored.values.dtype.kind == "c" and system.values.dtype.kind != "c":
        raise BackendError(
            "factorization_of is of a complex matrix, and this one is real",
            expected="a real matrix",
            got=f"values of type {stored.values.dtype}",
            fix="pass its real part, or none: factorization_of() takes the first matrix that comes",
        )
    return stored.values.astype(system.values.dtype)


def factorization_of(
    matrix: SparseArray[Any] | None = None, *, worth: int = _WORTH, backend: str | None = None
) -> Preconditioner:
    """Return the factorization of another matrix as a preconditioner, renewed when it no longer pays.

    In a loop whose matrix changes little by little, most solves then cost a few substitutions instead of a
    factorization. A new factorization, of the matrix at hand, is made when the iterations beyond the first of each
    solve have added up to `worth` since the last: never more than twice the work of the best plan in hindsight.

    Parameters
    ----------
    matrix : SparseArray, shape (n, n), optional
        Whose factorization is used first; concrete. By default that of the first matrix that comes, which is what
        `fem.solve` needs, where supports change the matrix.
    worth : int
        What a factorization costs, in substitutions: 40 for solids, some 10 in the plane.
    backend : str, optional
        Library that factorizes, as in `solve`.

    Returns
    -------
    Preconditioner
        For ``preconditioner=`` of any method; for `cg` and `minres` of a positive definite matrix. Takes the memory
        of the factors. `sparsead.factor_cache.stats` counts its factorizations with all others.

    Raises
    ------
    DtypeError, ShapeError, BackendError, NoDerivativeError
        If `matrix` is no square matrix, is a transposed view, or traced.
    SingularMatrixError, NotPositiveDefiniteError
        In the solve, if the matrix cannot be factorized.

    References
    ----------
    Karlin, A. R., Manasse, M. S., Rudolph, L., and Sleator, D. D., "Competitive snoopy caching", Algorithmica 3,
    1988, doi:10.1007/BF01762111.

    Examples
    --------
    >>> import numpy as np, sparsead, sparsead.numpy as sp
    >>> from sparsead.iterative import cg, factorization_of
    >>> near = cg(factorization_of())
    >>> for growth in (1.0, 1.01, 1.02):
    ...     K = sp.diags([np.linspace(1, growth, 100)], positive_definite=True)
    ...     x = sp.solve(K, np.ones(100), method=near)
    >>> sparsead.factor_cache.stats().factorizations
    1
    """
    return FactorizationOf(None if matrix is None else Stored(matrix), worth, backend)
