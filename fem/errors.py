"""Exceptions of the finite element package; each carries the four lines of `sparsead.errors`."""

from __future__ import annotations

from typing import Any

from sparsead import errors
from sparsead.errors import SparseADError


class MeshError(SparseADError, ValueError):
    """A mesh or a selection on it is wrong; ``cell``, ``node``, ``point_set`` ... say where."""


class MeshFileError(SparseADError, OSError):
    """A mesh file cannot be read or written; ``path`` says which."""


class ElementError(SparseADError, ValueError):
    """No such element, or a quadrature or an order that the element does not have."""


class LibraryMissingError(SparseADError, ImportError):
    """An optional library that was asked for is not installed."""


class SpaceError(SparseADError, ValueError):
    """A space, a field of it, or an array on it has the wrong shape or type."""


class MaterialError(SparseADError, ValueError):
    """A material is impossible; ``cell`` says where."""


class ConstraintError(SparseADError, ValueError):
    """Supports contradict each other, or leave the structure free to move."""


class ConvergenceError(errors.ConvergenceError):
    """A nonlinear iteration did not converge; ``step`` says at which load step."""


class OptimizationError(SparseADError, ValueError):
    """An optimization cannot start or go on; ``result`` holds what was found before, where something was."""

    result: Any = None
