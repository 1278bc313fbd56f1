"""HIPS autograd, or the error that says how to get it; the other files here import it from this one."""

from __future__ import annotations

from sparsead.errors import BackendMissingError

try:
    import autograd.numpy as anp
    from autograd import value_and_grad
    from autograd.extend import Box, defjvp_argnums, defvjp_argnums, primitive
    from autograd.tracer import getval
except ImportError as error:
    raise BackendMissingError(
        "sparsead.autograd needs HIPS autograd",
        expected="the package autograd, 1.9 or later",
        got=f"import autograd failed: {error}",
        fix='pip install "autograd>=1.9", or use sparsead.numpy, which needs NumPy and SciPy only',
    ) from error

__all__ = ["Box", "anp", "defjvp_argnums", "defvjp_argnums", "getval", "primitive", "value_and_grad"]
