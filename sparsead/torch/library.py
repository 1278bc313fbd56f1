"""PyTorch, or the error that says how to get it; the other files here import it from this one."""

from __future__ import annotations

from sparsead.errors import BackendMissingError

try:
    import torch
    from torch.autograd import forward_ad
    from torch.func import debug_unwrap
except ImportError as error:
    raise BackendMissingError(
        "sparsead.torch needs PyTorch",
        expected="the package torch, 2.13 or later",
        got=f"import torch failed: {error}",
        fix='pip install "torch>=2.13", or use sparsead.numpy, which needs NumPy and SciPy only',
    ) from error

__all__ = ["debug_unwrap", "forward_ad", "torch"]
