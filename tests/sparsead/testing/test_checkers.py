"""Every planted error is caught, the correct rule never rejected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sparsead.testing import check_rule
from sparsead.testing.differences import complex_step, extrapolated_difference, random_like, relative_gap
from tests.sparsead.testing.planted_rules import (
    CORRECT,
    ONLY_COMPLEX,
    PLANTED,
    PLANTED_FORMS,
    READING_THE_VALUE,
    passes_in_autograds_style,
    passes_in_jaxs_style,
    problem,
)

KINDS = ("random", "complex", "steel")


def check(rule: Any, kind: str, seed: int = 0, **options: Any) -> None:
    case = problem(kind, seed + 1)
    check_rule(rule, case.oracle, case.primals, static=case.static, seed=seed, **options)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", KINDS)
def test_correct_rule_is_accepted(kind: str, seed: int) -> None:
    check(CORRECT, kind, seed)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PLANTED)
def test_planted_error_is_caught(name: str, kind: str) -> None:
    with pytest.raises(AssertionError, match=r"got: +[\d.]+"):
        # one matrix at a time: the handle of some planted rules takes no batch
        check(PLANTED[name](), kind, batched=False)


@pytest.mark.parametrize("name", ONLY_COMPLEX)
def test_planted_conjugation_is_caught(name: str) -> None:
    with pytest.raises(AssertionError, match="dot-product test of argument 0"):
        check(ONLY_COMPLEX[name](), "complex")


@pytest.mark.parametrize("name", PLANTED_FORMS)
def test_planted_fault_of_form_is_caught(name: str) -> None:
    rule, message = PLANTED_FORMS[name]
    with pytest.raises(AssertionError, match=message):
        check(rule, "random")


def test_linear_rule_that_reads_its_value_is_caught() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        check(READING_THE_VALUE, "random")


def test_refactorization_is_caught_by_its_count() -> None:
    with pytest.raises(AssertionError, match=r"derivatives factorize\n.*the 2 of the values\n.*got: +4"):
        check(PLANTED["factorizes the transpose"](), "random")


def test_value_over_its_budget_is_caught() -> None:
    with pytest.raises(AssertionError, match=r"too many factorizations\n.*0 at two points\n.*got: +2"):
        check(CORRECT, "random", factorizations=0)


@pytest.mark.parametrize("passes", [passes_in_autograds_style, passes_in_jaxs_style])
def test_usual_style_of_check_accepts_a_zero_rule_in_si_units(passes: Any) -> None:
    assert passes(PLANTED["zero rule"](), problem("steel"))


@pytest.mark.parametrize("passes", [passes_in_autograds_style, passes_in_jaxs_style])
def test_usual_style_of_check_accepts_a_relative_error_of_1e_6(passes: Any) -> None:
    assert passes(PLANTED["all wrong by 1e-6"](), problem("random"))


def test_relative_gap_sees_the_smallest_units() -> None:
    assert relative_gap([1e-300], [0.0]) == 1.0


@pytest.mark.parametrize("other", [[1.0, 2.0], [np.nan], [np.inf]])
def test_relative_gap_is_infinite_where_nothing_compares(other: Any) -> None:
    assert relative_gap([1.0], other) == np.inf


def test_random_direction_has_the_size_of_its_primal() -> None:
    rng = np.random.default_rng(0)
    direction = random_like(np.full(10_000, 2.1e11), rng)
    # the norm of 10 000 normal numbers is within 3 % of 100 at four standard deviations
    assert np.linalg.norm(direction) / np.linalg.norm(np.full(10_000, 2.1e11)) == pytest.approx(1, abs=0.03)


def test_complex_step_is_exact_to_rounding() -> None:
    slope = complex_step(lambda x: np.exp(x) / x, [np.array([1.5])], [np.array([1.0])])
    exact = np.exp(1.5) * (1.5 - 1) / 1.5**2
    assert abs(slope[0] / exact - 1) < 1e-15  # a few roundings


def test_extrapolated_difference_bounds_its_own_error() -> None:
    slope, error = extrapolated_difference(lambda x: np.exp(x) / x, [np.array([1.5])], [np.array([1.0])])
    exact = np.exp(1.5) * (1.5 - 1) / 1.5**2
    assert abs(slope[0] - exact) < 10 * error < 1e-10
