"""Right and left eigenvectors nearest to the shift, by ARPACK's Arnoldi iteration on S M and on its transpose.

The pairs of ``A v = lambda M v`` are those of ``S M v = theta v`` with ``S = (A - sigma M)^-1`` and ``lambda = sigma +
1 / theta``; left vectors, ``y A = lambda y M``, those of ``S^T M^T y = theta y`` [1]_. Where M is singular its null
space has ``theta = 0``, no finite eigenvalue, and is never met: the start lies in the range of S M.

References
----------
.. [1] K. Meerbergen, D. Roose, "Matrix transformations for computing rightmost eigenvalues of large sparse
   non-symmetric eigenvalue problems", IMA J. Numer. Anal. 16, 1996, doi:10.1093/imanum/16.3.297.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator
from scipy.sparse.linalg import eigs as arpack

from sparsead.errors import ConvergenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.eigen.general import GeneralPencil, Trans

_FEW_UNKNOWNS = 48  # below, the full matrix is quicker than a start of ARPACK
_KNOWN = 1e-13  # of the largest theta: smaller ones are rounding, of infinite eigenvalues


def nearest(pencil: GeneralPencil, count: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the eigenvalues nearest to the shift, with right and left vectors of no particular length.

    Parameters
    ----------
    pencil : GeneralPencil
        A, M and the shift.
    count : int
        How many, at most n.

    Returns
    -------
    theta : array, shape (count,)
        ``1 / (lambda - sigma)``; fewer if M allows no more.
    vectors, left : array, shape (count, n)
        ``A v = lambda M v`` and ``y A = lambda y M``, one a row, those of one eigenvalue in one place.

    Raises
    ------
    ConvergenceError
        If ARPACK does not converge.
    """
    sides = [_one_side(pencil, count, trans) for trans in ("N", "T")]
    (theta, vectors), (of_left, left) = sides
    gaps, partners = np.abs(theta[:, None] - of_left), []
    for row in range(min(gaps.shape)):
        partners.append(int(gaps[row].argmin()))
        gaps[:, partners[-1]] = np.inf  # nobody else's
    return theta[: len(partners)], vectors[: len(partners)], left[partners]


def _one_side(pencil: GeneralPencil, count: int, trans: Trans) -> tuple[NDArray[Any], NDArray[Any]]:
    def times(x: NDArray[Any]) -> NDArray[Any]:
        return pencil.solve(pencil.times_mass(x, trans), trans)

    if pencil.n <= max(_FEW_UNKNOWNS, 2 * count):
        theta, vectors = np.linalg.eig(times(np.eye(pencil.n, dtype=np.complex128)).T)
    else:
        start = np.random.default_rng(0).standard_normal((1, pencil.n)).astype(np.complex128)
        operator = LinearOperator(
            (pencil.n, pencil.n), matvec=lambda x: times(x.reshape(1, -1))[0], dtype=np.complex128
        )
        try:
            theta, vectors = arpack(operator, count, v0=times(start)[0], maxiter=pencil.options.maxiter)
        except ArpackNoConvergence as error:
            raise _not_converged(pencil, error) from error
        except ArpackError as error:
            raise ConvergenceError(
                "Arnoldi iteration failed",
                expected=f"{count} eigenvalues nearest to sigma={pencil.sigma!r}",
                got=str(error),
                fix="pass another sigma, and check the values of A and M",
            ) from error
    size = np.abs(theta)
    order = np.argsort(-size, kind="stable")[:count]
    known = order[size[order] > _KNOWN * size.max(initial=0.0)]
    return theta[known], vectors.T[known]


def _not_converged(pencil: GeneralPencil, error: ArpackNoConvergence) -> ConvergenceError:
    found = pencil.sigma + 1 / error.eigenvalues
    told = ", ".join(f"{value:.6g}" for value in found[:5]) + (", ..." if len(found) > 5 else "")
    return ConvergenceError(
        "Arnoldi iteration did not converge",
        expected=f"{pencil.options.k} eigenvalues and a few more, nearest to sigma={pencil.sigma!r}",
        got=f"{len(found)} after maxiter={pencil.options.maxiter} restarts" + (f": {told}" if told else ""),
        fix="pass a larger maxiter, or a sigma nearer to the eigenvalues that you want",
        iteration=pencil.options.maxiter,
        eigenvalues=tuple(complex(value) for value in found),
    )
