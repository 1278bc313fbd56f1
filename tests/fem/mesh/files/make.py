"""Makes the mesh files of this folder with gmsh: ``pip install gmsh``, then run this file in its folder."""

from __future__ import annotations

import gmsh


def box(order: int) -> None:
    """Mesh a box with a physical volume, two surfaces, an edge and a corner."""
    gmsh.clear()
    gmsh.model.occ.addBox(0, 0, 0, 2, 1, 1)
    gmsh.model.occ.synchronize()
    for dimension, entity, tag, name in (
        (3, 1, 1, "steel"), (2, 1, 1, "clamp"), (2, 2, 2, "load"), (1, 1, 9, "edge"), (0, 1, 3, "corner"),
    ):  # fmt: skip
        gmsh.model.addPhysicalGroup(dimension, [entity], tag, name=name)
    gmsh.option.setNumber("Mesh.MeshSizeMin", 2.0)
    gmsh.option.setNumber("Mesh.MeshSizeMax", 2.0)
    gmsh.model.mesh.generate(3)
    gmsh.model.mesh.setOrder(order)


def two_boxes() -> None:
    """Mesh two boxes side by side, 1 m each; both are in the group "all", the plane x = 0 in "clamp" and "also"."""
    gmsh.clear()
    gmsh.model.occ.addBox(0, 0, 0, 1, 1, 1)
    gmsh.model.occ.addBox(1, 0, 0, 1, 1, 1)
    gmsh.model.occ.fragment([(3, 1)], [(3, 2)])
    gmsh.model.occ.synchronize()
    wall = [tag for _, tag in gmsh.model.getEntitiesInBoundingBox(-0.01, -1, -1, 0.01, 2, 2, 2)]
    for dimension, entities, tag, name in (
        (3, [1], 1, "left"), (3, [2], 2, "right"), (3, [1, 2], 7, "all"), (2, wall, 1, "clamp"), (2, wall, 8, "also"),
    ):  # fmt: skip
        gmsh.model.addPhysicalGroup(dimension, entities, tag, name=name)
    gmsh.model.mesh.generate(3)


def sparse_tags() -> None:
    """Make a square of two triangles with far node tags, and a node of no cell."""
    gmsh.clear()
    gmsh.model.addDiscreteEntity(2, 5)
    gmsh.model.addDiscreteEntity(1, 9)
    tags = [1000000000, 7, 50, 12345, 99]
    gmsh.model.mesh.addNodes(2, 5, tags, [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 9, 9, 9])
    gmsh.model.mesh.addElementsByType(5, 2, [77, 5000000], [*tags[:3], tags[0], *tags[2:4]])
    gmsh.model.mesh.addElementsByType(9, 1, [3], [tags[3], tags[0]])
    gmsh.model.addPhysicalGroup(2, [5], 3, name="square")
    gmsh.model.addPhysicalGroup(1, [9], 4, name="side")


def quarter(complete: bool) -> None:
    """Mesh a quarter of a ring, radii 1 and 2, height 1, by hexahedra with curved edges."""
    gmsh.clear()
    gmsh.option.setNumber("Mesh.SecondOrderIncomplete", 0 if complete else 1)
    gmsh.model.occ.addPoint(1, 0, 0)
    gmsh.model.occ.addPoint(2, 0, 0)
    line = gmsh.model.occ.addLine(1, 2)
    pi = 3.141592653589793
    face = gmsh.model.occ.revolve([(1, line)], 0, 0, 0, 0, 0, 1, pi / 2, numElements=[2], recombine=True)
    gmsh.model.occ.extrude([face[1]], 0, 0, 1, numElements=[1], recombine=True)
    gmsh.model.occ.synchronize()
    for _, curve in gmsh.model.getEntities(1):
        gmsh.model.mesh.setTransfiniteCurve(curve, 3)
    gmsh.model.addPhysicalGroup(3, [1], 1, name="ring")
    gmsh.model.mesh.generate(3)
    gmsh.model.mesh.setOrder(2)
    gmsh.option.setNumber("Mesh.SecondOrderIncomplete", 0)


def save(name: str, version: float = 4.1, binary: int = 0) -> None:
    gmsh.option.setNumber("Mesh.MshFileVersion", version)
    gmsh.option.setNumber("Mesh.Binary", binary)
    gmsh.write(name)


gmsh.initialize()
gmsh.option.setNumber("General.Terminal", 0)
box(1)
save("box22.msh", 2.2)
save("box41.msh")
save("box_binary.msh", binary=1)
save("box.inp")
save("box.bdf")
box(2)
save("box_quadratic.msh")
gmsh.clear()
gmsh.model.occ.addRectangle(0, 0, 0, 2, 1)
gmsh.model.occ.synchronize()
gmsh.model.addPhysicalGroup(2, [1], name="plate")
gmsh.model.addPhysicalGroup(1, [4], name="left")
gmsh.option.setNumber("Mesh.RecombineAll", 1)
gmsh.model.mesh.setTransfiniteSurface(1)
gmsh.model.mesh.generate(2)
save("plate.msh")
gmsh.option.setNumber("Mesh.RecombineAll", 0)
two_boxes()
save("groups22.msh", 2.2)
save("groups22_binary.msh", 2.2, binary=1)
save("groups40.msh", 4.0)
save("groups41_binary.msh", binary=1)
gmsh.option.setNumber("Mesh.SaveParametric", 1)
save("groups22_parametric.msh", 2.2, binary=1)
save("groups41_parametric.msh", binary=1)
gmsh.option.setNumber("Mesh.SaveParametric", 0)
gmsh.model.mesh.partition(2)
save("groups40_partitioned.msh", 4.0)
save("groups41_partitioned.msh", binary=1)
sparse_tags()
save("sparse22.msh", 2.2, binary=1)
save("sparse41.msh", binary=1)
for name, complete in (("ring20.msh", False), ("ring27.msh", True)):
    quarter(complete)
    save(name)
gmsh.finalize()
