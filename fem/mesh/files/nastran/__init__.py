"""Nastran bulk data: their cards in three layouts, coordinate systems, grid points and elements."""
