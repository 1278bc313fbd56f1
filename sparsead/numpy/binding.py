"""The NumPy front-end's arrays and kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparsead.errors import DtypeError, NoDerivativeError
from sparsead.numpy import elementwise
from sparsead.numpy.trace import Tracer, _TracedKernels


class NumpyBinding(_TracedKernels):
    """Arrays are NumPy's, or tracers of them."""

    name = "sparsead.numpy"
    xp = elementwise
    default_dtype = np.dtype(np.float64)

    def asarray(self, name: str, x: Any) -> Any:
        """Return `x` as an array of floating type; whole numbers become float64.

        Raises
        ------
        DtypeError
            If it is no array of numbers.
        """
        if isinstance(x, Tracer):
            return x
        array = np.asarray(x)
        if array.dtype.char in "fdFD":
            return array
        if array.dtype.kind in "iub":
            return array.astype(np.float64)
        if array.dtype.kind == "f":
            return array.astype(np.float32 if array.dtype.itemsize < 4 else np.float64)
        raise DtypeError(
            f"{name} is not an array of numbers",
            expected="float32, float64, complex64, complex128, or whole numbers",
            got=f"{name} of type {array.dtype}",
            fix=f"convert {name} to numbers first",
        )

    def dtype(self, x: Any) -> np.dtype[Any]:
        """Return the type of an array."""
        return np.dtype(x.dtype)

    def astype(self, x: Any, dtype: np.dtype[Any]) -> Any:
        """Return the array in another type."""
        return elementwise.astype(x, dtype)

    def concrete(self, name: str, x: Any) -> Any:
        """Return the array; a traced one has no single value to give.

        Raises
        ------
        NoDerivativeError
            If it is traced.
        """
        if isinstance(x, Tracer):
            raise NoDerivativeError(
                f"{name} are being differentiated",
                expected="concrete values",
                got=f"{x!r}",
                fix="convert outside vjp and jvp, or use to_dense, which is differentiable",
            )
        return x
