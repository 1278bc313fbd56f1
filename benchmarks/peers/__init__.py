"""Other differentiable sparse solvers, one file each, each with one function ``contestant(problem)``."""
