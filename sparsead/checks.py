"""Checks of what users pass, made once at the public surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sparsead.errors import DtypeError, NoDerivativeError, PatternError, ShapeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_EXTENT = 2**59  # beyond, the index arrays alone could not be addressed


def check_shape(shape: Any) -> tuple[int, int]:
    """Return ``(m, n)`` as two Python integers.

    Raises
    ------
    ShapeError
        If `shape` is not a pair of nonnegative integers, or one is too large for any memory.
    """
    try:
        m, n = (int(extent) for extent in shape)
        valid = m >= 0 and n >= 0 and all(extent == int(extent) for extent in shape)
    except (TypeError, ValueError, OverflowError):
        valid = False
    if not valid or max(m, n) > _LARGEST_EXTENT:
        raise ShapeError(
            "not the shape of a matrix",
            expected="shape=(rows, columns), two integers >= 0 that an index array can have",
            got=f"shape={shape!r}",
            fix="pass for example shape=(n, n)",
        )
    return m, n


def check_indices(name: str, indices: Any, extent: int, source: str) -> NDArray[np.integer]:
    """Return indices as a one-dimensional integer array with all values in [0, extent).

    Parameters
    ----------
    name : str
        Name of the argument.
    indices : int array, shape (t,)
        Any integer type.
    extent : int
        One more than the largest index allowed.
    source : str
        Where `extent` comes from, for the message.

    Raises
    ------
    NoDerivativeError
        If the indices are traced by an automatic differentiation or a compilation.
    PatternError
        If they are not integers, not one-dimensional, or not in range; the message names the first.
    """
    array = concrete(name, indices)
    if array.size == 0 and array.ndim == 1:
        return array.astype(np.int32)
    if array.dtype.kind not in "iu":
        place, value = _first_not_integer(name, array)
        raise PatternError(
            f"{name} is not an array of integers",
            expected="an array of any integer type",
            got=f"{place} = {value} in an array of type {array.dtype}",
            fix=f"pass {name}.astype(int) if these are whole numbers",
        )
    if array.ndim != 1:
        raise PatternError(
            f"{name} is not one-dimensional",
            expected="one index for each triplet, shape (t,)",
            got=f"shape {array.shape}",
            fix=f"pass np.ravel({name})",
        )
    low, high = array.min(), array.max()
    if low < 0 or high >= extent:
        first = int(np.flatnonzero((array < 0) | (array >= extent))[0])
        raise PatternError(
            f"index in {name} is outside the matrix",
            expected=f"0 <= {name} < {extent}, from {source}",
            got=f"{name}[{first}] = {array[first]}",
            fix="pass a larger shape, or drop that entry" if low >= 0 else "count from 0: negative indices do not wrap",
            index=first,
        )
    return array


def check_offset(name: str, offset: Any) -> int:
    """Return the number of a diagonal as a Python integer.

    Raises
    ------
    PatternError
        If it is not an integer.
    """
    if not isinstance(offset, int | np.integer) or isinstance(offset, bool):
        raise PatternError(
            f"{name} is not an integer",
            expected="0 for the main diagonal, above positive, below negative",
            got=f"{name} = {offset!r}",
            fix="pass one integer for each diagonal",
        )
    return int(offset)


def check_length(name: str, got: tuple[int, ...], length: int, meaning: str) -> None:
    """Raise `ShapeError` unless the last axis has the given length.

    Raises
    ------
    ShapeError
        If the array is a scalar or its last axis differs.
    """
    if not got or got[-1] != length or len(got) != 1:
        raise ShapeError(
            f"{name} has the wrong length",
            expected=f"shape ({length},): {meaning}",
            got=f"shape {tuple(got)}",
            fix=f"pass one value for each of the {length}",
        )


def concrete(name: str, indices: Any) -> NDArray[Any]:
    """Return indices as a NumPy array.

    Raises
    ------
    NoDerivativeError
        If they are traced: the conversion fails, whatever library traces them.
    PatternError
        If they are nested sequences of different lengths.
    """
    try:
        array = np.asarray(indices)
        if array.dtype.kind == "O" and np.dtype(getattr(indices, "dtype", "O")).kind != "O":
            raise TypeError("NumPy sees numbers of another library as objects")
        return array
    except Exception as error:
        if type(error) is ValueError:  # NumPy's own
            raise PatternError(
                f"{name} is not an array",
                expected="one index for each triplet, shape (t,)",
                got=f"{name}: {error}",
                fix="pass one integer for each triplet",
            ) from error
        raise NoDerivativeError(
            f"{name} must be known when the pattern is built",
            expected="concrete integers: NumPy arrays, lists, or arrays outside jit, vmap and grad",
            got=f"{name} = {type(indices).__name__}, traced",
            fix="make the indices with NumPy outside the traced function; only values may be traced",
        ) from error


def _first_not_integer(name: str, array: NDArray[Any]) -> tuple[str, Any]:
    flat = array.ravel()
    if array.dtype.kind == "f":
        fractional = np.flatnonzero(~(np.isfinite(flat) & (flat == np.round(flat))))
        first = int(fractional[0]) if fractional.size else 0
    elif array.dtype.kind == "O":
        first = next((i for i, index in enumerate(flat) if not _fits(index)), 0)
    else:
        first = 0
    return f"{name}[{first}]", flat[first]


def _fits(index: Any) -> bool:
    return isinstance(index, int | np.integer) and abs(int(index)) < 2**63


def numbers(name: str, x: Any) -> NDArray[Any]:
    """Return `x` as an array of float32, float64, complex64 or complex128 in the machine's byte order.

    Whole numbers and truth values become float64, half precision float32.

    Raises
    ------
    DtypeError
        If it is no array of numbers, or masked, or has more digits than float64.
    """
    if type(x) is not np.ndarray and isinstance(x, np.ma.MaskedArray):
        raise not_numbers(name, f"{name}, a masked array")
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise not_numbers(name, f"{name}: {error}") from error
    if array.dtype.char in "fdFD":
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype.char == "e":
        return array.astype(np.float32)
    raise not_numbers(name, f"{name} of type {array.dtype if array.ndim else type(x).__name__}")


def not_numbers(name: str, got: str) -> DtypeError:
    """Return the error for something that is no array of numbers."""
    return DtypeError(
        f"{name} is not an array of numbers",
        expected="float32, float64, complex64, complex128, or whole numbers",
        got=got,
        fix=f"convert {name} to numbers of one of these types first",
    )


def check_assembled(assembled: Any, array_type: type) -> tuple[Any, Any]:
    """Return (matrix, pullback) as ``assemble(x)`` must give them.

    Raises
    ------
    ShapeError
        If it returned something else.
    """
    valid = isinstance(assembled, tuple) and len(assembled) == 2
    if not valid or not isinstance(assembled[0], array_type) or not callable(assembled[1]):
        got = (
            tuple(type(part).__name__ for part in assembled)
            if isinstance(assembled, tuple)
            else type(assembled).__name__
        )
        raise ShapeError(
            "assemble(x) must return the matrix and its pullback",
            expected="(SparseArray, callable)",
            got=f"{got}",
            fix="return sp.vjp(assemble_values, x), or (matrix, pullback) with a pullback of your own",
        )
    return assembled
