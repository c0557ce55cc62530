"""A derivation: several lines, each checked against the target."""

from __future__ import annotations

from dataclasses import replace

from tutor.marking.context import Context
from tutor.marking.derivations import Line, judge_derivation
from tutor.marking.reading import shown, unreadable
from tutor.marking.result import Mark
from tutor.questions.formula import other_names, wrong
from tutor.questions.question import Question
from tutor.text import safe


def mark_derivation(question: Question, context: Context, answer: str) -> Mark:
    """Right when every line equals the target and the last one is written out."""
    context = context.to_numbers()
    target = context.target(question.target)
    lines = judge_derivation(answer, context, target)
    given = shown(" = ".join(line.strip().strip("=").strip() for line in answer.splitlines() if line.strip()))
    if not lines:
        return Mark(given, "missing", 0.0, question.points)
    last = lines[-1]
    echo = " = ".join(line.reading.read_as for line in lines if line.reading is not None)[:2000]
    if last.error is not None:
        found = unreadable(question, last.text, last.error)
        return replace(found, given=given, read_as=echo or None, note=f"line {last.number}: {found.note}")
    assert last.reading is not None and last.comparison is not None
    if last.comparison.equal is False:
        found = wrong(question, last.reading, last.comparison, target)
        return replace(found, given=given, read_as=echo, note=_first_wrong(last, lines))
    if last.comparison.equal is None:
        return Mark(given, "unscored", 0.0, question.points, echo, note=last.comparison.note)
    if last.only_named:
        note = "the last line only names derivatives; write them out"
        return Mark(given, "unreadable", 0.0, question.points, echo, note=note)
    if (said := other_names(question, last.reading, context)) is not None:
        return Mark(given, "unreadable", 0.0, question.points, echo, note=f"in the last line {said}")
    return Mark(given, "right", question.points, question.points, echo, note=last.comparison.note)


def _first_wrong(last: Line, lines: list[Line]) -> str:
    said = f"line {last.number} no longer equals what is asked for: {safe(last.text, 120)}"
    return said if len(lines) > 1 else f"line {last.number} does not equal what is asked for"
