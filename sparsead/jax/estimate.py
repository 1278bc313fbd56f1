"""What the tolerances of iterative solves leave in a value and its gradient.

Derivation
----------
A functional c of ``A z = b`` is computed from a z with the residual ``r = b - A z``, its gradient with an adjoint lam
of residual ``rho = c'(z) - A^T lam``. With ``e = A^-1 r``, the error of z, Taylor's series gives [1]_ [2]_::

    c(z + e) - c(z) = lam^T r + rho^T e + e^T c'' e / 2 + ...

The first term costs one product of vectors: it corrects the value. The others are of second order. Let s scale r where
the value and its gradient are computed in reverse mode, so that ``lam^T r`` is the derivative in s, and let t scale r
and rho in forward mode over all of it::

    d(lam^T r)/dt = rho^T e + e^T c'' e      what remains after the correction
    d(gradient)/dt                           what both residuals leave of the gradient, to first order

so one pass gives both. Where c is curved the remainder counts its last term twice.

References
----------
.. [1] R. Becker, R. Rannacher, "An optimal control approach to a posteriori error estimation in finite element
   methods", Acta Numerica 10, 2001, doi:10.1017/S0962492901000010.
.. [2] N. A. Pierce, M. B. Giles, "Adjoint recovery of superconvergent functionals from PDE approximations", SIAM Review
   42, 2000, doi:10.1137/S0036144598349423.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import jax
import jax.numpy as jnp

from sparsead.errors import NoDerivativeError, ShapeError
from sparsead.jax.followed import followed, has_iterative
from sparsead.jax.inverse import Scales
from sparsead.jax.raised import typed


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Estimate:
    """A value, its gradient, and their errors: what is exact minus what was computed; a pytree.

    Attributes
    ----------
    value : array, shape ()
        The value of the function.
    value_error : array, shape ()
        Estimate of what the tolerances leave in it.
    corrected : array, shape ()
        The value with the part of that error that adjoints know.
    corrected_error : array, shape ()
        Estimate of what is left in `corrected`.
    gradient : pytree of arrays
        As `jax.value_and_grad` gives it.
    gradient_error : pytree of arrays
        Estimate of what the tolerances leave in each entry.
    relative_gradient_error : array, shape ()
        Their norm over that of the gradient, 2-norms over all entries.
    """

    value: jax.Array
    value_error: jax.Array
    corrected: jax.Array
    corrected_error: jax.Array
    gradient: Any
    gradient_error: Any
    relative_gradient_error: jax.Array


def value_and_grad_with_error(fun: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Estimate]:
    """Return a function like `jax.value_and_grad` of `fun`, which tells the errors that tolerances leave as well.

    The errors are those of the iterative solves in `fun`: by `sparsead.jax.solve` or `fem.solve` with an iterative
    ``method``, to ``rtol`` for solutions and ``adjoint_rtol`` for adjoints. They are measured, from the residuals that
    were left, not bounded. Solves by factorization count as exact.

    Parameters
    ----------
    fun : callable
        Function of arrays, or pytrees of such, to a real number. Traced, as by `jax.jit`.
    argnums : int or tuple of int
        Arguments to differentiate in.

    Returns
    -------
    callable
        Of the arguments of `fun`, to an `Estimate`; compiled, so make it once and call it often.

    Raises
    ------
    NoDerivativeError
        When called: if `fun` has no iterative solve, or one in something that has a derivative of its own, or does not
        return a real number.
    ShapeError
        When called: if there is no argument of a number in `argnums`.

    Notes
    -----
    Beside the value and its gradient each solve and each adjoint is done once more, to a relative residual of 0.1:
    a few iterations. That is one digit of an error if the preconditioner is good; where it leaves the matrix badly
    conditioned, as `jacobi` does with large contrasts, estimates may be too small. Solves in a `jax.lax.while_loop`,
    which has no reverse derivative, count as exact.

    Examples
    --------
    >>> import jax, numpy as np, sparsead.jax as sp
    >>> from sparsead.iterative import cg
    >>> jax.config.update("jax_enable_x64", True)
    >>> n = 200
    >>> def displacement(k, method=cg(rtol=1e-3)):
    ...     A = sp.diags([2 * k, -k[1:], -k[1:]], [0, 1, -1], (n, n), positive_definite=True)
    ...     return sp.solve(A, np.cos(np.arange(n)), method=method)[n // 3]
    >>> k = np.ones(n)
    >>> found = sp.value_and_grad_with_error(displacement)(k)
    >>> true = displacement(k, None) - found.value
    >>> bool(0.9 < found.value_error / true < 1.1)
    True
    """
    single = isinstance(argnums, int)

    @wraps(fun)
    def estimate(*args: Any) -> Estimate:
        with typed():
            return jax.block_until_ready(compiled(*args))

    @jax.jit
    def compiled(*args: Any) -> Estimate:
        wrt = _places((argnums,) if isinstance(argnums, int) else argnums, len(args))
        program, out = jax.make_jaxpr(fun, return_shape=True)(*args)
        _check_number(fun, out)

        def scaled(scale: Any, forward: Any, *args: Any) -> Any:
            (value,) = followed(program, Scales(scale, forward), *jax.tree.leaves(args))
            return value

        both = jax.value_and_grad(scaled, argnums=(0, *(2 + i for i in wrt)))
        zero = jnp.zeros(())
        ((value, (change, *gradients)), (_, (rest, *errors))) = jax.jvp(
            lambda forward: both(zero, forward, *args), (zero,), (zero + 1,)
        )
        if not has_iterative(program, loops=False):
            raise _nothing_to_estimate(fun)
        return _estimate(value, change, rest, *(found[0] if single else tuple(found) for found in (gradients, errors)))

    return estimate


def _places(argnums: Sequence[int], count: int) -> list[int]:
    """Return the numbers of arguments, counted from the front."""
    wrong = [i for i in argnums if not -count <= i < count]
    if wrong:
        raise ShapeError(
            "argnums names no argument",
            expected=f"numbers from {-count} to {count - 1}, for {count} arguments",
            got=f"{wrong[0]}",
            fix="pass what is to be differentiated by position",
        )
    return [i % count for i in argnums]


def _check_number(fun: Any, out: Any) -> None:
    leaves = jax.tree.leaves(out)
    if out is leaves[0] and out.shape == () and jnp.issubdtype(out.dtype, jnp.floating):
        return
    raise NoDerivativeError(
        "only a real number has a gradient",
        expected="a function that returns one real number",
        got=f"{getattr(fun, '__name__', type(fun).__name__)} returns {out}",
        fix="return the functional alone, such as a norm or the sum of squares",
    )


def _estimate(value: Any, change: Any, rest: Any, gradient: Any, error: Any) -> Estimate:
    size = _norm(gradient)
    change, rest = change.astype(value.dtype), rest.astype(value.dtype)
    relative = _norm(error) / jnp.where(size > 0, size, 1)
    return Estimate(value, change + rest, value + change, rest, gradient, error, relative)


def _norm(tree: Any) -> Any:
    return jnp.sqrt(sum(jnp.sum(jnp.abs(leaf) ** 2) for leaf in jax.tree.leaves(tree)))


def _nothing_to_estimate(fun: Any) -> NoDerivativeError:
    return NoDerivativeError(
        "there is no error of a tolerance to estimate",
        expected="a solve with an iterative method in the function",
        got=f"{getattr(fun, '__name__', type(fun).__name__)} without one",
        fix="jax.value_and_grad, which is exact here; or pass method=sparsead.iterative.cg(), "
        "or fem.multigrid(), to its solve",
    )
