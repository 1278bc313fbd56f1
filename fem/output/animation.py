"""An animated picture of the designs of a run, or of a field in time, on one plane mesh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fem.errors import MeshError, MeshFileError
from fem.output import matplotlib_library
from fem.output.plane import plot
from fem.output.scene import check_dimension, corner_colors
from fem.output.skin import skin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from fem.mesh import Mesh

_FASTEST = 50.0  # pictures a second: browsers slow down what is faster
_HELD = 1.5  # how long the last picture is shown before the first comes again. Unit: [s].
_WIDTH, _DPI = 6.4, 100  # [inches], [1 / inches]


def animate(
    path: str | PathLike[str],
    mesh: Mesh,
    frames: Sequence[ArrayLike] | NDArray[np.float64],
    *,
    titles: Sequence[str] | None = None,
    fps: float = 10.0,
    label: str = "",
    unit: str = "",
    length_unit: str = "m",
    limits: tuple[float, float] | None = None,
    colormap: str = "Greys",
) -> None:
    """Write an animated picture, a GIF, that any browser plays.

    Parameters
    ----------
    path : path
        File, which ends in ``.gif``.
    mesh : Mesh
        Mesh in the plane.
    frames : sequence of arrays, shape (e,), (p,) or (p, c)
        Values of cells or at points, one array for each picture: the designs that a `callback` collected.
    titles : sequence of str, optional
        Written above, one for each picture.
    fps : float
        Pictures a second, at most 50; the last one stays a little.
    label, unit, length_unit, colormap
        As of `fem.output.plot`.
    limits : (float, float), optional
        Values of the first and the last color; by default the smallest and the largest of all pictures.

    Raises
    ------
    MeshFileError
        If the name does not end in ``.gif``.
    MeshError
        If the mesh is not plane, there is no picture, a field does not fit the mesh or is not finite, titles do not fit
        the pictures, or `fps` is out of range.
    LibraryMissingError
        If matplotlib is not installed: ``pip install 'sparsead[plot]'``.

    Examples
    --------
    >>> import fem, pathlib, tempfile
    >>> plate = fem.rectangle((4, 2), size=(2.0, 1.0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     film = pathlib.Path(folder, "plate.gif")
    ...     fem.output.animate(film, plate, [[part / 3] * 8 for part in range(4)], label="density")
    ...     film.read_bytes()[:6]
    b'GIF89a'
    """
    check_dimension(mesh, 2, "fem.output.Series for a mesh in 3D, which ParaView plays")
    target = Path(path)
    if target.suffix != ".gif":
        raise MeshFileError(
            "an animated picture of a kind that is not written", expected="a name that ends in .gif",
            got=f"{target.name!r}", fix="fem.output.Series writes a film for ParaView", path=str(target),
        )  # fmt: skip
    library = matplotlib_library.library()
    colors = _colors(mesh, frames)
    _check_pictures(len(colors), titles, fps)
    low, high = limits if limits is not None else (float(colors.min()), float(colors.max()))
    style: dict[str, Any] = {"label": label, "unit": unit, "length_unit": length_unit, "colormap": colormap}
    figure, axes = library.pyplot.subplots(figsize=_size(mesh), layout="constrained")
    try:
        plot(mesh, frames[0], edges=False, limits=(low, high), axes=axes, **style)
        drawn = []
        for number, color in enumerate(colors):
            axes.collections[0].set_array(color)
            axes.set_title(titles[number] if titles is not None else "")
            drawn.append(matplotlib_library.image(figure, _DPI))
    finally:
        library.pyplot.close(figure)
    shown = np.full(len(drawn), 1 / fps)
    shown[-1] += _HELD
    milliseconds = (1000 * shown).astype(int).tolist()
    drawn[0].save(target, save_all=True, append_images=drawn[1:], duration=milliseconds, loop=0)


def _size(mesh: Mesh) -> tuple[float, float]:
    """Width and height of the figure, with room for the scale of colors and the words, in inches."""
    width, height = np.ptp(mesh.points, axis=0)
    return _WIDTH, float(np.clip(0.85 * _WIDTH * height / width + 0.9, 2.0, 1.5 * _WIDTH))


def _colors(mesh: Mesh, frames: Sequence[ArrayLike] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Values at the corners of what is drawn, shape (pictures, corners)."""
    seen = skin(mesh, mesh.points)
    if not len(seen.triangles) or not len(frames):
        raise MeshError(
            "there is nothing to animate", expected="a mesh with plane cells, and one picture or more",
            got=f"{len(seen.triangles)} triangles to color and {len(frames)} pictures",
            fix="collect designs in a callback: callback=lambda x, record: designs.append(x)",
        )  # fmt: skip
    colors = np.stack([corner_colors(mesh, seen, frame) for frame in frames])
    if not np.isfinite(colors).all():
        picture = int(np.argmin(np.isfinite(colors).all(axis=1)))
        raise MeshError(
            "a picture is not finite", expected="finite numbers", got=f"NaN or infinity in picture {picture}",
            fix="look at the run from there on", picture=picture,
        )  # fmt: skip
    return colors


def _check_pictures(count: int, titles: Sequence[str] | None, fps: float) -> None:
    if titles is not None and len(titles) != count:
        raise MeshError(
            "titles do not fit the pictures", expected=f"{count} titles", got=f"{len(titles)} titles",
            fix="pass one for each picture, or none",
        )  # fmt: skip
    if not 0 < fps <= _FASTEST:
        raise MeshError(
            "fps is no number of pictures a second", expected=f"0 < fps <= {_FASTEST:g}", got=f"fps = {fps!r}",
            fix="10 is usual; of a long run pass every tenth design, frames[::10]",
        )  # fmt: skip
