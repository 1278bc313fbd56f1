"""Solids: elasticity in space, in the plane and around an axis; any stiffness tensor; finite strain."""
