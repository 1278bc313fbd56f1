"""A correct little backend on the dense inverse, and wrong ones that break one law each."""

from __future__ import annotations

import time
from typing import Any, ClassVar

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csc_array, csr_array

from sparsead.backends.backend import Analysis, Backend, Factorization, Pivots, not_positive_definite
from sparsead.backends.shown import Shown
from sparsead.errors import SingularMatrixError


class InverseFactorization(Factorization):
    """The inverse, kept full."""

    backward_stable = True
    pivots = Pivots(ratio=0.5)

    def __init__(self, full: Any) -> None:
        self.full = full
        self.inverse = np.linalg.inv(full)
        self.nbytes = self.inverse.nbytes

    def solve(self, b: Any, trans: Any = "N") -> Any:
        inverse = {"N": self.inverse.T, "T": self.inverse, "H": self.inverse.conj()}[trans]
        return b @ inverse

    def log_abs_det(self) -> float:
        return float(np.linalg.slogdet(self.full)[1])


class InverseAnalysis(Analysis):
    """Where each stored entry stands."""

    nbytes = 0
    made: Any = InverseFactorization

    def __init__(self, pattern: Any, structure: Any) -> None:
        self.pattern, self.structure = pattern, structure

    def full(self, values: Any) -> Any:
        full = np.zeros(self.pattern.shape, values.dtype)
        full[self.pattern.indices, self.pattern.cols] = values
        return full

    def look(self, full: Any) -> None:
        """Raise if the matrix is not positive definite where declared, or has a row of zeros."""
        if self.structure.positive_definite:
            potrf = lapack.get_lapack_funcs("potrf", (full,))
            info = potrf(full, lower=True)[1]
            if info > 0:
                raise not_positive_definite(info - 1)
        zero = np.flatnonzero(~full.any(axis=0))
        if zero.size:
            raise SingularMatrixError("singular", expected="", got="", fix="", dof=int(zero[0]))

    def factorize(self, values: Any) -> Any:
        full = self.full(values)
        self.look(full)
        return self.made(full)


class Inverse(Backend):
    """A backend that obeys all laws."""

    name = "inverse"
    releases_gil = False
    analysis: Any = InverseAnalysis

    def missing(self) -> None:
        return None

    def supports(self, structure: Any, *, is_complex: bool) -> bool:
        return structure.triangular is None

    def analyze(self, pattern: Any, structure: Any, values: Any) -> Any:
        return self.analysis(pattern, structure)


def wrong(*, analysis: type[InverseAnalysis] = InverseAnalysis, made: Any = None) -> Backend:
    """Return the backend with another analysis, or another factorization."""
    if made is not None:
        analysis = type("Wrong", (analysis,), {"made": made})
    return type("Wrong", (Inverse,), {"analysis": analysis, "name": "wrong"})()


class TransposeIsPlain(InverseFactorization):
    """Solves with A where the transpose was asked for."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        return super().solve(b, "N" if trans == "T" else trans)


class ConjugateForgotten(InverseFactorization):
    """Solves with the transpose where the conjugate transpose was asked for."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        return super().solve(b, "T" if trans == "H" else trans)


class SlightlyOff(InverseFactorization):
    """Loses ten digits and declares itself stable."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        return super().solve(b, trans) * (1 + 1e-6)


class SolvesInPlace(InverseFactorization):
    """Writes the solution over b."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        b.flags.writeable = True
        b[:] = super().solve(b, trans)
        return b.copy()


class ReturnsItsWorkspace(InverseFactorization):
    """Returns the same array each time."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        x = super().solve(b, trans)
        self.last = getattr(self, "last", x) if getattr(self, "last", x).shape == x.shape else x
        self.last[:] = x
        return self.last


class ForgetsTheShape(InverseFactorization):
    """Drops the axis of right-hand sides."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        return np.squeeze(super().solve(b, trans))


class LosesDigits(InverseFactorization):
    """Answers in single precision."""

    def solve(self, b: Any, trans: Any = "N") -> Any:
        return super().solve(b, trans).astype(np.complex64 if np.iscomplexobj(b) else np.float32)


class SharesAWorkspace(InverseFactorization):
    """All threads write into one workspace."""

    workspace: ClassVar[dict[str, Any]] = {}

    def solve(self, b: Any, trans: Any = "N") -> Any:
        self.workspace["x"] = super().solve(b, trans)
        time.sleep(1e-4)
        return self.workspace["x"].copy() if self.workspace["x"].shape == b.shape else np.zeros_like(b)


class WrongDeterminant(InverseFactorization):
    """Tells a determinant a permille off."""

    def log_abs_det(self) -> float:
        return super().log_abs_det() + 1e-3


class WrongSign(InverseFactorization):
    """Tells the sign of the determinant of every matrix to be minus."""

    def phase(self) -> complex:
        return -1


class ShowsOtherFactors(InverseFactorization):
    """Shows factors of the transpose."""

    def shown(self) -> Shown:
        n = len(self.full)
        return Shown(csc_array(np.eye(n)), csr_array(self.full.T), np.arange(n), np.arange(n))


class WrongInertia(InverseFactorization):
    """Tells that all eigenvalues are negative."""

    def inertia(self) -> tuple[int, int, int]:
        return 0, len(self.full), 0


class NoBytes(InverseFactorization):
    """Tells that the factors take no memory."""

    def __init__(self, full: Any) -> None:
        super().__init__(full)
        self.nbytes = 0


class OverwritesFactors(InverseAnalysis):
    """Factorizes in place: the last matrix wins."""

    def factorize(self, values: Any) -> Any:
        made = super().factorize(values)
        self.only = getattr(self, "only", made)
        self.only.__dict__.update(made.__dict__)
        return self.only


class KeepsValues(InverseAnalysis):
    """Holds on to the values."""

    def factorize(self, values: Any) -> Any:
        made = super().factorize(values)
        made.values = values
        return made


class SolvesWithTheValues(InverseAnalysis):
    """Factorizes anew, at each solve, whatever the values are by then."""

    def factorize(self, values: Any) -> Any:
        made, full = super().factorize(values), self.full
        made.solve = lambda b, trans="N": InverseFactorization(full(values)).solve(b, trans)
        return made


class ChangesValues(InverseAnalysis):
    """Scales the values in place."""

    def factorize(self, values: Any) -> Any:
        values.flags.writeable = True
        made = super().factorize(values)
        values *= 2
        return made


class WrongColumn(InverseAnalysis):
    """Tells the column in its own order."""

    def look(self, full: Any) -> None:
        super().look(full[::-1, ::-1])


class TrustsTheUser(InverseAnalysis):
    """Never looks whether pivots are positive."""

    def look(self, full: Any) -> None:
        if self.structure.positive_definite:
            full[full.diagonal() <= 0, full.diagonal() <= 0] = 1


class SilentOnSingular(InverseAnalysis):
    """Puts a one where a pivot is zero and says nothing."""

    def look(self, full: Any) -> None:
        if self.structure.positive_definite:
            super().look(full)
        empty = ~full.any(axis=0)
        full[empty, empty] = 1


class KeepsAll(InverseAnalysis):
    """Never frees a factorization."""

    def factorize(self, values: Any) -> Any:
        made = super().factorize(values)
        self.all = [*getattr(self, "all", []), made]
        return made


class DiesWithTheAnalysis(InverseAnalysis):
    """Takes the factors along when the analysis goes."""

    def factorize(self, values: Any) -> Any:
        made = super().factorize(values)
        self.all = [*getattr(self, "all", []), made]
        return made

    def __del__(self) -> None:
        for made in getattr(self, "all", []):
            made.inverse *= 0
