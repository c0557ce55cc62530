"""The whole lesson as plain text for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.steps import Detail, Direction
from tutor.draw.lesson_text import BOTH, check_lines, fitted, heading, step_text, whole_walk, wrapped
from tutor.lesson_graph import LessonGraph

if TYPE_CHECKING:
    from tutor.session import Session


def write(session: Session) -> str:
    """The lesson from its title to its score; every line is free of foreign controls and fits 80 columns."""
    text = "\n".join(part for line in lines(session) for part in fitted(line))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip("\n") + "\n"


def lines(session: Session) -> Iterator[str]:
    """The lesson line by line."""
    lesson = session.loaded.lesson
    yield from heading(lesson.title, "=")
    if lesson.summary:
        yield from wrapped(lesson.summary)
    for number, step in enumerate(session.steps, start=1):
        yield ""
        yield from step_text(session, step, number)
    for shown in session.graphs.values():
        yield from whole_walk(shown, directions=[d for d in BOTH if not _is_walked(session, shown, d)])
    for shown in session.graphs.values():
        yield from check_lines(shown, len(session.graphs) > 1)
    if session.attempts:
        yield ""
        yield f"Score: {session.points:g} of {session.possible_points:g}"


def _is_walked(session: Session, shown: LessonGraph, direction: Direction) -> bool:
    """Whether a step of the lesson shows this whole pass."""
    found = (step for step in session.steps if step.walk == direction and step.to is None and step.of is None)
    return any(session.graph_of(step) is shown for step in found)


def explanation(shown: LessonGraph, detail: Detail) -> str:
    """Both passes of one graph and the gradient check."""
    written = [*whole_walk(shown, detail), *check_lines(shown, False)]
    return "\n".join(part for line in written for part in fitted(line)).lstrip("\n") + "\n"
