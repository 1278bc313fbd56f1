"""Programs that share a context of MLIR are those that they would be, and a context does not stay for ever."""

from __future__ import annotations

import numpy as np

from tests import mlir_context
from tests.conftest import require


def test_a_context_is_renewed() -> None:
    shared = mlir_context.SharedContext(object)
    made = {id(context): context for context in [shared() for _ in range(2 * mlir_context._PROGRAMS)]}
    assert len(made) == 2


def test_programs_of_one_context_do_not_meet() -> None:
    """Two functions of the same name, types and operations, with other constants."""
    jax = require("jax")
    mlir_context.share()
    first, second = (jax.jit(lambda x, k=k: x + np.full(3, k)) for k in (1.0, 2.0))
    np.testing.assert_array_equal(first(np.zeros(3)), np.full(3, 1.0))
    np.testing.assert_array_equal(second(np.zeros(3)), np.full(3, 2.0))
    np.testing.assert_array_equal(first(np.zeros(3)), np.full(3, 1.0))
