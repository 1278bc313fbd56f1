"""Preconditioners, one a file: descriptions, and what they become for one matrix."""
