"""Sparse matrices, their constructors and solve, written once over the `Binding` of a front-end."""
