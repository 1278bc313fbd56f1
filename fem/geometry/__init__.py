"""Jacobians, measures and gradients of the cells of a batch, with the cell axis last."""
