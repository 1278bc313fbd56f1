"""Doctests as the suite runs them: one that needs a library that is not installed is skipped, or fails in CI."""

from __future__ import annotations

import doctest
from typing import Any

from tests.conftest import skip_if_absent

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


class Runner(doctest.DocTestRunner):
    """Runs doctests; an absent library skips the test instead of failing it."""

    def report_unexpected_exception(self, out: Any, test: Any, example: Any, exc_info: Any) -> None:
        skip_if_absent(exc_info[1])
        super().report_unexpected_exception(out, test, example, exc_info)


def failures_of(test: doctest.DocTest, globs: dict[str, Any]) -> str:
    """Return the report of a doctest, empty where it passes; names it defines go to `globs`."""
    report: list[str] = []
    test.globs = globs
    Runner(optionflags=OPTIONS).run(test, out=report.append, clear_globs=False)
    return "".join(report)
