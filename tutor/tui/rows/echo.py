"""What is said below an answer while it is typed: how it is read, what is missing, or what to type at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.printing import show
from tutor.draw.cells import Row, Run
from tutor.revealed import answered_rightly
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.flow import run

if TYPE_CHECKING:
    from tutor.questions import Question
    from tutor.session import Session

PROMPTS = {
    "number": "a number, or arithmetic such as 3*(2-0.5) · Enter marks it",
    "formula": "a formula · Enter marks it",
    "array": "a vector [1, 2] or a matrix [[1, 2], [3, 4]] · Enter marks it",
    "order": "the nodes in order, with blanks between them · Enter marks it",
    "derivation": "Enter adds a line; Enter on an empty line marks all; Backspace takes one back",
    "result": "a number · Enter marks it",
    "bug": "written as fault at node, both by name · Enter marks it",
    "essay": "your own words · Enter shows the model answer",
}
PREDICT: Row = (Run("  ", ""), Run("What will it be? A number, or arithmetic; → shows it without.", "dim"))
LONGEST = 400
"""Characters of a line that is read anew with every key; a longer one would hold up the keys."""
LONG: Row = (Run("  a long line: it is read when it is sent", "dim"),)
Said = tuple[Row, tuple[int, int] | None]


def echoed(session: Session, draft: Draft, text: str) -> Said:
    """The row below the line, and the part of the line that cannot be read."""
    question = session.question()
    if question is None:
        return _read(session, text) if text.strip() else (PREDICT, None)
    if not text.strip() and answered_rightly(session):
        return (Run("  answered · ", "dim"), Run("→", "prompt"), Run(" goes on · i: another try", "dim")), None
    if not text.strip():
        return (Run("  ", "dim"), run(prompt_of(question, draft), "dim")), None
    if question.kind == "order":
        return _left_over(session, text), None
    if question.kind == "essay":
        return (), None
    if question.kind == "bug":
        return (Run("  ", "dim"), run(PROMPTS["bug"], "dim")), None
    return _read(session, text)


def prompt_of(question: Question, draft: Draft) -> str:
    """What to type."""
    text = PROMPTS.get(question.kind, "")
    if question.kind == "formula" and question.using:
        text = f"a formula from {', '.join(question.using)} · Enter marks it"
    if question.kind == "derivation" and not draft.lines:
        text = "one line of the derivation; Enter adds it"
    return text


def _read(session: Session, text: str) -> Said:
    if len(text) > LONGEST:
        return LONG, None
    step = session.step
    context = session.context(step)
    try:
        parts = [part for part in re.split(r"=(?!=)", text) if part.strip()]
        expressions = [context.read(part) for part in parts]
    except EngineError as error:
        return _unread(error, text)
    names = context.graph.names if context.graph is not None else {}
    read = " = ".join(show(expr, names) for expr in expressions)
    return (Run("  reads ", "dim"), run(read, "number")), None


def _unread(error: EngineError, text: str) -> Said:
    place = None
    if error.at is not None and error.text == text:
        place = (error.at, max(error.at + 1, error.end or 0))
    return (Run("  … ", "warn"), run(error.message, "dim")), place


def _left_over(session: Session, text: str) -> Row:
    shown = session.graph
    if shown is None:
        return ()
    given = {word.casefold() for word in re.split(r"[\s,;→>]+", text) if word}
    left = [node.spelling for node in shown.graph.nodes.values() if node.spelling.casefold() not in given]
    words = "  left: " + " ".join(left) if left else "  all nodes are placed · Enter marks it"
    return (run(words, "dim"),)
