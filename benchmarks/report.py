"""JSON to tables: ``docs/benchmarks/results.md``, with every target and whether it was reached."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.groups import GROUPS, load

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks" / "results.md"
HEAD = """# Results

Made by `python -m benchmarks`; [what is measured and how](index.md). Ratios are medians of ratios
taken within one round, times are medians, with the quartiles in brackets.
"""


def write(folder: Path) -> None:
    """Write the page from all groups that have been measured."""
    parts = [HEAD, "\n## Targets\n", targets(folder)]
    for group, found in _measured(folder):
        bench = load(group)
        table = bench.table(found["rows"])
        parts += [f"\n## {bench.TITLE}\n", _paragraph(bench), table, _machine(found)]
        if hasattr(bench, "INCLUDED"):  # by a page of the explanation
            bench.INCLUDED.write_text(table + _machine(found))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(parts))


def targets(folder: Path, groups: list[str] | None = None) -> str:
    """Return every claim of `groups`, of all when None, with its target, in Markdown."""
    lines = []
    for group, found in _measured(folder):
        if groups is not None and group not in groups:
            continue
        for verdict in load(group).verdicts(found["rows"]):
            reached = verdict["figure"] <= verdict["target"]
            unit = f" {verdict['unit']}" if verdict["unit"] else ""
            figure = f"{verdict['figure']:.3g}{unit}"
            lines.append(
                [verdict["claim"], f"≤ {verdict['target']:g}{unit}", figure, "reached" if reached else "**missed**"]
            )
    reached = sum(line[-1] == "reached" for line in lines)
    return (
        tables.markdown(["claim", "target", "measured", "verdict"], lines) + f"\n{reached} of {len(lines)} reached.\n"
    )


def _measured(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the groups that have a JSON file, in their order."""
    files = {group: folder / f"{group}.json" for group in GROUPS}
    return [(group, json.loads(file.read_text())) for group, file in files.items() if file.exists()]


def _paragraph(bench: Any) -> str:
    """Return the docstring of a group as one paragraph."""
    return " ".join(bench.__doc__.split()) + "\n"


def _machine(found: dict[str, Any]) -> str:
    """Return what the rows of a group were measured on, and how quiet it was."""
    machine, rows = found["machine"], found["rows"]
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    calibrations = [time for row in rows for time in row.get("calibration_s", [])]
    dates = sorted({row["date"] for row in rows})
    text = (
        f"\nMeasured {' to '.join({dates[0]: 0, dates[-1]: 0})} on {machine['cores']} cores of {machine['processor']}, "
        f"{machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}, {libraries}."
    )
    if calibrations:
        low, high = tables.seconds(min(calibrations)), tables.seconds(max(calibrations))
        text += f" Calibration product before and after each case: {low} to {high}."
    return text + "\n"
