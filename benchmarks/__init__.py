"""Measurements behind the claims of the README: one file per claim, run by ``python -m benchmarks``."""
