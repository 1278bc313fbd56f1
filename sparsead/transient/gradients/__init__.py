"""How a gradient goes back through a run: on the frozen grid, in pieces, through the solver, or integrated back."""
