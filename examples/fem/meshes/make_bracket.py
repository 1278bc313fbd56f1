"""Makes ``bracket.msh`` with gmsh: ``pip install gmsh``, then run this file in its folder."""

from __future__ import annotations

from itertools import pairwise

import gmsh

WIDTH, HEIGHT, ARM = 0.16, 0.20, 0.06  # [m]
BOLT, PIN, FILLET = 0.009, 0.012, 0.02  # radii [m]


def outline() -> int:
    """Return an L with a rounded inner corner."""
    occ = gmsh.model.occ
    corners = [(0, 0), (WIDTH, 0), (WIDTH, ARM), (ARM + FILLET, ARM), (ARM, ARM + FILLET), (ARM, HEIGHT), (0, HEIGHT)]
    points = [occ.addPoint(x, y, 0) for x, y in corners]
    center = occ.addPoint(ARM + FILLET, ARM + FILLET, 0)
    lines = [occ.addLine(a, b) for a, b in pairwise(points[:4])]
    lines += [occ.addCircleArc(points[3], center, points[4])]
    lines += [occ.addLine(a, b) for a, b in pairwise([*points[4:], points[0]])]
    return int(occ.addPlaneSurface([occ.addCurveLoop(lines)]))


def circle_at(x: float, y: float, radius: float) -> list[int]:
    """Return the curves of a circle there."""
    r = 1.01 * radius
    return [tag for _, tag in gmsh.model.getEntitiesInBoundingBox(x - r, y - r, -r, x + r, y + r, r, 1)]


gmsh.initialize()
gmsh.option.setNumber("General.Terminal", 0)
surface = outline()
bolts = [(ARM / 2, HEIGHT - 0.03), (ARM / 2, HEIGHT - 0.09)]
pin = (WIDTH - 0.03, ARM / 2)
holes = [(2, gmsh.model.occ.addDisk(x, y, 0, r, r)) for (x, y), r in [*((b, BOLT) for b in bolts), (pin, PIN)]]
gmsh.model.occ.cut([(2, surface)], holes)
gmsh.model.occ.synchronize()
gmsh.model.addPhysicalGroup(2, [tag for _, tag in gmsh.model.getEntities(2)], name="steel")
gmsh.model.addPhysicalGroup(1, [tag for x, y in bolts for tag in circle_at(x, y, BOLT)], name="bolts")
gmsh.model.addPhysicalGroup(1, circle_at(*pin, PIN), name="pin")
arc = gmsh.model.getEntitiesInBoundingBox(ARM - 1e-3, ARM - 1e-3, -1, ARM + FILLET + 1e-3, ARM + FILLET + 1e-3, 1, 1)
gmsh.model.addPhysicalGroup(1, [tag for _, tag in arc], name="fillet")
gmsh.option.setNumber("Mesh.MeshSizeMax", 0.01)
gmsh.option.setNumber("Mesh.MeshSizeFromCurvature", 24)
gmsh.model.mesh.generate(2)
gmsh.model.mesh.setOrder(2)
gmsh.write("bracket.msh")
gmsh.finalize()
