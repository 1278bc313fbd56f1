"""Mesh files of gmsh: sections, numbers in text and binary, kinds of cells, and the two generations of the format."""
