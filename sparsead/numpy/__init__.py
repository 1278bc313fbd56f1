"""NumPy front-end: needs NumPy and SciPy only. `sparsead.jax` has the same public names."""

from sparsead.arrays import constructors
from sparsead.arrays.bind import bind
from sparsead.arrays.condense import condense, schur
from sparsead.arrays.constructors import Assembler
from sparsead.arrays.conversions import to_dense, to_scipy
from sparsead.arrays.determinants import logdet, slogdet
from sparsead.arrays.eigs import eigs
from sparsead.arrays.eigsh import eigsh
from sparsead.arrays.inertia import inertia
from sparsead.arrays.kronecker import kron
from sparsead.arrays.low_rank import logdet_low_rank, solve_low_rank
from sparsead.arrays.lstsq import lstsq
from sparsead.arrays.saddle import solve_saddle
from sparsead.arrays.selected_inverse import marginal_variances, selected_inverse
from sparsead.arrays.solve import solve
from sparsead.arrays.triangles import tril, triu
from sparsead.numpy.derivatives import jvp, vjp
from sparsead.numpy.factorized import Factorized, factorize
from sparsead.numpy.norm_solve import norm_solve_and_grad
from sparsead.numpy.sparse_array import SparseArray
from sparsead.numpy.trace import apply

coo = bind(constructors.coo, SparseArray)
csc = bind(constructors.csc, SparseArray)
csr = bind(constructors.csr, SparseArray)
triplets = bind(constructors.triplets, SparseArray)
diags = bind(constructors.diags, SparseArray)
eye = bind(constructors.eye, SparseArray)
block = bind(constructors.block, SparseArray)
from_scipy = bind(constructors.from_scipy, SparseArray)

__all__ = [
    "Assembler",
    "Factorized",
    "SparseArray",
    "apply",
    "block",
    "condense",
    "coo",
    "csc",
    "csr",
    "diags",
    "eigs",
    "eigsh",
    "eye",
    "factorize",
    "from_scipy",
    "inertia",
    "jvp",
    "kron",
    "logdet",
    "logdet_low_rank",
    "lstsq",
    "marginal_variances",
    "norm_solve_and_grad",
    "schur",
    "selected_inverse",
    "slogdet",
    "solve",
    "solve_low_rank",
    "solve_saddle",
    "to_dense",
    "to_scipy",
    "tril",
    "triplets",
    "triu",
    "vjp",
]
