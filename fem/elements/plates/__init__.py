"""Plates: bending with shear deformation, and their mass."""
