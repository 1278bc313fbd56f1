"""Give a front-end its public functions: the same ones, bound to its type of array."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


def bind(function: Callable[Concatenate[T, P], R], array_type: T) -> Callable[P, R]:
    """Return the function with its first argument, the front-end's `SparseArray`, filled in.

    Parameters
    ----------
    function : callable
        A constructor of `sparsead.arrays.constructors`.
    array_type : type
        The front-end's `SparseArray`.

    Returns
    -------
    callable
        Same name, documentation and signature without the first argument.
    """

    def bound(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(array_type, *args, **kwargs)

    signature = inspect.signature(function)
    bound.__name__ = bound.__qualname__ = function.__name__
    bound.__doc__ = function.__doc__
    bound.__module__ = getattr(array_type, "__module__", function.__module__).rpartition(".")[0]
    bound.__annotations__ = {name: hint for name, hint in function.__annotations__.items() if name != "array_type"}
    bound.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    return bound
