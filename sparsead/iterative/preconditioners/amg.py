"""Algebraic multigrid by smoothed aggregation, with the set-up of pyamg.

Derivation
----------
Smoothing removes the parts of an error that cost much energy; what remains is
locally like the near-null space B, for a structure its rigid motions. So dofs
are put together in aggregates, B restricted to each gives the coarse dofs,
orthonormal in Q with B = Q B_coarse, and one step of Jacobi's method makes
their energy small [1]_::

    P = (1 - omega D^-1 A) Q,   A_coarse = P^H A P

with the sums of the magnitudes of rows for D, by which the spectrum of D^-1 A
is at most one, and omega 4/3 over that bound.
The cycle goes down and up again: smooth, restrict the residual, correct by the
coarse solution, smooth in reverse order, so that it is Hermitian. Every
coupling counts (threshold zero): in elasticity small entries mean no weak
coupling. The cycle here is pyamg's without the two residuals with which that
measures its progress [2]_.

References
----------
.. [1] P. Vanek, J. Mandel, M. Brezina, "Algebraic multigrid by smoothed
   aggregation for second and fourth order elliptic problems", Computing 56,
   1996, doi:10.1007/BF02238511.
.. [2] N. Bell, L. N. Olson, J. Schroder, B. Southworth, "PyAMG: Algebraic
   multigrid solvers in Python", J. Open Source Softw. 8, 2023,
   doi:10.21105/joss.05495.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import BackendError, ShapeError
from sparsead.iterative.preconditioners.near_null import NearNull, Vectors, check_resistance
from sparsead.iterative.preconditioners.preconditioner import Preconditioner, Prepared, check_count, impossible
from sparsead.iterative.system import Products

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sparsead.iterative.system import System

_COARSEST = 100  # nodes; solved by factors
_SLACK = 1.4  # Gershgorin's bound of the spectrum is sharp for diffusion; for hex8 in elasticity so much too large


def _pyamg() -> Any | None:
    try:
        return importlib.import_module("pyamg")
    except ImportError:
        return None


@dataclass(frozen=True, repr=False)
class Amg(Preconditioner):
    """Smoothed aggregation."""

    near_null: NearNull | None = None
    block: int | None = None

    def __post_init__(self) -> None:
        if self.block is not None:
            check_count("block", self.block)

    def missing(self) -> str | None:
        """Return how to install pyamg."""
        return None if _pyamg() else 'pip install "sparsead[amg]"'

    def set_up(self, system: System, shared: dict[str, Any]) -> Prepared:
        """Return the hierarchy.

        Raises
        ------
        BackendError
            If the matrix is not Hermitian, or `block` does not divide n.
        ShapeError
            If the near-null space has another number of rows.
        SingularMatrixError
            If a vector of the near-null space meets no resistance.
        """
        n, block = system.pattern.shape[0], self.block or 1
        if not system.structure.hermitian:
            raise BackendError(
                "amg is for Hermitian matrices",
                expected="a matrix declared positive_definite=True, hermitian=True or, if real, symmetric=True",
                got=f"a {system.structure.describe()} matrix",
                fix="declare what holds, or take ilu()",
                fault="structure",
            )
        if n % block:
            raise impossible(
                "block", block, expected=f"a divisor of n = {n}", fix="pass the number of dofs that each node has"
            )
        columns = self._columns(n, block)
        check_resistance(system, columns)
        return Hierarchy(_levels(system, columns, block), system.values.dtype)

    def _columns(self, n: int, block: int) -> NDArray[Any]:
        """The near-null space; by default the constants of each component."""
        if self.near_null is None:
            return np.tile(np.eye(block), (n // block, 1))
        columns = self.near_null.vectors()
        if len(columns) != n:
            raise ShapeError(
                "near_null does not fit the matrix",
                expected=f"shape ({n}, m): one row for each unknown",
                got=f"shape {columns.shape}",
                fix="pass vectors of all unknowns, with zeros where they are held",
            )
        return columns


def _levels(system: System, columns: NDArray[Any], block: int) -> Any:
    pyamg: Any = _pyamg()
    symmetric = system.structure.symmetric
    return pyamg.smoothed_aggregation_solver(
        system.products.plain.tobsr((block, block)) if block > 1 else system.products.plain,
        B=np.array(columns, system.values.dtype),
        symmetry="symmetric" if symmetric else "hermitian",
        strength=("symmetric", {"theta": 0.0}),
        # by rows: the other bounds begin with random numbers, of NumPy's one generator
        smooth=("jacobi", {"omega": 4 / 3 * (_SLACK if block > 1 else 1.0), "weighting": "local"}),
        presmoother=("block_gauss_seidel", {"sweep": "forward"}),
        postsmoother=("block_gauss_seidel", {"sweep": "backward"}),
        improve_candidates=None,
        max_coarse=_COARSEST,
        coarse_solver="splu",
    )


class Hierarchy(Prepared):
    """Levels of matrices, smoothers and interpolations."""

    def __init__(self, solver: Any, dtype: np.dtype[Any]) -> None:
        self._levels, self._coarse, self._dtype = solver.levels, solver.coarse_solver, dtype
        self.products = Products(solver.levels[0].A, solver.levels[0].A)
        matrices = [m for level in self._levels for m in (level.A, *_between(level))][1:]
        self.nbytes = sum(m.data.nbytes + m.indices.nbytes + m.indptr.nbytes for m in matrices)

    def apply(self, r: NDArray[Any], *, transposed: bool = False) -> NDArray[Any]:
        """Return one cycle for each row of r, shape (k, n); nobody transposes what is Hermitian."""
        return np.stack([self._cycle(0, row) for row in r])

    def _cycle(self, number: int, b: NDArray[Any]) -> NDArray[Any]:
        level = self._levels[number]
        if number == len(self._levels) - 1:
            return np.asarray(self._coarse(level.A, b)).reshape(b.shape)
        x = np.zeros(len(b), self._dtype)
        level.presmoother(level.A, x, b)
        x += level.P @ self._cycle(number + 1, level.R @ (b - level.A @ x))
        level.postsmoother(level.A, x, b)
        return x


def _between(level: Any) -> tuple[Any, ...]:
    return (level.P, level.R) if hasattr(level, "P") else ()


def amg(near_null: ArrayLike | NearNull | None = None, *, block: int | None = None) -> Preconditioner:
    """Return algebraic multigrid by smoothed aggregation as a preconditioner: for Hermitian matrices.

    Needs pyamg: ``pip install "sparsead[amg]"``.

    Parameters
    ----------
    near_null : array, shape (n, m), optional
        Vectors that the matrix nearly maps to zero where it is not held, as columns: the six rigid motions of a
        solid, zero at held dofs. By default the constants, which suit diffusion; `fem.solve` takes the rigid
        motions of the space.
    block : int, optional
        Unknowns of a node, which stand together. By default 1; `fem.solve` takes the components of the space.

    Returns
    -------
    Preconditioner
        For ``preconditioner=`` of `cg` or `minres`. The set-up takes as long as some ten iterations, its memory is
        about twice that of the matrix.

    Raises
    ------
    ShapeError, NonFiniteError, BackendError
        If the vectors do not fit, or the matrix is not Hermitian.
    BackendMissingError
        In the solve, if pyamg is not installed.
    SingularMatrixError
        In the solve, if a combination of the vectors meets no resistance.

    References
    ----------
    Vanek, P., Mandel, J., and Brezina, M., "Algebraic multigrid by smoothed aggregation for second and fourth order
    elliptic problems", Computing 56, 1996, doi:10.1007/BF02238511.

    Examples
    --------
    >>> import sparsead
    >>> sparsead.iterative.cg(sparsead.iterative.amg(block=3))
    cg(preconditioner=amg(block=3), rtol=1e-08)
    """
    given = near_null is None or isinstance(near_null, NearNull)
    return Amg(near_null if given else Vectors(near_null), block)  # type: ignore[arg-type]
