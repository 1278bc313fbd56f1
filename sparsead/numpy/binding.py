"""The NumPy front-end's arrays and kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from sparsead.checks import numbers
from sparsead.errors import NoDerivativeError
from sparsead.numpy import elementwise
from sparsead.numpy.trace import TracedKernels, Tracer


class NumpyBinding(TracedKernels):
    """Arrays are NumPy's, or tracers of them."""

    name = "sparsead.numpy"
    xp = elementwise
    default_dtype = np.dtype(np.float64)

    def asarray(self, name: str, x: Any) -> Any:
        """Return `x` as an array of floating type; whole numbers become float64.

        Raises
        ------
        DtypeError
            If it is no array of numbers, or has more digits than float64.
        """
        return x if isinstance(x, Tracer) else numbers(name, x)

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
