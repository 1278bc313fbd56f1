"""A stand-in for ``sksparse.cholmod`` of scikit-sparse 0.5.0, on full matrices.

It has the signatures, messages and limits of the original: arrays that are read-only are
refused, and factorizing one object twice is an error here (there it is twenty times slower).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack, solve_triangular


class CholmodError(Exception):
    pass


class CholmodNotPositiveDefiniteError(CholmodError):
    pass


class CholmodOverflowError(CholmodError):
    pass


class CholeskyFactor:
    """``CholeskyFactor`` of version 0.5 on a full matrix; its order is the reverse one."""

    def __init__(self, matrix, *, lower=True, order="default"):
        assert lower
        self.lower, self.perm, self.rcond = None, np.arange(matrix.shape[0])[::-1], -1.0
        self._require(matrix)

    @staticmethod
    def _require(matrix):
        for array in (matrix.data, matrix.indices, matrix.indptr):
            if not array.flags.writeable:
                raise ValueError("buffer source array is read-only")
        assert matrix.has_canonical_format

    def copy(self):
        made = CholeskyFactor.__new__(CholeskyFactor)
        made.__dict__.update(self.__dict__)
        return made

    def get_perm(self):
        return self.perm.copy()

    def factorize(self, matrix, ldl=None, beta=0.0):
        assert self.lower is None, "a second factorization of one object is twenty times slower"
        self._require(matrix)
        low = np.tril(matrix.toarray())
        full = (low + np.tril(low, -1).conj().T)[np.ix_(self.perm, self.perm)]
        self.lower, info = lapack.get_lapack_funcs("potrf", (full,))(full, lower=True, clean=True)
        if info > 0:
            raise CholmodNotPositiveDefiniteError(
                f"Input matrix is not positive definite. (code 1) Failed at column {info - 1}."
            )
        diagonal = self.lower.diagonal().real
        self.rcond = (diagonal.min() / diagonal.max()) ** 2
        return self

    def solve(self, b, system="A"):
        if not b.flags.writeable:
            raise ValueError("buffer source array is read-only")
        half = solve_triangular(self.lower, b[self.perm], lower=True)
        x = np.empty_like(b)
        x[self.perm] = solve_triangular(self.lower.conj().T, half, lower=False)
        return x

    def logdet(self):
        return 2 * np.log(self.lower.diagonal()).sum()
