"""Iterative solvers: Krylov methods and preconditioners as values that ``solve(..., method=...)`` takes."""

from sparsead.iterative.methods.cg import cg
from sparsead.iterative.preconditioners.amg import amg
from sparsead.iterative.preconditioners.jacobi import jacobi

__all__ = ["amg", "cg", "jacobi"]
