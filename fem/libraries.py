"""Optional libraries: what the error says where one is asked for and not installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from fem.errors import LibraryMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def required(name: str, purpose: str, fix: str) -> Iterator[None]:
    """Import an optional library inside the block; where it is not installed, say what it is for and how to get it.

    Parameters
    ----------
    name : str
        The library.
    purpose : str
        What it does here; its name and "which is not installed" follow.
    fix : str
        How to install it, or what to do without.

    Raises
    ------
    LibraryMissingError
        If an import inside fails.

    Examples
    --------
    >>> with required("paper", "drawings are made on", "buy some"):
    ...     import paper
    Traceback (most recent call last):
    fem.errors.LibraryMissingError: drawings are made on paper, which is not installed
      expected: an importable paper
      got:      No module named 'paper'
      fix:      buy some
    """
    try:
        yield
    except ImportError as error:
        raise LibraryMissingError(
            f"{purpose} {name}, which is not installed", expected=f"an importable {name}", got=str(error), fix=fix
        ) from error
