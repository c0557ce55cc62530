"""A student's text as an expression, or one message that shows the place; what cannot be read costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import EngineError, caret
from engine.expression import Call, Expr, Name, names_in, rebuild
from engine.printing import show
from tutor.marking.context import Context
from tutor.marking.result import Mark
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.questions.question import Question

SHOWN = 2_000

_OPERATORS = frozenset("+-−*·⋅×/÷ ")


@dataclass(frozen=True)
class Reading:
    """An answer that was read: the text as it may be shown, the tree, and the echo."""

    given: str
    text: str
    expr: Expr
    read_as: str


def shown(answer: str) -> str:
    """The answer as it may be shown, whatever it holds."""
    return safe(answer, SHOWN)


def read(answer: str, context: Context) -> Reading:
    """The tree of an answer over the graph's names. Raises FormulaError."""
    expr = context.read(answer)
    names = context.graph.names if context.graph is not None else {}
    return Reading(shown(answer), answer, expr, safe(show(expr, names), SHOWN))


def only_a_name(reading: Reading, context: Context) -> bool:
    """Whether an answer is the lesson's short name of a whole formula, such as δ_1^(2), with nothing written out."""
    if context.graph is None or _OPERATORS & set(reading.text.strip()):
        return False
    return any(reading.expr == meaning and len(names_in(meaning)) > 1 for meaning in context.scope.aliases.values())


def with_euler(reading: Reading) -> Reading | None:
    """The same with e^(…) meaning exp, for a graph that has a name e; None if that is nothing new."""

    def change(here: Expr) -> Expr:
        if isinstance(here, Call) and here.op == "pow" and here.args[0] == Name("e"):
            return Call("exp", here.args[1:], at=here.at, end=here.end)
        return here

    expr = rebuild(reading.expr, change)
    if expr == reading.expr:
        return None
    return replace(reading, expr=expr, read_as=reading.read_as.replace("e^", "exp"))


def unreadable(question: Question, answer: str, error: EngineError) -> Mark:
    """The mark of an answer that cannot be read."""
    place = ""
    if error.at is not None:
        place = caret(_columns(error.text or answer), error.at, error.end)
    return Mark(shown(answer), "unreadable", 0.0, question.points, note=safe(error.message, 400), caret=place)


def _columns(text: str) -> str:
    """The text with one column a character, so that a caret below it stands right."""
    return "".join(char if char.isprintable() and char.isascii() else _cell(char) for char in text)


def _cell(char: str) -> str:
    if char.isspace():
        return " "
    cleaned = safe(char, 8)
    return cleaned if len(cleaned) == 1 else "?"
