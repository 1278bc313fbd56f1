"""The groups of measurements: one file per claim."""

from __future__ import annotations

import importlib
from typing import Any

GROUPS = {
    "gradient": "bench_gradient",
    "overhead": "bench_overhead",
    "peers": "bench_peers",
    "triplets": "bench_triplets",
    "algebra": "bench_algebra",
    "reuse": "bench_reuse",
    "logdet": "bench_logdet",
    "memory": "bench_memory",
    "import": "bench_import",
    "choose": "bench_choose",
    "wheels": "bench_wheels",
    "fem": "bench_fem",
    "eigen": "bench_eigen",
    "plastic": "bench_plastic",
    "iterative": "bench_iterative",
    "multigrid": "bench_multigrid",
    "map": "bench_map",
    "estimate": "bench_estimate",
    "optimize": "bench_optimize",
    "design": "bench_design",
    "iteration": "bench_iteration",
    "transient": "bench_transient",
    "transient_kept": "bench_transient_kept",
    "time_peers": "bench_time_peers",
    "bodies": "bench_bodies",
}


def load(group: str) -> Any:
    """Return the module of a group: ``TITLE``, ``THREADS``, ``cases``, ``measure``, ``verdicts``, ``tables``."""
    return importlib.import_module(f"benchmarks.{GROUPS[group]}")
