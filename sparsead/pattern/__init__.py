"""Patterns: which entries of a matrix are stored. Integers only, no values, no derivatives."""
