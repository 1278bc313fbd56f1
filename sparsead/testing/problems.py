"""Hard patterns and matrices as plain triplets: what breaks sparse libraries, small enough for a dense oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparsead.pattern.structure import GENERAL, Structure

SYMMETRIC = Structure(symmetric=True)
HERMITIAN = Structure(hermitian=True)
POSITIVE_DEFINITE = Structure(positive_definite=True)


@dataclass(frozen=True)
class Problem:
    """A matrix as triplets that add, and what it is declared to be.

    Parameters
    ----------
    name : str
        What makes it hard.
    rows, cols : int array, shape (t,)
        Place of each triplet; in no order, with repetitions.
    values : array, shape (t,)
        Value of each triplet.
    shape : tuple of int
        ``(m, n)``.
    structure : Structure
        What is declared.
    """

    name: str
    rows: NDArray[np.integer]
    cols: NDArray[np.integer]
    values: NDArray[Any]
    shape: tuple[int, int]
    structure: Structure = GENERAL

    @property
    def is_square(self) -> bool:
        """Whether the matrix can be solved with."""
        return self.shape[0] == self.shape[1]

    def dense(self) -> NDArray[Any]:
        """Return the full matrix, shape (m, n)."""
        full = np.zeros(self.shape, self.values.dtype)
        np.add.at(full, (self.rows, self.cols), self.values)
        return full


def hard_problems(seed: int = 0) -> tuple[Problem, ...]:
    """Return all problems; the same for the same seed.

    Parameters
    ----------
    seed : int
        Of the random numbers.

    Returns
    -------
    tuple of Problem
        Real and complex, of every structure; one is rectangular.

    Examples
    --------
    >>> len(hard_problems()), hard_problems()[0].name
    (20, 'one unknown')
    """
    return tuple(build(np.random.default_rng(seed)) for build in _PROBLEMS)


def from_dense(name: str, full: NDArray[Any], structure: Structure = GENERAL) -> Problem:
    """Return the nonzero entries of a full matrix, column by column."""
    cols, rows = np.nonzero(full.T)
    return Problem(name, rows, cols, full[rows, cols], full.shape, structure)


def plate(cells: int, *, poisson: float = 0.3, young: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """Return the stiffness matrix of a square plane-stress plate, held on its left edge; full.

    Parameters
    ----------
    cells : int
        Bilinear squares along an edge.
    poisson : float
        Poisson's ratio.
    young : array, shape (e,), optional
        Young's modulus of each cell; by default 1. Unit: [Pa].

    Returns
    -------
    array, shape (n, n)
        ``n = 2 cells (cells + 1)``.
    """
    node = np.arange((cells + 1) ** 2).reshape(cells + 1, cells + 1)
    corners = (node[:-1, :-1], node[1:, :-1], node[1:, 1:], node[:-1, 1:])
    by_cell = 2 * np.stack([corner.ravel() for corner in corners], 1)
    dofs = np.stack([by_cell, by_cell + 1], 2).reshape(-1, 8)
    young = np.ones(len(dofs)) if young is None else young
    full = np.zeros((2 * node.size, 2 * node.size))
    np.add.at(full, (dofs[:, :, None], dofs[:, None, :]), young[:, None, None] * _square(poisson))
    return full[2 * (cells + 1) :, 2 * (cells + 1) :]


def _square(poisson: float) -> NDArray[np.float64]:
    """Stiffness of the bilinear square by two-by-two Gauss points, shape (8, 8)."""
    elastic = np.array([[1, poisson, 0], [poisson, 1, 0], [0, 0, (1 - poisson) / 2]]) / (1 - poisson**2)
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    total = np.zeros((8, 8))
    for point in signs / np.sqrt(3):
        slopes = signs * (1 + signs[:, ::-1] * point[::-1]) / 4
        strain = np.zeros((3, 8))
        strain[0, ::2] = strain[2, 1::2] = slopes[:, 0]
        strain[1, 1::2] = strain[2, ::2] = slopes[:, 1]
        total += strain.T @ elastic @ strain
    return total


def _grid(m: int, n: int) -> NDArray[np.float64]:
    """Five-point Laplacian on an m by n grid, full."""
    line = [2 * np.eye(size) - np.eye(size, k=1) - np.eye(size, k=-1) for size in (m, n)]
    return np.kron(line[0], np.eye(n)) + np.kron(np.eye(m), line[1])


def _phases(full: NDArray[Any], rng: np.random.Generator, *, conjugate: bool) -> NDArray[np.complex128]:
    """Turn each unknown by a random phase: Hermitian with `conjugate`, else complex symmetric."""
    turn = np.exp(2j * np.pi * rng.random(len(full)))
    turned = turn[:, None] * full * (np.conj(turn) if conjugate else turn)
    mirrored = np.conj(turned.T) if conjugate else turned.T
    return (turned + mirrored) / 2


def _sparse(n: int, share: float, rng: np.random.Generator) -> NDArray[np.float64]:
    full = rng.standard_normal((n, n))
    full[rng.random((n, n)) > share] = 0
    return full


def _one_unknown(rng: np.random.Generator) -> Problem:
    return from_dense("one unknown", np.array([[3.0]]), POSITIVE_DEFINITE)


def _duplicates_unsorted(rng: np.random.Generator) -> Problem:
    whole = from_dense("duplicates, unsorted", _sparse(40, 0.1, rng) + 3 * np.eye(40))
    share = rng.uniform(0.2, 0.8, len(whole.values))
    parts = np.concatenate([share * whole.values, (1 - share) * whole.values])
    order = rng.permutation(len(parts))
    rows, cols = np.tile(whole.rows, 2)[order], np.tile(whole.cols, 2)[order]
    return replace(whole, rows=rows, cols=cols, values=parts[order])


def _empty_row(rng: np.random.Generator) -> Problem:
    full = _sparse(7, 0.6, rng)[:5]
    full[2], full[:, 4] = 0, 0
    return from_dense("empty row and column in a rectangular matrix", full)


def _stored_zeros(rng: np.random.Generator) -> Problem:
    problem = from_dense("stored entries that are zero", _grid(6, 7), POSITIVE_DEFINITE)
    i, j = rng.integers(0, 42, (2, 60))
    rows, cols = np.concatenate([problem.rows, i, j]), np.concatenate([problem.cols, j, i])
    return replace(problem, rows=rows, cols=cols, values=np.concatenate([problem.values, np.zeros(120)]))


def _convection_diffusion(rng: np.random.Generator) -> Problem:
    drift = np.kron(np.eye(9, k=1) - np.eye(9, k=-1), np.eye(8))
    return from_dense("convection-diffusion", _grid(9, 8) + 0.7 * drift)


def _rows_permuted(rng: np.random.Generator) -> Problem:
    full = _convection_diffusion(rng).dense()
    return from_dense("rows permuted: hardly any diagonal entry is stored", full[rng.permutation(len(full))])


def _steel_bar(rng: np.random.Generator) -> Problem:
    stiffness = 2.1e11 * 1e-4 / 0.05 * rng.uniform(0.5, 1.5, 40)
    full = np.diag(stiffness + np.append(stiffness[1:], 0)) - np.diag(stiffness[1:], 1) - np.diag(stiffness[1:], -1)
    return from_dense("steel bar in SI units", full, POSITIVE_DEFINITE)


def _plate(rng: np.random.Generator) -> Problem:
    young = 10 ** rng.uniform(-3, 0, 36)
    return from_dense("plate with soft and stiff cells", plate(6, young=young), POSITIVE_DEFINITE)


def _plate_unsymmetric_values(rng: np.random.Generator) -> Problem:
    full = plate(6)
    return from_dense("symmetric pattern, unsymmetric values", full * rng.uniform(0.7, 1.3, full.shape))


def _saddle_point(rng: np.random.Generator) -> Problem:
    stiffness, ties = plate(5), np.zeros((12, 60))
    ties[np.arange(12), rng.choice(60, 12, replace=False)] = 1
    full = np.block([[stiffness, ties.T], [ties, np.zeros((12, 12))]])
    return from_dense("saddle point: a block of zeros on the diagonal", full, SYMMETRIC)


def _shifted_laplacian(rng: np.random.Generator) -> Problem:
    return from_dense("indefinite shifted Laplacian", _grid(8, 9) - 3.7 * np.eye(72), SYMMETRIC)


def _zero_diagonal(rng: np.random.Generator) -> Problem:
    full = plate(8)
    shifted = full - 0.5 * full.diagonal().max() * np.eye(len(full))
    return from_dense("regular plate at a shift that makes diagonal entries zero", shifted, SYMMETRIC)


def _badly_scaled(rng: np.random.Generator) -> Problem:
    scale = 10 ** rng.uniform(-3, 3, 72)
    return from_dense(
        "indefinite and badly scaled", scale[:, None] * (_grid(8, 9) - 3.7 * np.eye(72)) * scale, SYMMETRIC
    )


def _hermitian_definite(rng: np.random.Generator) -> Problem:
    return from_dense("Hermitian positive definite", _phases(plate(5), rng, conjugate=True), POSITIVE_DEFINITE)


def _hermitian_indefinite(rng: np.random.Generator) -> Problem:
    return from_dense("Hermitian indefinite", _phases(_zero_diagonal(rng).dense(), rng, conjugate=True), HERMITIAN)


def _complex_symmetric(rng: np.random.Generator) -> Problem:
    full = _phases(_grid(7, 8) - 3.7 * np.eye(56), rng, conjugate=False)
    return from_dense("complex symmetric", full + 0.1j * np.eye(56), SYMMETRIC)


def _damped_plate(rng: np.random.Generator) -> Problem:
    full = plate(5) - (0.3 + 0.02j) * np.eye(60)
    return from_dense("damped vibration: complex symmetric", full, SYMMETRIC)


def _complex_general(rng: np.random.Generator) -> Problem:
    full = _sparse(50, 0.1, rng) + 1j * _sparse(50, 0.1, rng) + (2 + 1j) * np.eye(50)
    return from_dense("complex general", full[rng.permutation(50)])


def _lower(rng: np.random.Generator) -> Problem:
    full = np.tril(_sparse(30, 0.2, rng), -1) + np.diag(rng.uniform(1, 3, 30))
    return from_dense("lower triangular", full, Structure(triangular="lower"))


def _upper_complex(rng: np.random.Generator) -> Problem:
    full = np.triu(_sparse(30, 0.2, rng) * np.exp(1j), 1) + np.diag(rng.uniform(1, 3, 30) * np.exp(0.4j))
    return from_dense("upper triangular, complex", full, Structure(triangular="upper"))


_PROBLEMS: tuple[Callable[[np.random.Generator], Problem], ...] = (
    _one_unknown,
    _duplicates_unsorted,
    _empty_row,
    _stored_zeros,
    _convection_diffusion,
    _rows_permuted,
    _steel_bar,
    _plate,
    _plate_unsymmetric_values,
    _saddle_point,
    _shifted_laplacian,
    _zero_diagonal,
    _badly_scaled,
    _hermitian_definite,
    _hermitian_indefinite,
    _complex_symmetric,
    _damped_plate,
    _complex_general,
    _lower,
    _upper_complex,
)
