"""Room for many states comes from a host function; what is asked for is in it, batched or not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import require

jax = require("jax")
jnp = require("jax.numpy")
room = require("sparsead.transient.checkpoints.room")

ROW = jnp.arange(1000.0)


@pytest.mark.parametrize("count", [3, 1000])
def test_rows_are_the_first_where_they_have_to_be(count: int) -> None:
    filled = jax.jit(lambda row: room.rows_of(row, count, filled=True))(ROW)
    np.testing.assert_array_equal(filled, np.broadcast_to(ROW, (count, 1000)))
    first = jax.jit(lambda row: room.rows_of(row, count, filled=False)[0])(ROW)
    np.testing.assert_array_equal(first, ROW)


def test_a_batch_has_rows_of_its_own() -> None:
    rows = jax.jit(jax.vmap(lambda row: room.rows_of(row, 1000, filled=True)))(jnp.stack([ROW, 2 * ROW]))
    np.testing.assert_array_equal(rows[:, 999], jnp.stack([ROW, 2 * ROW]))
