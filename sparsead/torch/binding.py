"""The PyTorch front-end's arrays and kernels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from sparsead.checks import not_numbers, numbers
from sparsead.errors import NoDerivativeError
from sparsead.torch.functions import FunctionKernels, conj
from sparsead.torch.library import torch

_NUMPY: dict[Any, np.dtype[Any]] = {
    torch.float32: np.dtype(np.float32),
    torch.float64: np.dtype(np.float64),
    torch.complex64: np.dtype(np.complex64),
    torch.complex128: np.dtype(np.complex128),
}
_TORCH = {dtype: kind for kind, dtype in _NUMPY.items()}


class TorchBinding(FunctionKernels):
    """Arrays are PyTorch's, wherever they lie."""

    name = "sparsead.torch"
    xp: Any = SimpleNamespace(
        concatenate=torch.cat, conj=conj, exp=torch.exp, imag=torch.imag, real=torch.real, reshape=torch.reshape
    )

    @property
    def default_dtype(self) -> np.dtype[Any]:
        """`torch.get_default_dtype`: float32 unless the program sets another."""
        return _NUMPY[torch.get_default_dtype()]

    def asarray(self, name: str, x: Any) -> Any:
        """Return `x` as a tensor of floating type.

        Tensors of whole numbers take PyTorch's default type, half precision float32. What is no tensor is
        converted as NumPy does, so that float64 arrays and numbers of Python keep their digits, and copied.

        Raises
        ------
        DtypeError
            If it is no dense array of numbers.
        """
        if _holds_tensors(x):
            return torch.stack([self.asarray(name, part) for part in x])
        if not isinstance(x, torch.Tensor):
            return torch.from_numpy(np.array(numbers(name, x)))
        if x.layout != torch.strided or x.is_quantized:
            raise not_numbers(name, f"{name} of layout {x.layout} and type {x.dtype}")
        if x.dtype in _NUMPY:
            return x
        if x.is_complex():
            return x.to(torch.complex64)
        return x.to(torch.float32 if x.is_floating_point() else torch.get_default_dtype())

    def dtype(self, x: Any) -> np.dtype[Any]:
        """Return the NumPy type of a tensor."""
        return _NUMPY[x.dtype]

    def astype(self, x: Any, dtype: np.dtype[Any]) -> Any:
        """Return the tensor in another type."""
        return x.to(_TORCH[np.dtype(dtype)])

    def concrete(self, name: str, x: Any) -> Any:
        """Return the tensor as NumPy.

        Raises
        ------
        NoDerivativeError
            If PyTorch follows it.
        """
        try:
            return x.cpu().resolve_conj().numpy()
        except RuntimeError as error:
            raise NoDerivativeError(
                f"{name} are being differentiated",
                expected="a tensor that needs no gradient, outside grad, jvp and vmap",
                got=f"a tensor of shape {tuple(x.shape)}: {error}",
                fix="make the matrix from detached tensors, or use to_dense, which is differentiable",
            ) from error


def _holds_tensors(x: Any) -> bool:
    """Whether a list holds tensors: PyTorch would cut them off from their gradients."""
    return isinstance(x, list | tuple) and any(isinstance(part, torch.Tensor) or _holds_tensors(part) for part in x)
