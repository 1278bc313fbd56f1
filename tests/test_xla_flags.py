"""The suite asks XLA for nothing that it does not know, and for nothing where somebody else has."""

from __future__ import annotations

import os

import pytest

from tests import xla_flags
from tests.conftest import require


def test_flag_of_another_version_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    require("jax")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    xla_flags.ask_for(("--xla_cpu_parallel_codegen_split_count=1", "--xla_flag_that_never_was=true"))
    assert os.environ["XLA_FLAGS"] == "--xla_cpu_parallel_codegen_split_count=1"


def test_programs_are_optimized_where_a_test_asks_for_it() -> None:
    jax = require("jax")
    before = jax.config.read(xla_flags.QUICK)
    with xla_flags.optimized():
        assert not jax.config.read(xla_flags.QUICK)
    assert jax.config.read(xla_flags.QUICK) == before


def test_flags_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "")
    for setting in xla_flags.SPARED:
        monkeypatch.delenv(setting.upper(), raising=False)
    xla_flags.ask_for(xla_flags.FLAGS)
    assert os.environ["XLA_FLAGS"] == ""
    assert not {setting.upper() for setting in xla_flags.SPARED} & set(os.environ)
