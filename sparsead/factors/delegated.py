"""What backends for Hermitian matrices have in common that let a library factorize, and do something of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparsead.backends.backend import Analysis, Backend
from sparsead.backends.choose import preferred
from sparsead.backends.registry import check_able, get

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.prediction import Prediction
    from sparsead.pattern.pattern import Pattern
    from sparsead.pattern.structure import Structure


class Delegating(Backend):
    """A backend for Hermitian matrices that lets a library factorize.

    Attributes
    ----------
    library : str or None
        What factorizes; None lets the structure choose.
    """

    library: str | None

    releases_gil = False
    single_precision = True  # as far as the library has it, see `able`

    def missing(self) -> None:
        """Return None: that of the library is told when it is asked for."""

    def supports(self, structure: Structure, *, is_complex: bool) -> bool:
        """Return whether the matrix is Hermitian."""
        return structure.hermitian

    def able(self, pattern: Pattern, structure: Structure, values: NDArray[Any]) -> Backend:
        """Return the library for what it is given of the matrix.

        Raises
        ------
        BackendError, BackendMissingError
            If the library cannot factorize it, or is not installed.
        """
        library = get(self.library or preferred(pattern, structure, is_complex=values.dtype.kind == "c").backend)
        check_able(library, structure, values.dtype)
        return library


class DelegatedAnalysis(Analysis):
    """What an analysis tells of that of its library; a base, which factorizes nothing."""

    def __init__(self, inner: Analysis) -> None:
        self.inner = inner
        self.symbolic, self.counted = inner.symbolic, inner.counted

    @property
    def nbytes(self) -> int:  # type: ignore[override]
        """Memory of the analysis. Unit: [byte]."""
        return self.inner.nbytes

    def predicted(self, beyond: float = 0.0) -> Prediction | None:
        """Return what the factorization by the library will take."""
        return self.inner.predicted(beyond)
