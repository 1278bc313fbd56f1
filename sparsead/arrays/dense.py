"""What the dense arrays of every front-end have in common, for annotations."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar


class DenseArray(Protocol):
    """NumPy's ``ndarray``, JAX's ``Array``, PyTorch's ``Tensor``."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extents."""

    @property
    def T(self) -> Self:
        """The transpose."""

    def __getitem__(self, chosen: Any, /) -> Any:
        """Chosen entries."""


Array = TypeVar("Array", bound=DenseArray)
