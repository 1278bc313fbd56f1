"""Meshes from files: what each format says, its named sets, and the mesh that becomes of it."""
