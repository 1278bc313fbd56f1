"""The four matrices used everywhere, as NumPy arrays, with new values for every call.

Each is linear in a field of cell stiffnesses; ``values(call)`` blends two
fields with a weight that no other call has, so that every call meets a matrix
that no cache has seen and every blend stays positive definite where the ends are.
Supports are eliminated: no stored entry belongs to a fixed unknown.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

Triplets = tuple[NDArray[np.int64], NDArray[np.int64], Callable[[NDArray[np.float64]], NDArray[np.float64]], int, int]
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Problem:
    """One sparse system with a family of values on one pattern.

    Parameters
    ----------
    name : str
        ``a``, ``b``, ``c`` or ``d``.
    indptr, indices : array, shape (n + 1,) and (s,)
        Compressed columns, rows sorted within a column. int32.
    ends : array, shape (2, s)
        Stored values at the two ends of the family.
    b : array, shape (n,)
        Right-hand side.
    positive_definite : bool
        Whether every matrix of the family is symmetric positive definite.
    """

    name: str
    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    ends: NDArray[np.float64]
    b: NDArray[np.float64]
    positive_definite: bool

    @property
    def n(self) -> int:
        """Number of unknowns."""
        return self.b.size

    @property
    def cols(self) -> NDArray[np.int32]:
        """Column of each stored entry, shape (s,)."""
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr))

    @property
    def nbytes(self) -> int:
        """Memory of the CSC matrix: values, rows and column pointers. Unit: [byte]."""
        return self.ends[0].nbytes + self.indices.nbytes + self.indptr.nbytes

    def values(self, call: int) -> NDArray[np.float64]:
        """Return the stored values, shape (s,), of the matrix that call number `call` meets."""
        weight = (call * GOLDEN) % 1.0
        out = self.ends[1] - self.ends[0]
        out *= weight
        out += self.ends[0]
        return out

    def matrix(self, call: int) -> scipy.sparse.csc_array:
        """Return the matrix that call number `call` meets."""
        return scipy.sparse.csc_array((self.values(call), self.indices, self.indptr), shape=(self.n, self.n))


def make(name: str, *, quick: bool = False) -> Problem:
    """Return problem `name`; a small one of the same kind when `quick`.

    Raises
    ------
    KeyError
        If there is no problem of this name.
    """
    build, size, small, positive_definite = PROBLEMS[name]
    return _assembled(name, build(small if quick else size), positive_definite)


def small(kind: str, size: int) -> Problem:
    """Return a matrix of the kind of one of the four, of any size.

    Raises
    ------
    KeyError
        If `kind` is none of "plane_stress", "solid", "convection_diffusion", "laplacian".
    """
    build, positive_definite = {entry[0].__name__: (entry[0], entry[3]) for entry in PROBLEMS.values()}[kind]
    return _assembled(f"{kind} {size}", build(size), positive_definite)


def _assembled(name: str, triplets: Triplets, positive_definite: bool) -> Problem:
    """Return the problem with two fields of cell stiffnesses as the ends of its family."""
    rows, cols, triplet_values, cells, n = triplets
    random = np.random.default_rng(20)
    ends = []
    for _ in range(2):
        values = triplet_values(random.uniform(0.2, 1.0, cells))
        kept = (rows >= 0) & (cols >= 0)
        matrix = scipy.sparse.coo_array((values[kept], (rows[kept], cols[kept])), shape=(n, n)).tocsc()
        matrix.sort_indices()
        ends.append(matrix.data)
    indptr, indices = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    return Problem(name, indptr, indices, np.stack(ends), random.standard_normal(n), positive_definite)


def plane_stress(m: int) -> Triplets:
    """Return m x m bilinear quadrilaterals in plane stress, clamped on one edge."""
    return _elasticity((m, m), _stiffness(2))


def solid(m: int) -> Triplets:
    """Return m x m x m trilinear hexahedra, clamped on one face."""
    return _elasticity((m, m, m), _stiffness(3))


def element_dofs(cells: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the unknowns of each cell of a box mesh, shape (e, 2**d * d), numbered node by node."""
    d = len(cells)
    strides = np.cumprod([1, *(c + 1 for c in cells[:-1])])
    grids = np.meshgrid(*(np.arange(c) for c in cells), indexing="ij")
    first = sum(grid.ravel() * stride for grid, stride in zip(grids, strides, strict=True))
    corner = np.array(list(itertools.product((0, 1), repeat=d))) @ strides
    nodes = first[:, None] + corner
    return (nodes[:, :, None] * d + np.arange(d)).reshape(first.size, -1)


def convection_diffusion(m: int) -> Triplets:
    """Return upwind finite volumes on m**3 cells, diffusivity varying, values zero on the boundary."""
    number = np.arange(m**3).reshape(m, m, m)
    rows, cols, faces, sides = [], [], [], []
    for axis, speed in enumerate((40.0, 25.0, 10.0)):
        left, right = np.delete(number, -1, axis).ravel(), np.delete(number, 0, axis).ravel()
        ends = np.concatenate([np.take(number, 0, axis).ravel(), np.take(number, -1, axis).ravel()])
        rows += [left, left, right, right, ends]
        cols += [left, right, right, left, ends]
        faces += [left, left, right, right, ends]
        flow = speed / m
        sides += [(1, flow), (-1, 0.0), (1, 0.0), (-1, -flow), (1, flow / 2)]
    counts = [r.size for r in rows]
    diffusive = np.repeat([s[0] for s in sides], counts).astype(float)
    convective = np.repeat([s[1] for s in sides], counts)
    cell = np.concatenate(faces)
    return (
        np.concatenate(rows),
        np.concatenate(cols),
        lambda diffusivity: diffusive * diffusivity[cell] + convective,
        m**3,
        m**3,
    )


def laplacian(m: int) -> Triplets:
    """Return the five-point Laplacian on m x m nodes, conductivity varying, zero on the boundary."""
    number = np.arange(m * m).reshape(m, m)
    pairs = [(np.delete(number, -1, axis).ravel(), np.delete(number, 0, axis).ravel()) for axis in (0, 1)]
    left, right = (np.concatenate(side) for side in zip(*pairs, strict=True))
    ends = np.concatenate([number[0], number[-1], number[:, 0], number[:, -1]])
    rows = np.concatenate([left, right, left, right, ends])
    cols = np.concatenate([left, right, right, left, ends])
    sign = np.repeat([1.0, 1.0, -1.0, -1.0, 1.0], [left.size] * 4 + [ends.size])
    edge = np.concatenate([np.tile(np.arange(left.size), 4), left.size + np.arange(ends.size)])
    return rows, cols, lambda conductivity: sign * conductivity[edge], left.size + ends.size, m * m


def _elasticity(cells: tuple[int, ...], stiffness: NDArray[np.float64]) -> Triplets:
    """Return the triplets of a box of equal cells, clamped where the last coordinate is zero."""
    dofs = element_dofs(cells)
    d = len(cells)
    fixed = d * int(np.prod([c + 1 for c in cells[:-1]]))
    total = d * int(np.prod([c + 1 for c in cells]))
    free = dofs - fixed
    free[free < 0] = -1
    size = dofs.shape[1]
    rows, cols = np.repeat(free, size, axis=1).ravel(), np.tile(free, (1, size)).ravel()
    return rows, cols, lambda modulus: (modulus[:, None] * stiffness.ravel()).ravel(), dofs.shape[0], total - fixed


def _stiffness(d: int) -> NDArray[np.float64]:
    """Return the stiffness of a unit cell, E = 1, nu = 0.3: plane stress in 2D, full in 3D."""
    nu = 0.3
    shear = 1 / (2 * (1 + nu))
    lame = nu / (1 - nu**2) if d == 2 else nu / ((1 + nu) * (1 - 2 * nu))
    corners = np.array(list(itertools.product((0, 1), repeat=d)), dtype=float)
    stiffness = np.zeros((corners.size, corners.size))
    for point in itertools.product((0.5 - 0.5 / 3**0.5, 0.5 + 0.5 / 3**0.5), repeat=d):
        factor = np.where(corners == 1, point, 1 - np.array(point))
        slope = np.stack([np.delete(factor, k, 1).prod(1) * (2 * corners[:, k] - 1) for k in range(d)], axis=1)
        gram = slope @ slope.T
        cell = lame * np.einsum("ai,bj->aibj", slope, slope) + shear * np.einsum("aj,bi->aibj", slope, slope)
        cell += shear * np.einsum("ab,ij->aibj", gram, np.eye(d))
        stiffness += cell.reshape(corners.size, corners.size) / 2**d
    return stiffness


PROBLEMS: dict[str, tuple[Callable[[int], Triplets], int, int, bool]] = {
    "a": (plane_stress, 400, 24, True),
    "b": (solid, 30, 6, True),
    "c": (convection_diffusion, 40, 8, False),
    "d": (laplacian, 10, 10, True),
}
