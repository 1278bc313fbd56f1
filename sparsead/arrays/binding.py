"""Binding: what a front-end supplies, so that matrices, constructors and solve are written once."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from sparsead.rules.kernels import Kernels


class Binding(Kernels, Protocol):
    """The kernels, a namespace of elementwise functions, and three facts about arrays.

    Attributes
    ----------
    name : str
        Name of the front-end, for messages.
    xp : namespace
        ``concatenate conj imag real reshape`` and the arithmetic operators, differentiable by the front-end.
    default_dtype : dtype
        Type of the values that a constructor makes up.
    """

    @property
    def name(self) -> str:
        """Name of the front-end."""
        ...

    @property
    def xp(self) -> Any:
        """Namespace of elementwise functions."""
        ...

    @property
    def default_dtype(self) -> np.dtype[Any]:
        """Type of made-up values."""
        ...

    def asarray(self, name: str, x: Any) -> Any:
        """Return `x` as a floating array of the front-end; raise where its type cannot be kept."""
        ...

    def dtype(self, x: Any) -> np.dtype[Any]:
        """Return the NumPy type of an array of the front-end."""
        ...

    def astype(self, x: Any, dtype: np.dtype[Any]) -> Any:
        """Return the array in another type, differentiably."""
        ...

    def concrete(self, name: str, x: Any) -> Any:
        """Return the array as NumPy; raise if it is traced."""
        ...
