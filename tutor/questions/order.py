"""An order of the graph's nodes, forward or backward: every valid one is right."""

from __future__ import annotations

from tutor.marking.context import Context
from tutor.marking.orders import judge_order
from tutor.marking.reading import shown
from tutor.marking.result import Mark, Verdict
from tutor.questions.question import Question
from tutor.text import safe


def mark_order(question: Question, context: Context, answer: str) -> Mark:
    """Marks an order of names parted by spaces, commas or arrows."""
    assert context.graph is not None
    found = judge_order(answer, context.graph, question.target == "backward")
    note = safe(found.note, 400)
    if not found.readable:
        return Mark(shown(answer), "unreadable", 0.0, question.points, note=note)
    points = question.points if found.right else 0.0
    verdict: Verdict = "right" if found.right else "wrong"
    return Mark(shown(answer), verdict, points, question.points, found.read_as, note=note)
