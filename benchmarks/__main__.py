"""``python -m benchmarks [group ...]``: measure, write JSON, make the tables.

Examples
--------
    python -m benchmarks                              all groups
    python -m benchmarks gradient import              two of them
    python -m benchmarks peers --threads 1 --where problem=d
    python -m benchmarks --quick                      small matrices: does everything run?
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import machine, process, report
from benchmarks.groups import GROUPS, load

RESULTS = Path(__file__).resolve().parent / "results"


def main() -> None:
    """Run the groups that were asked for, and write the tables; exit with 1 if a case failed."""
    asked = _arguments()
    folder = asked.json or (RESULTS / "quick" if asked.quick else RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    groups = asked.groups or list(GROUPS)
    failed = sum(row["outcome"] == "failed" for group in groups for row in run_group(group, folder, asked))
    if folder == RESULTS:
        report.write(folder)
    if not asked.quick:
        print(report.targets(folder, groups))
    sys.exit(f"{failed} cases failed" if failed else 0)


def run_group(group: str, folder: Path, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure one group and return its rows; each is written when it is there, in the place of an older one."""
    bench = load(group)
    file = folder / f"{group}.json"
    rows: list[dict[str, Any]] = json.loads(file.read_text())["rows"] if file.exists() else []
    fresh: list[dict[str, Any]] = []
    for threads in asked.threads or bench.THREADS:
        for case in bench.cases(asked.quick):
            if not all(str(case.get(key)) == value for key, value in asked.where):
                continue
            row = run_case(bench, case, threads, rows)
            fresh.append(row)
            rows = [old for old in rows if _key(old, case) != _key(row, case)] + [row]
            file.write_text(json.dumps({"machine": machine.describe(), "rows": rows}, indent=1) + "\n")
            print(f"{group:10} {_words(case)}, threads {threads}: {_outcome(row)}", flush=True)
    return fresh


def run_case(bench: Any, case: dict[str, Any], threads: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of one case, run in a process of its own unless the group skips it for what `rows` say."""
    reason = bench.skip(case, threads, rows) if hasattr(bench, "skip") else None
    if reason is not None:
        return {**case, "threads": threads, "outcome": reason, "date": time.strftime("%Y-%m-%d")}
    if hasattr(bench, "prepare"):
        bench.prepare(case)
    python = bench.python(case) if hasattr(bench, "python") else None
    row = process.run(bench.__name__.rpartition(".")[2], case, threads=threads, python=python)
    return row | {"date": time.strftime("%Y-%m-%d")}


def _key(row: dict[str, Any], case: dict[str, Any]) -> tuple[Any, ...]:
    return row["threads"], *(row.get(name) for name in case)


def _words(case: dict[str, Any]) -> str:
    return ", ".join(str(value) for key, value in case.items() if key != "quick")


def _outcome(row: dict[str, Any]) -> str:
    if row["outcome"] != "ok":
        return f"{row['outcome']} {row.get('error', '')} ({row.get('wall_s', 0):.0f} s)"
    figures = [f"{name} {row[name]['median']:.4g}" for name in ("ratio", "time_s") if "median" in row.get(name, {})]
    figures += [f"{name} {part['median']:.4g}" for name, part in row.get("ratio", {}).items() if isinstance(part, dict)]
    return f"{'; '.join(figures) or 'ok'} ({row['wall_s']:.0f} s)"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("groups", nargs="*", metavar="group", help=f"of {', '.join(GROUPS)}; all when none is given")
    parser.add_argument("--quick", action="store_true", help="small matrices, few calls; writes no tables")
    parser.add_argument("--threads", type=_numbers, help="for example 1,2; each group has its own default")
    parser.add_argument("--json", type=Path, help="folder for the JSON files instead of benchmarks/results")
    parser.add_argument(
        "--where", type=_pair, action="append", default=[], metavar="KEY=VALUE", help="only the cases that have it"
    )
    asked = parser.parse_args()
    unknown = set(asked.groups) - set(GROUPS)
    if unknown:
        parser.error(f"unknown group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    return asked


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


if __name__ == "__main__":
    main()
