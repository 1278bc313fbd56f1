"""Abaqus input files: their text, and the nodes, elements, sets and surfaces in it."""
