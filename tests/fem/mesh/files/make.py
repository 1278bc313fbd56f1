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
gmsh.finalize()
