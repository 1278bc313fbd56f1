"""Geometric multigrid on structured grids, matrix-free, in array code that runs on a CPU and on a GPU."""
