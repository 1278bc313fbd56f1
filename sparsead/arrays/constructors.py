"""The public constructors, to be bound to a front-end's type of array."""

from sparsead.arrays.from_compressed import csc, csr, from_scipy
from sparsead.arrays.from_parts import block, diags, eye
from sparsead.arrays.from_triplets import Assembler, coo, triplets

__all__ = ["Assembler", "block", "coo", "csc", "csr", "diags", "eye", "from_scipy", "triplets"]
