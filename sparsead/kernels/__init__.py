"""Host kernels on plain NumPy arrays: solve, products, triplets; determinants; eigenpairs.

Shapes inside the package: a leading batch axis ``b``; stored values (b, s);
vectors (b, k, n) with each right-hand side contiguous, which is the
column-major n-by-k block that the factorization libraries want. Every kernel
takes ``out`` to write into, so that a caller's buffer is filled without a copy.

``fixed_spmv`` is spmv with a matrix that is no argument: no rule, being linear in all that it takes.
"""

from sparsead.kernels.alike import alike
from sparsead.kernels.bordered import bordered
from sparsead.kernels.eigs import eigs
from sparsead.kernels.eigsh import eigsh
from sparsead.kernels.fixed_spmv import FixedMatrix, fixed_spmv
from sparsead.kernels.gather import gather
from sparsead.kernels.logdet import logdet
from sparsead.kernels.repeated import repeated
from sparsead.kernels.sddmm import sddmm
from sparsead.kernels.selected_inverse import selected_inverse
from sparsead.kernels.solve import solve
from sparsead.kernels.spgemm import spgemm
from sparsead.kernels.spmv import spmv
from sparsead.kernels.sum_triplets import sum_triplets
from sparsead.kernels.two_sided import two_sided

__all__ = [
    "FixedMatrix",
    "alike",
    "bordered",
    "eigs",
    "eigsh",
    "fixed_spmv",
    "gather",
    "logdet",
    "repeated",
    "sddmm",
    "selected_inverse",
    "solve",
    "spgemm",
    "spmv",
    "sum_triplets",
    "two_sided",
]
