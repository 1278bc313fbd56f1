"""The inverse on the places that a factorization fills, from its factors: Takahashi's recurrences, block by block.

Derivation
----------
A block of columns J with rows B below it leaves its front as ::

    [[F11, F12], [F21, F22]],   left = F21 F11^-1,  right = F11^-1 F12

and F22 - left F12 goes on. The inverse Z of the whole, restricted to J and B, is that of the front in which F22 has
become what all later blocks leave: its part on B is Z22, the restriction of Z to B, and so ::

    Z21 = -Z22 left
    Z12 = -right Z22
    Z11 = F11^-1 + right Z22 left

Blocks are taken from the last to the first: B lies in the front of the parent, where Z is known by then. So Z is found
on all fronts [1]_ [2]_, which hold every place where the matrix has an entry, and no other entry of Z is ever made. The
arithmetic is twice that of the factorization, all of it in products of dense matrices.

References
----------
.. [1] K. Takahashi, J. Fagan, M.-S. Chen, "Formation of a sparse bus impedance matrix and its application to short
   circuit study", 8th PICA Conference, 1973.
.. [2] A. M. Erisman, W. F. Tinney, "On computing certain elements of the inverse of a sparse matrix", Comm. ACM 18,
   1975, doi:10.1145/360680.360704.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.supernodes.panels import Panels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sparsead.backends.shown import Shown
    from sparsead.supernodes.plan import Plan

_STRIP = 128  # columns of a product at a time


def inverse_on(shown: Shown, plan: Plan) -> NDArray[Any]:
    """Return ``(A^-1)[col s, row s]`` for each stored entry s.

    Parameters
    ----------
    shown : Shown
        Factors of A.
    plan : Plan
        Of factors of this structure.

    Returns
    -------
    array, shape (s,)
        The transposed inverse on the pattern. Unit: [1/A].
    """
    tree, places = plan.tree, plan.places
    panels = Panels(plan.ordered(shown), tree)
    found = np.empty(places.count, shown.lower.dtype)
    fronts: dict[int, NDArray[Any]] = {}
    for block in range(len(tree) - 1, -1, -1):
        front = _front(panels, block, tree.taken(fronts, block, found.dtype))
        stored, rows, cols = places.of(block)
        found[stored] = front[cols, rows]
        tree.give(fronts, block, front)
    return found


def _front(panels: Panels, block: int, known: NDArray[Any]) -> NDArray[Any]:
    """Z on a front, from Z on the rows below its block."""
    of = panels.eliminated(block)
    width = len(of.inverse)
    front = np.empty((width + len(known),) * 2, of.inverse.dtype)
    product = known @ of.left
    if panels.hermitian:
        _hermitian_product(of.right, product, front[:width, :width])
        np.negative(product.conj().T, out=front[:width, width:])
    else:
        np.matmul(of.right, product, out=front[:width, :width])
        np.negative(of.right @ known, out=front[:width, width:])
    front[:width, :width] += of.inverse
    np.negative(product, out=front[width:, :width])
    front[width:, width:] = known
    return front


def _hermitian_product(x: NDArray[Any], y: NDArray[Any], out: NDArray[Any]) -> None:
    """Write ``x y``, which is Hermitian: what is left of and on a diagonal of blocks, and its mirror image."""
    for start in range(0, len(x), _STRIP):
        strip = slice(start, start + _STRIP)
        np.matmul(x[start:], y[:, strip], out=out[start:, strip])
        out[strip, start + _STRIP :] = out[start + _STRIP :, strip].conj().T
