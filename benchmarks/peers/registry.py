"""Which peers there are, in which environment each lives, and where the environments are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = {
    "all": HERE / "requirements.txt",
    "klujax": HERE / "requirements-klujax.txt",
    "fem": HERE / "requirements-fem.txt",
    "feax": HERE / "requirements-feax.txt",
    "jaxfem": HERE / "requirements-jaxfem.txt",
    "time": HERE / "requirements-time.txt",
    "petsc": HERE / "requirements-petsc.txt",
    "topoptlab": HERE / "requirements-topoptlab.txt",
}
# What an environment is made with where this Python will not do.
PYTHONS = {"topoptlab": "python3.13"}


@dataclass(frozen=True)
class Peer:
    """One peer in one configuration.

    Parameters
    ----------
    name : str
        As the tables call it.
    module : str
        File of this folder with its ``contestant``.
    packages : tuple of str
        Distributions whose versions go into the row.
    environment : str
        Key of `ENVIRONMENTS`.
    problems : str
        Letters of the problems that it can take.
    solver : str
        For its module, where one module has several.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    environment: str = "all"
    problems: str = "abcd"
    solver: str = ""


PEERS = (
    Peer("solvax", "solvax_superlu", ("solvax",)),
    Peer("splineax, PARDISO", "splineax_pardiso", ("splineax", "pardiso-mkl-jax")),
    Peer("splineax, KLU", "splineax_klu", ("splineax", "splineax-klujax")),
    Peer("klujax, analysis kept", "klujax_symbol", ("klujax",), "klujax"),
    Peer("klujax", "klujax_solve", ("klujax",), "klujax"),
    Peer("sparsax, CHOLMOD", "sparsax_cholmod", ("sparsax",), problems="abd"),
    Peer("sparsax, KLU", "sparsax_klu", ("sparsax",)),
    Peer("jax spsolve", "jax_spsolve", ("jax",)),
    Peer("torch-sla, SuperLU", "torch_sla_lu", ("torch-sla", "torch")),
    Peer("torch-sla, CG", "torch_sla_cg", ("torch-sla", "torch"), problems="abd"),
    Peer("pyMOTO, PARDISO", "pymoto_pardiso", ("pymoto",)),
    Peer("pyMOTO, SuperLU", "pymoto_superlu", ("pymoto",), problems="acd"),
)

# Of finite elements: they assemble, in `bench_fem`. The modules stand under the names that Python imports.
ASSEMBLERS = (
    Peer("scikit-fem", "scikit_fem", ("skfem",), "fem"),
    Peer("jax-fem", "jax_fem_csr", ("jax_fem", "gmsh", "basix"), "jaxfem"),
    Peer("feax", "feax_fem", ("feax",), "feax"),
    Peer("torch-fem", "torch_fem", ("torchfem", "pyvista", "pyamg"), "all"),
    Peer("pyMOTO", "pymoto_fem", ("pymoto",)),
)

# Of runs through time, in `bench_time_peers`; the letters are those of `time_problems`.
DIFFERENTIATORS = (
    Peer("diffrax, default", "diffrax_default", ("diffrax",), "time", "nmlbsv"),
    Peer("diffrax, DirectAdjoint", "diffrax_direct", ("diffrax",), "time", "nmlbsv"),
    Peer("torchdiffeq, tape", "torchdiffeq_tape", ("torchdiffeq", "torch"), "time", "nlb"),
    Peer("torchdiffeq, adjoint", "torchdiffeq_adjoint", ("torchdiffeq", "torch"), "time", "nlb"),
    Peer("jax odeint", "jax_odeint", ("jax",), "time", "lb"),
    Peer("PETSc TSAdjoint", "petsc_adjoint", ("petsc4py",), "petsc", "nmlbs"),
)

# Of design iterations, in `bench_iteration`; the letters are those of `beams`: of SuperLU, h is left out.
DESIGNERS = (
    Peer("pyMOTO, PARDISO", "pymoto_design", ("pymoto", "pypardiso"), "all", "smlhc", "pardiso"),
    Peer("pyMOTO, CHOLMOD", "pymoto_design", ("pymoto", "cvxopt"), "all", "smlhc", "cholmod"),
    Peer("pyMOTO, SuperLU", "pymoto_design", ("pymoto",), "all", "sml", "superlu"),
    Peer("pyMOTO, multigrid", "pymoto_design", ("pymoto",), "all", "smlhcx", "multigrid"),
    Peer("torch-fem, PARDISO", "torch_fem_design", ("torchfem", "pypardiso", "pyamg"), "all", "smlhc", "pypardiso"),
    Peer("torch-fem, amg", "torch_fem_design", ("torchfem", "pyamg"), "all", "lhcx", "amg"),
    Peer("torch-fem, SuperLU", "torch_fem_design", ("torchfem", "pyamg"), "all", "sml", "superlu"),
    Peer("topoptlab, CHOLMOD", "topoptlab_design", ("topoptlab",), "topoptlab", "smlhc", "cvxopt-cholmod"),
    Peer("topoptlab, SuperLU", "topoptlab_design", ("topoptlab",), "topoptlab", "sml", "scipy-direct"),
)


def folder() -> Path:
    """Return where the environments are: ``SPARSEAD_PEERS``, or ``.venv`` beside this file."""
    return Path(os.environ.get("SPARSEAD_PEERS", HERE / ".venv"))


def missing(peer: Peer) -> str | None:
    """Return why a peer cannot take part: its environment, or a module in it, is not there."""
    place = folder() / peer.environment
    if not (place / "bin" / "python").exists():
        return f"not installed: no environment {peer.environment!r}"
    found = {path.name for path in place.glob("lib/python3*/site-packages/*")}
    absent = [name for name in peer.packages if not {name, f"{name}.py"} & found]
    return f"not installed: {', '.join(absent)}" if absent else None


def interpreter(environment: str) -> str:
    """Return the Python of an environment.

    Raises
    ------
    FileNotFoundError
        If it was not installed.
    """
    python = folder() / environment / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(
            f"the peers' environment {environment!r} is missing: python -m benchmarks.peers --install"
        )
    return str(python)
