"""The one way in: an answer to a question, marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.marking.context import Context
from tutor.marking.result import Mark

if TYPE_CHECKING:
    from tutor.questions.question import Question


def mark(question: Question, context: Context, answer: str) -> Mark:
    """Marks an answer; whatever text it is, this never raises because of it."""
    from tutor.questions.kinds import KINDS

    if not answer.strip():
        of = 0.0 if question.kind == "essay" else question.points
        return Mark("", "missing", 0.0, of)
    return KINDS[question.kind](question, context, answer)
