"""What all loads share: domains, quadrature, and one compiled function."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import jax

from fem.assembly.load import integrate
from fem.assembly.term import Term
from fem.errors import MeshError
from fem.geometry.tables import tables
from fem.mesh.facets import Facets

if TYPE_CHECKING:
    from fem.dofs.domain import Domain
    from fem.dofs.fields import Field
    from fem.dofs.space import Space
    from fem.geometry.cells import Cells


class Density(Protocol):
    """A frozen dataclass that turns numbers into the nodal forces of a batch, shape (i, a, e)."""

    def __call__(self, cells: Cells, numbers: tuple[Any, ...]) -> Any:
        """Nodal forces."""
        ...


def vector(space: Space, density: Density, domain: Domain, numbers: tuple[Any, ...], field: Field, degree: int) -> Any:
    """Return the load vector of a density on one domain, shape (n,).

    Parameters
    ----------
    space : Space
        Points and dofs.
    density : Density
        Force density.
    domain : Domain
        Cells or facets.
    numbers : tuple of array, cells last
        What the density depends on.
    field : Field
        The unknown that the load works on.
    degree : int
        Degree of the quadrature.
    """
    return _vector(space, Term(density, domain, field, tables(domain.element, domain.element, degree)), numbers)


@partial(jax.jit, static_argnames=("term",))
def _vector(space: Space, term: Term[Density], numbers: tuple[Any, ...]) -> Any:
    return integrate(term, term.form, numbers, space)


def selected(space: Space, facets: Any) -> Any:
    """Return facets, given by themselves, by the name of a set or by a predicate.

    Raises
    ------
    MeshError
        If there are none, or these are no facets.
    """
    named = isinstance(facets, str) or callable(facets)
    chosen = space.mesh.facets_on(facets) if named else facets
    if not isinstance(chosen, Facets):
        raise MeshError(
            "a load works on facets",
            expected="facets, as mesh.facets_on gives them, the name of a set, or a predicate",
            got=f"{type(chosen).__name__}",
            fix="pass for example mesh.facets_on(lambda x: x[:, 0] == 3)",
        )
    if not len(chosen):
        raise MeshError(
            "a load on no facets",
            expected="one facet or more",
            got=f"{chosen!r}",
            fix="look at mesh.facets_on(...): its predicate must hold at all nodes of a facet",
        )
    return chosen
