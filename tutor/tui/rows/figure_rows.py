"""A step's picture on the lesson screen: what it is, and how much room it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.figures.figure import Figure
    from tutor.session import Session

WAITING = "Getting the runs ready: some seconds, a few more the first time on a machine."
DRAWING = "Drawing the picture."
PLOT_HEIGHT = 15
MOST_BARS = 12
MOST_IMAGE_ROWS = 16
"""Two rows of images at 14 × 14 pixels, with their names."""


def figure_shown(session: Session, made: Mapping[int, Figure]) -> Figure | None:
    """The picture of the present step, which another process makes: it is in `made` as soon as it is there."""
    picture = session.step.picture
    if picture is None:
        return None
    from tutor.figures.figure import Untold  # a lesson whose first step has no picture is shown without these
    from tutor.figures.kinds import is_slow

    return made.get(session.place, Untold(picture.title, WAITING if is_slow(picture) else DRAWING))


def figure_height(figure: Figure, screen: int) -> int:
    """The rows that a picture looks well in, on a screen of so many rows."""
    from tutor.figures.figure import Bars, Curves, Images, Matrix, Untold

    plot = max(PLOT_HEIGHT, screen // 2)
    title = 1 if figure.title and not isinstance(figure, Curves) else 0
    if isinstance(figure, Bars):
        count = len(figure.values)
        return title + (count + (1 if figure.log else 0) if count <= MOST_BARS else plot)
    if isinstance(figure, Matrix):
        return title + len(figure.rows) + 1
    if isinstance(figure, Untold):
        return title + 3
    if isinstance(figure, Images):
        return title + min(max(plot, MOST_IMAGE_ROWS), (len(figure.images[0]) // 2 + 1) * 2)
    return plot
