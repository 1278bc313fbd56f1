"""Factorization libraries: one file each, chosen by structure, size and what is installed."""

from sparsead.backends.choose import Choice, choose
from sparsead.backends.memory import memory_limit
from sparsead.backends.registry import get, installed

__all__ = ["Choice", "choose", "get", "installed", "memory_limit"]
