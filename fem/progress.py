"""Progress of long work: messages of the logger ``"fem"`` at the level INFO.

To see them: ``logging.basicConfig(level="INFO")``.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOG = logging.getLogger("fem")


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Say how long a part of the work took, once it is done.

    Parameters
    ----------
    what : str
        The part, such as ``"pattern of 300000 dofs"``.

    Examples
    --------
    >>> with stage("nothing"):
    ...     pass
    """
    start = time.perf_counter()
    yield
    LOG.info("%s: %.2f s", what, time.perf_counter() - start)
