"""Bars and beams: their axes and sections, stiffness, mass, loads along them and forces within."""
