"""The one way in: an answer to a question, marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.errors import EngineError
from tutor.marking.context import Context
from tutor.marking.reading import shown
from tutor.marking.result import Mark
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.questions.question import Question


def mark(question: Question, context: Context, answer: str) -> Mark:
    """Marks an answer; whatever text it is, this never raises because of it."""
    from tutor.questions.kinds import KINDS

    if not answer.strip():
        of = 0.0 if question.kind == "essay" else question.points
        return Mark("", "missing", 0.0, of)
    try:
        with np.errstate(all="ignore"):  # values that overflow are unusable points, not news for stderr
            return KINDS[question.kind](question, context, answer)
    except EngineError as error:
        return unmarkable(question, answer, error)


def unmarkable(question: Question, answer: str, error: EngineError) -> Mark:
    """The question itself is at fault, never the student."""
    note = safe(f"this question cannot be marked: {error.message}", 400)
    return Mark(shown(answer), "unscored", 0.0, question.points, note=note)
