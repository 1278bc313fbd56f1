"""How many factorizations a run makes, read from the factor store before and after it, in compiled programs too."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sparsead.factors.store import factor_cache
from sparsead.transient.reports.reporting import on_host


def begun(u: Any) -> tuple[Any, Any]:
    """Return a state, and how many factorizations were made before anything that uses it.

    Parameters
    ----------
    u : array, shape (n,)
        State.
    """
    before = so_far(u)
    # What begins with this state must wait for the count.
    return jnp.where(before >= 0, u, jnp.nan), before


def so_far(result: Any) -> Any:
    """Return how many factorizations were made once a result is there, int array of shape ().

    Parameters
    ----------
    result : array
        What to wait for.
    """
    result = jax.lax.stop_gradient(result)
    if not isinstance(result, jax.core.Tracer):
        jax.block_until_ready(result)
        return np.int32(factor_cache.stats().factorizations)
    return on_host(lambda _: np.int32(factor_cache.stats().factorizations), (jnp.ravel(result)[:1],))
