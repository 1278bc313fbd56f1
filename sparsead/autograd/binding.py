"""The autograd front-end's arrays and kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparsead.autograd import primitives
from sparsead.autograd.library import Box, anp
from sparsead.checks import not_numbers, numbers
from sparsead.errors import NoDerivativeError


class AutogradBinding(primitives.PrimitiveKernels):
    """Arrays are NumPy's, or autograd's boxes of them."""

    name = "sparsead.autograd"
    xp = anp
    default_dtype = np.dtype(np.float64)

    def asarray(self, name: str, x: Any) -> Any:
        """Return `x` as an array of floating type; whole numbers become float64.

        Raises
        ------
        DtypeError
            If it is no array of numbers, or has more digits than float64.
        """
        if not _traced(x):
            return numbers(name, x)
        array = anp.array(x) if isinstance(x, list | tuple) or np.ndim(x) == 0 else x
        dtype = primitives.dtype_of(array)
        if dtype.char in "fdFD":
            return array
        if dtype.char == "e":
            return primitives.astype(array, np.dtype(np.float32))
        raise not_numbers(name, f"{name} of type {dtype}")

    def dtype(self, x: Any) -> np.dtype[Any]:
        """Return the type of an array."""
        return primitives.dtype_of(x)

    def astype(self, x: Any, dtype: np.dtype[Any]) -> Any:
        """Return the array in another type."""
        return primitives.astype(x, dtype)

    def concrete(self, name: str, x: Any) -> Any:
        """Return the array; a traced one has no single value to give.

        Raises
        ------
        NoDerivativeError
            If it is traced.
        """
        if isinstance(x, Box):
            raise NoDerivativeError(
                f"{name} are being differentiated",
                expected="concrete values",
                got=f"{type(x).__name__} of shape {np.shape(x)} inside grad",
                fix="convert outside the differentiated function, or use to_dense, which is differentiable",
            )
        return x


def _traced(x: Any) -> bool:
    """Whether autograd follows an array, or a number in a nested list."""
    return isinstance(x, Box) or (isinstance(x, list | tuple) and any(map(_traced, x)))
