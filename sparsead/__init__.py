"""Sparse linear algebra with derivatives: a gradient costs one more triangular solve.

Import a front-end: ``import sparsead.numpy as sp`` or ``import sparsead.jax as sp``.
"""

from sparsead import backends, iterative
from sparsead.factors.store import factor_cache

__all__ = ["backends", "factor_cache", "iterative"]
__version__ = "0.1.0"
