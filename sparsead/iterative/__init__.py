"""Iterative solvers: Krylov methods and preconditioners as values that ``solve(..., method=...)`` takes."""

from sparsead.backends.registry import METHODS
from sparsead.iterative.auto import auto
from sparsead.iterative.methods.bicgstab import bicgstab
from sparsead.iterative.methods.cg import cg
from sparsead.iterative.methods.gmres import gmres
from sparsead.iterative.methods.minres import minres
from sparsead.iterative.preconditioners.amg import amg
from sparsead.iterative.preconditioners.factorization_of import factorization_of
from sparsead.iterative.preconditioners.ichol import ichol
from sparsead.iterative.preconditioners.ilu import ilu
from sparsead.iterative.preconditioners.jacobi import jacobi
from sparsead.iterative.preconditioners.user import user

METHODS["auto"] = auto

__all__ = ["amg", "bicgstab", "cg", "factorization_of", "gmres", "ichol", "ilu", "jacobi", "minres", "user"]
