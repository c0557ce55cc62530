"""The whole lesson as plain text for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.steps import Detail
from tutor.draw.lesson_text import check_lines, heading, step_text, whole_walk, wrapped
from tutor.lesson_graph import LessonGraph
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.session import Session


def write(session: Session) -> str:
    """The lesson from its title to its score; every line went through the filter for foreign text."""
    text = "\n".join(safe(line, 2000) for line in lines(session))
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
    walked = {id(session.graph_of(step)) for step in session.steps if step.walk == "backward" and step.to is None}
    for shown in session.graphs.values():
        if id(shown) not in walked:
            yield from whole_walk(shown)
    for shown in session.graphs.values():
        yield from check_lines(shown, len(session.graphs) > 1)
    if session.attempts:
        yield ""
        yield f"Score: {session.points:g} of {session.possible_points:g}"


def explanation(shown: LessonGraph, detail: Detail) -> str:
    """Both passes of one graph and the gradient check."""
    written = [*whole_walk(shown, detail), *check_lines(shown, False)]
    return "\n".join(safe(line, 2000) for line in written).lstrip("\n") + "\n"
