"""Bug steps on the screen: working out a broken backward pass needs NumPy, so another process does it."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.questions import Question
    from tutor.session import Session

PREPARING = "One node of this graph is about to make a mistake in the backward pass…"


def with_bugs_hidden(session: Session) -> Session:
    """The session with questions of its bug steps that do not say yet what is broken."""
    from tutor.questions import Question

    hidden = {
        name: Question(name, "bug", PREPARING, hints=tuple(step.hints), points=float(step.points))
        for step in session.steps
        if step.bug is not None
        for name in [session.question_id(step)]
    }
    return replace(session, decided=MappingProxyType({**session.decided, **hidden})) if hidden else session


def is_hidden(question: Question | None) -> bool:
    """Whether a question is of a bug step and does not say yet what is broken."""
    return question is not None and question.kind == "bug" and not question.target


def with_bugs_shown(session: Session) -> Session:
    """The session with bugs that it works out by itself."""
    left = {name: question for name, question in session.decided.items() if not is_hidden(question)}
    return replace(session, decided=MappingProxyType(left))
