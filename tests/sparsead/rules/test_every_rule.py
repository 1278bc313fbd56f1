"""Every rule of the table, on every case, real and complex."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sparsead.rules import RULES
from sparsead.testing import check_rule
from tests.sparsead.rules import cases, eigen_cases
from tests.sparsead.rules.cases import Case

CASES = {**cases.CASES, **eigen_cases.CASES}
DTYPES = (np.float64, np.complex128)
ALL = [
    pytest.param(name, case, id=f"{name}: {case.name}, {np.dtype(dtype)}")
    for name, make in CASES.items()
    for dtype in DTYPES
    for case in make(dtype)
]


def test_every_rule_has_cases() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize(("name", "case"), ALL)
def test_rule_is_right(name: str, case: Case) -> None:
    by_factors = name in ("logdet", "selected_inverse", "eigsh", "bordered", "eigs", "two_sided")
    has_factors = by_factors or (name == "solve" and np.size(case.primals[1]) > 0)
    check_rule(
        case.of(RULES[name]),
        case.oracle,
        case.primals,
        static=case.static,
        factorizations=int(has_factors),
        directions=1,
    )


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("part", ["jvp", "vjp"])
def test_planted_sign_is_caught_by_the_cases(name: str, part: str) -> None:
    rule = RULES[name]
    right = getattr(rule, part)

    def wrong(*args: Any, **static: Any) -> Any:
        found = right(*args, **static)
        return tuple(None if bar is None else -bar for bar in found) if isinstance(found, tuple) else -found

    case = next(case for case in CASES[name](np.float64) if all(map(np.size, case.primals)))
    with pytest.raises(AssertionError, match=f"{part}: "):
        check_rule(case.of(replace(rule, **{part: wrong})), case.oracle, case.primals, static=case.static)
