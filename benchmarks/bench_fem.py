"""Claim: finite elements from mesh to gradient, with memory linear in the stored entries and a small constant.

Boxes of 2n × n × n trilinear hexahedra, linear elasticity, one thread. Gradients are those of a compliance with the
solve replaced by the identity, so that what is left is assembly and its derivative. Memory is the highest resident
memory since the import, JAX started; "calls alone" is that of repeated calls beyond what is held between them.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from typing import Any

from benchmarks import tables
from benchmarks.peers.registry import ASSEMBLERS, interpreter, missing

TITLE = "Finite elements"
THREADS = (1,)
ROUNDS, QUICK_ROUNDS = 9, 2
PEERS = {peer.name: peer for peer in ASSEMBLERS}
# Twenty times as fast as these two.
HELD_AGAINST = ("scikit-fem", "jax-fem")
MATERIAL, COORDINATES = 0, 1
# Name: number of cells n, n when quick, whether distorted, what is differentiated.
GRADIENTS: dict[str, tuple[int, int, bool, Any]] = {
    "cells of one shape, in densities": (32, 6, False, MATERIAL),
    "distorted, in densities": (32, 6, True, MATERIAL),
    "distorted, in coordinates": (32, 6, True, COORDINATES),
    "memory, in densities and coordinates": (30, 6, True, [MATERIAL, COORDINATES]),
    "10k dofs": (11, 4, True, [MATERIAL, COORDINATES]),
    "1M dofs": (54, 8, True, [MATERIAL, COORDINATES]),
}
# Element: number of cells n, n when quick; all near 176k dofs.
ELEMENTS = {"hex8": (30, 5), "hex20": (17, 3), "tet10": (17, 3), "quad8": (121, 8), "tri6": (148, 8)}
KILOBYTES, FASTER, PATTERN, COMPILE, FIRST, LARGE = 2.0, 1 / 20, 1.0, 5.0, 6.0, 2.5


def cases(quick: bool) -> Iterable[dict[str, Any]]:
    """Return the gradients, the assembly of every element, and that of the peers."""
    for name in GRADIENTS:
        yield {"part": "gradient", "name": name, "contestant": "fem", "quick": quick}
    for element in ELEMENTS:
        yield {"part": "assembly", "name": element, "contestant": "fem", "quick": quick}
    for peer in PEERS:
        yield {"part": "assembly", "name": "hex8", "contestant": peer, "quick": quick}


def python(case: dict[str, Any]) -> str | None:
    """Return the interpreter of the peer's environment."""
    return interpreter(PEERS[case["contestant"]].environment) if case["contestant"] in PEERS else None


def skip(case: dict[str, Any], threads: int, rows: list[dict[str, Any]]) -> str | None:
    """Return why the case need not run: the peer is not installed."""
    return missing(PEERS[case["contestant"]]) if case["contestant"] in PEERS else None


def measure(part: str, name: str, contestant: str, quick: bool) -> dict[str, Any]:
    """Measure one case in the library of the contestant."""
    module = f"peers.{PEERS[contestant].module}" if contestant in PEERS else "ours_fem"
    library: Any = importlib.import_module(f"benchmarks.{module}")
    rounds = QUICK_ROUNDS if quick else ROUNDS
    if part == "assembly":
        return library.assembly(ELEMENTS[name][quick], name, rounds)
    n, small, distorted, argument = GRADIENTS[name]
    return library.gradient(small if quick else n, distorted, argument, rounds)


def verdicts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every figure of the claim beside its target."""
    done = {(row["part"], row["name"], row["contestant"]): row for row in rows if row["outcome"] == "ok"}
    gradients = {name: row for (part, name, _), row in done.items() if part == "gradient"}
    ours = {name: row for (part, name, who), row in done.items() if part == "assembly" and who == "fem"}
    peers = {who: done["assembly", "hex8", who] for who in PEERS if ("assembly", "hex8", who) in done}
    return [
        {"claim": claim, "target": target, "figure": figure, "unit": unit}
        for claim, target, figure, unit in (
            *_gradient_figures(gradients),
            *_growth_figures(gradients),
            *_assembly_figures(ours, peers),
        )
    ]


Figures = Iterable[tuple[str, float, float, str]]


def _gradient_figures(rows: dict[str, dict[str, Any]]) -> Figures:
    limits = {"cells of one shape, in densities": (0.115, 220), "distorted, in densities": (0.350, 300)}
    for name, (seconds, megabytes) in limits.items():
        if name in rows:
            yield f"value and gradient, 64k hex8, {name}", seconds, rows[name]["time_s"]["median"], "s"
            yield f"memory of the same, {name}, calls alone", megabytes, rows[name]["extra_bytes"] / 1e6, "MB"
            yield f"pattern and slots of 64k hex8, {name}", PATTERN, rows[name]["pattern_s"], "s"
    if {"distorted, in densities", "distorted, in coordinates"} <= rows.keys():
        base, shape = (rows[f"distorted, in {what}"]["time_s"]["median"] for what in ("densities", "coordinates"))
        yield "gradient in coordinates over that in densities", 2.0, shape / base, "×"
    if row := rows.get("memory, in densities and coordinates"):
        yield "peak memory of assembly and gradients", KILOBYTES, row["peak_bytes"] / row["dofs"] / 1e3, "kB/dof"


def _growth_figures(rows: dict[str, dict[str, Any]]) -> Figures:
    small, large = rows.get("10k dofs"), rows.get("1M dofs")
    if small is None or large is None:
        return
    yield "compile time at 1M dofs", COMPILE, large["compile_s"], "s"
    yield "compile time at 1M dofs over that at 10k", 1.2, large["compile_s"] / small["compile_s"], "×"
    yield "peak memory at 1M dofs", LARGE, large["peak_bytes"] / 2**30, "GiB"
    time = math.log(large["time_s"]["median"] / small["time_s"]["median"])
    yield "exponent of the time in the dofs, 10k to 1M", 1.05, time / math.log(large["dofs"] / small["dofs"]), ""


def _assembly_figures(ours: dict[str, dict[str, Any]], peers: dict[str, dict[str, Any]]) -> Figures:
    base = ours.get("hex8")
    if base is None:
        return
    yield "first assembly, 176k dofs: pattern, compile, run", FIRST, base["first_s"], "s"
    for name, peer in peers.items():
        # All assembled the same matrix, or nothing below means anything; voxels are another one.
        if not math.isclose(peer.get("check", base["check"]), base["check"], rel_tol=1e-9):
            raise ValueError(f"matrices differ: sums of magnitudes {base['check']} and {peer['check']} of {name}")
        if name in HELD_AGAINST:
            yield f"repeated assembly over {name}'s", FASTER, base["time_s"]["median"] / peer["time_s"]["median"], "×"
    for name in sorted(set(ours) - {"hex8"}):
        yield f"time per stored entry, {name} over hex8", 2.0, _per_entry(ours[name]) / _per_entry(base), "×"


def _per_entry(row: dict[str, Any]) -> float:
    return float(row["time_s"]["median"] / row["entries"])


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows in Markdown."""
    header = ["case", "contestant", "dofs", "pattern", "compile", "first call", "call", "peak", "calls alone"]
    absent = [
        [f"{row['part']}, {row['name']}", row["contestant"], row["outcome"]] for row in rows if row["outcome"] != "ok"
    ]
    lines = [_line(row) for row in rows if row["outcome"] == "ok"]
    return tables.markdown(header, lines + [line + [""] * (len(header) - len(line)) for line in absent])


def _line(row: dict[str, Any]) -> list[Any]:
    times = [tables.seconds(row[key]) if key in row else "" for key in ("pattern_s", "compile_s", "first_s")]
    sizes = [tables.megabytes(row[key]) if key in row else "" for key in ("peak_bytes", "extra_bytes")]
    name = f"{row['part']}, {row['name']}"
    who = f"{row['contestant']} ({row['note']})" if "note" in row else row["contestant"]
    return [name, who, f"{row['dofs']:,}", *times, tables.timing(row["time_s"]), *sizes]
