"""The one way in: an answer to a question, marked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.names import normalise
from tutor.marking.context import Context
from tutor.marking.reading import shown
from tutor.marking.result import Mark
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.questions.question import Question


def mark(question: Question, context: Context, answer: str) -> Mark:
    """Marks an answer; whatever text it is, this never raises because of it."""
    if not answer.strip():
        of = 0.0 if question.kind == "essay" else question.points
        return Mark("", "missing", 0.0, of)
    import numpy as np

    from tutor.questions.kinds import KINDS

    try:
        with np.errstate(all="ignore"):  # values that overflow are unusable points, not news for stderr
            return in_own_words(question, KINDS[question.kind](question, context, answer))
    except EngineError as error:
        return unmarkable(question, answer, error)


def unmarkable(question: Question, answer: str, error: EngineError) -> Mark:
    """The question itself is at fault, never the student."""
    note = safe(f"this question cannot be marked: {error.message}", 400)
    return Mark(shown(answer), "unscored", 0.0, question.points, note=note)


def in_own_words(question: Question, found: Mark) -> Mark:
    """The mark with the author's sentence about the mistake, where the question has one for it."""
    if found.diagnosis is None or not question.feedback:
        return found
    said = {key_of(key): text for key, text in question.feedback}
    fault, at = found.diagnosis.fault, found.diagnosis.at
    text = said.get((fault, normalise(at or "")), said.get((fault, "")))
    return found if text is None else replace(found, diagnosis=replace(found.diagnosis, says=text.strip()))


def key_of(key: str) -> tuple[str, str]:
    """Fault and node of an entry of `feedback`: "sign", or "sign at h1"."""
    fault, _, at = key.strip().partition(" at ")
    return fault.strip(), normalise(at.strip())
