"""Whether the pictures of a lesson can be drawn and read on a screen of 80 × 24."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import EngineError
from tutor.draw.cells import cell_width, row_text
from tutor.draw.figures import Room, all_showable, figure_rows
from tutor.errors import ProblemsError
from tutor.figures.kinds import figure_of

if TYPE_CHECKING:
    from tutor.lesson import Step
    from tutor.session import Session

WIDTH, HEIGHT = 80, 8
"""The room that a picture has at least beside its text."""
MOST_LINES = 12
"""Lines of text beside a picture on a screen of 24 rows: title, bar and two headings leave 20."""


def unfit_pictures(session: Session) -> Iterator[tuple[int, str]]:
    """The steps (from 0) whose pictures cannot be drawn, and why."""
    for i, step in enumerate(session.steps):
        if step.picture is not None:
            says = _unfit(session, step)
            if says:
                yield i, says


def crowded_pictures(session: Session) -> Iterator[tuple[int, str]]:
    """The steps (from 0) whose text leaves their picture too little room."""
    for i, step in enumerate(session.steps):
        lines = _lines(step)
        if step.picture is not None and lines > MOST_LINES:
            yield i, f"{lines} lines of text leave no room for a picture; a screen of 80 × 24 has {MOST_LINES}"


def _unfit(session: Session, step: Step) -> str:
    try:
        figure = figure_of(session, step)
    except (EngineError, ProblemsError) as error:
        return str(error)
    if not all_showable(figure):
        return "there is nothing in this picture that can be drawn"
    wide = max((cell_width(row_text(row)) for row in figure_rows(figure, Room(WIDTH, HEIGHT))), default=0)
    return "this picture is wider than a screen of 80 columns" if wide > WIDTH else ""


def _lines(step: Step) -> int:
    """Rows of the step's text and options on a screen of 80 columns."""
    text = step.say or step.ask or ""
    count = sum(max(1, len(textwrap.wrap(line, WIDTH - 2))) for line in text.strip().splitlines())
    options = sum(max(1, len(textwrap.wrap(option.text, WIDTH - 9))) for option in step.choice or ())
    return count + (options + 1 if options else 0)
