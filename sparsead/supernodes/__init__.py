"""Triangular factors in dense blocks: their tree, and what is read in it beside solutions."""
