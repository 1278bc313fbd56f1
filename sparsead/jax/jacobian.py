"""Jacobians and Hessians of functions of vectors as sparse matrices, from a few products with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import csc_array, issparse

from sparsead.arrays.sparse_array import SparseArray as AnySparseArray
from sparsead.errors import PatternError, ShapeError
from sparsead.jax.at_exit import wait_at_exit
from sparsead.jax.constants import constant
from sparsead.jax.differentiated import check_result, checked_tolerance, complex_hessian, misfit
from sparsead.jax.missing_entry import Probe
from sparsead.jax.primitives import KERNELS
from sparsead.jax.sparse_array import SparseArray
from sparsead.pattern import combine
from sparsead.pattern.colouring import colours, read_off
from sparsead.pattern.pattern import Pattern
from sparsead.pattern.structure import GENERAL, Structure
from sparsead.pattern.triplets import from_compressed
from sparsead.pattern.validate import check_declared

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from scipy.sparse import sparray, spmatrix


@dataclass(frozen=True, eq=False)
class SparseJacobian:
    """A function that returns the Jacobian of another; from `jacobian` or `hessian`.

    Attributes
    ----------
    function : callable
        ``function(x, *rest) -> y``, shapes (n,) and (m,).
    pattern : Pattern
        Where the Jacobian has entries, shape (m, n).
    structure : Structure
        What is declared of it.
    tolerance : float or None
        What is taken for rounding where entries that the pattern misses are looked for.
    """

    function: Callable[..., Any]
    pattern: Pattern
    structure: Structure = GENERAL
    tolerance: float | None = None

    @property
    def colours(self) -> int:
        """How many products with the Jacobian its entries are read off."""
        return int(colours(self.pattern).max(initial=-1)) + 1

    def __call__(self, x: ArrayLike | jax.Array, *rest: Any) -> SparseArray:
        """Return the Jacobian in the first argument.

        Parameters
        ----------
        x : array, shape (n,)
            Where; may be traced. Unit: [x].
        *rest
            Further arguments of the function.

        Returns
        -------
        SparseArray, shape (m, n)
            dy / dx. Unit: [y] / [x].

        Raises
        ------
        PatternError
            If the function depends on x where the pattern stores no entry; says on which. Also in a compiled program.
        ShapeError
            If `x` or the result of the function has not the shape that the pattern says.
        DtypeError
            If the function returns no array of floating-point numbers, or takes complex ones and is not holomorphic.
        """
        x = SparseArray.binding.asarray("x", x)
        if x.shape != (self.pattern.shape[1],):
            raise misfit("x", x.shape, self.pattern.shape[1], "columns", self.pattern)
        checked = partial(self._checked, x.dtype.kind == "c")
        values, found = self._program(x, *rest)
        if any(isinstance(number, jax.core.Tracer) for number in found):
            wait_at_exit()
            nothing = jax.ShapeDtypeStruct((), found[0].dtype)
            values = values + jax.pure_callback(checked, nothing, *found, vmap_method="sequential")
        else:
            checked(*found)
        return SparseArray(values, self.pattern, self.structure)

    def _checked(self, of_complex: bool, *found: Any) -> Any:
        """Zero, if no entry is missing."""
        relative, row, differences = (np.asarray(numbers) for numbers in found)
        self._probe.raise_if_missing(relative, row, differences, of_complex=of_complex)
        return np.zeros((), relative.dtype)

    @cached_property
    def _probe(self) -> Probe:
        return Probe(self.pattern, self.tolerance)

    @cached_property
    def _program(self) -> Callable[..., Any]:
        return jax.jit(self._read_off)

    def _read_off(self, x: jax.Array, *rest: Any) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """The stored values, and what the probe found."""
        m, _ = self.pattern.shape

        def product(direction: jax.Array) -> jax.Array:
            y, moved = jax.jvp(lambda x: self.function(x, *rest), (x,), (direction,))
            check_result(y)
            if jnp.shape(y) != (m,):
                raise misfit("the result of the function", jnp.shape(y), m, "rows", self.pattern)
            return moved

        alike = constant(colours(self.pattern)) == jnp.arange(self.colours)[:, None]
        along = self._probe.along(x.dtype)
        products = jax.vmap(product)(jnp.concatenate([alike.astype(x.dtype), along]))
        slots = read_off(self.pattern)
        values = KERNELS.gather(products[: self.colours].reshape(1, slots.size), slots=slots)[0]
        found = self._probe.worst(values, along, products[self.colours :])
        if self.structure.symmetric:  # of both places of a pair each sees half of what rounding left
            mirrored = combine.transposed(self.pattern)[1]
            values = 0.5 * (values + KERNELS.gather(values[None], slots=mirrored)[0])
        return values, found


def jacobian(
    function: Callable[..., Any],
    pattern: Pattern | AnySparseArray[Any] | sparray | spmatrix,
    *,
    tolerance: float | None = None,
) -> SparseJacobian:
    """Return a function that returns the sparse Jacobian of `function` in its first argument.

    Columns that share no row are seen in one product with the Jacobian: as many tangents as there are colours, and two
    that find an entry which the pattern misses.

    Parameters
    ----------
    function : callable
        ``function(x, *rest) -> y`` of arrays of JAX, shapes (n,) and (m,).
    pattern : Pattern, SparseArray or SciPy sparse matrix, shape (m, n)
        Where y may depend on x; stored zeros count.
    tolerance : float, optional
        The share of the derivatives of a result up to which one that the pattern misses is taken for rounding. By
        default eps^0.75: 2e-12, in single precision 6e-6; ``np.inf`` looks for nothing.

    Returns
    -------
    callable
        ``(x, *rest) -> SparseArray``, differentiable in all of them, with ``colours``. It keeps the compiled program:
        make it once, call it often.

    Raises
    ------
    PatternError
        If `pattern` is none; when called, if it misses an entry.
    ShapeError
        When called: if shapes are not those of the pattern.
    DtypeError
        If `tolerance` is no number >= 0. When called: if the function returns no array of floating-point numbers, or
        takes complex ones and is not holomorphic.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, numpy as np, sparsead.jax as sp
    >>> jax.config.update("jax_enable_x64", True)
    >>> band = sp.diags([np.ones(5), np.ones(4)], [0, -1], (5, 5))
    >>> J = sp.jacobian(lambda x: x**2 - jnp.append(0.0, x[:-1]), band)
    >>> J.colours, sp.to_dense(J(np.arange(5.0)))[2].tolist()
    (2, [0.0, -1.0, 4.0, 0.0, 0.0])
    """
    return SparseJacobian(function, _pattern_of(pattern), tolerance=checked_tolerance(tolerance))


def hessian(
    function: Callable[..., Any],
    pattern: Pattern | AnySparseArray[Any] | sparray | spmatrix,
    *,
    tolerance: float | None = None,
) -> SparseJacobian:
    """Return a function that returns the sparse Hessian of `function` in its first argument.

    It is the Jacobian of the gradient.

    Parameters
    ----------
    function : callable
        ``function(x, *rest) -> number`` of arrays of JAX, `x` of shape (n,).
    pattern : Pattern, SparseArray or SciPy sparse matrix, shape (n, n)
        Where second derivatives may be other than zero; symmetric.
    tolerance : float, optional
        See `jacobian`.

    Returns
    -------
    callable
        ``(x, *rest) -> SparseArray``, declared symmetric; see `jacobian`.

    Raises
    ------
    PatternError, ShapeError
        See `jacobian`.
    DtypeError
        If `tolerance` is no number >= 0. When called: if the function takes or returns anything but real numbers.
    StructureError
        If the pattern is not symmetric.

    Examples
    --------
    >>> import jax, jax.numpy as jnp, numpy as np, sparsead.jax as sp
    >>> jax.config.update("jax_enable_x64", True)
    >>> band = sp.diags([np.ones(4), np.ones(3), np.ones(3)], [0, 1, -1], (4, 4))
    >>> H = sp.hessian(lambda x: (jnp.diff(x) ** 2).sum(), band)
    >>> H(np.zeros(4)).diagonal().tolist()
    [2.0, 4.0, 4.0, 2.0]
    """
    of, structure = _pattern_of(pattern), Structure(symmetric=True)
    check_declared(of, structure)

    def gradient(x: jax.Array, *rest: Any) -> jax.Array:
        result = jax.eval_shape(function, x, *rest)
        check_result(result)
        if x.dtype.kind == "c" or result.dtype.kind == "c":
            raise complex_hessian(f"x of type {x.dtype}, a result of type {result.dtype}")
        shape = result.shape
        if shape != ():
            raise ShapeError(
                "the function of a Hessian does not return a number",
                expected="a result of shape ()",
                got=f"shape {shape}",
                fix="sum what it returns, or pass a function of several results to jacobian",
            )
        slope: jax.Array = jax.grad(function)(x, *rest)
        return slope

    return SparseJacobian(gradient, of, structure, checked_tolerance(tolerance))


def _pattern_of(given: Any) -> Pattern:
    if isinstance(given, Pattern):
        return given
    if isinstance(given, AnySparseArray):
        return given.pattern
    if issparse(given) and given.ndim == 2:
        compressed = csc_array(given)
        return from_compressed(compressed.indices, compressed.indptr, compressed.shape, axis="col")[0]
    raise PatternError(
        "not the pattern of a Jacobian",
        expected="a Pattern, a SparseArray or a SciPy sparse matrix with an entry wherever there may be one",
        got=type(given).__name__,
        fix="for a dense array of ones and zeros pass scipy.sparse.csc_array(x)",
    )
