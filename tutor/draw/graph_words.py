"""A lesson's graph in words, for who hears it: what it starts from, what is computed, what a change has moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.numbers import counted, show_value
from tutor.draw.lesson_text import given_lines
from tutor.draw.walk_text import equation
from tutor.revealed import Revealed, definition_of, revealed, trace_of

if TYPE_CHECKING:
    from tutor.lesson_graph import LessonGraph
    from tutor.session import Session

MOST_NODES = 20
"""Of a graph with more nodes they are not read out unasked."""
MOST_CHANGES = 20
FIRST_CHANGES = 5


def graph_lines(session: Session) -> Iterator[str]:
    """What the screen draws beside a step: what the graph starts from, then its nodes, unless a walk has told them."""
    shown = session.graph
    assert shown is not None
    yield from given_lines(shown, "  Given: ")
    question = session.question()
    if question is not None and question.kind == "bug":
        yield from (f"    {shown.graph.names[key]} = {definition_of(session, key)}" for key in shown.graph.nodes)
    elif not _walked(session, shown):
        yield from _node_lines(session, shown)


def _walked(session: Session, shown: LessonGraph) -> bool:
    before = session.steps[: session.place]
    return any(step.walk == "forward" and session.graph_of(step) is shown for step in before)


def _node_lines(session: Session, shown: LessonGraph) -> Iterator[str]:
    """Each node's formula, and its value where the screen has it; a node that a question asks for is left out."""
    asked = set() if session.step.explore else _asked(session, shown)
    keys = [key for key in shown.graph.nodes if shown.graph.names[key] not in asked]
    if len(keys) > MOST_NODES:
        yield f"  {counted(len(keys), 'node')} are computed from them; values tells all."
        return
    if keys:
        yield "  From them:" if len(shown.traces) < 2 else f"  From them, in row {_row(session, shown) + 1}:"
    trace, seen = trace_of(session), revealed(session).values
    for key in keys:
        value = [show_value(trace.value(key))] if key in seen else []
        lines = equation(shown.graph.names[key], [definition_of(session, key), *value], 76)
        yield from (f"  {line}" for line in lines)


def _asked(session: Session, shown: LessonGraph) -> set[str | None]:
    here = [step for step in session.steps[session.place :] if session.graph_of(step) is shown]
    return {text for step in here for text in (step.number, step.array, step.formula, step.derivation)}


def _row(session: Session, shown: LessonGraph) -> int:
    return min(session.row, len(shown.traces) - 1)


def value_lines(session: Session, *, predicting: bool = False) -> Iterator[str]:
    """Every name with its formula, and value and gradient as far as they are known; a result to predict is not."""
    shown = session.graph
    if shown is None:
        yield "This step has no graph."
        return
    seen = revealed(session)
    seen = seen.without_result() if predicting else seen
    for key in shown.graph.names:
        yield _value_line(session, shown, key, seen)
    if not seen.values.issuperset(shown.graph.names):
        yield "? is not known yet at this place of the lesson."


def _value_line(session: Session, shown: LessonGraph, key: str, seen: Revealed) -> str:
    trace, formula = trace_of(session), definition_of(session, key)
    told = [f"value {show_value(trace.value(key))}"] if key in seen.values else []
    sloped = trace.is_scalar and key in seen.gradients
    told += [f"gradient {show_value(trace.gradient(key))}"] if sloped else []
    return f"{shown.graph.names[key]}{formula and f' = {formula}'}: {', '.join(told) or '?'}"


def play_lines(session: Session) -> Iterator[str]:
    """What there is to change in a step of play, and what follows from it: the picture tells it, or the values do."""
    shown, step = session.graph, session.step
    assert shown is not None
    if step.picture is not None or len(shown.graph.nodes) > MOST_NODES:
        yield from graph_lines(session)
    else:
        yield from value_lines(session)


def change_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Of the lines of `value_lines` those that a change has moved; of many the first new values."""
    moved = [line for line in after if line not in set(before)]
    old_values = {line.partition(", gradient ")[0] for line in before}
    first = [line for line in moved if line.partition(", gradient ")[0] not in old_values][:FIRST_CHANGES]
    told = moved if len(moved) <= MOST_CHANGES else first
    yield from told
    if len(moved) > len(told):
        yield f"({len(moved) - len(told)} more have changed; values tells all.)"
    if not moved:
        yield "Nothing has changed."


def row_lines(session: Session) -> Iterator[str]:
    """Which data row is told, where there are several."""
    shown = session.graph
    if shown is not None and len(shown.traces) > 1:
        yield f"Row {_row(session, shown) + 1} of {len(shown.traces)}; row takes the next one, row N another."


def other_row(session: Session, text: str) -> Session:
    """The session at another data row: the next one, or the one of this number. Raises EngineError."""
    count = 1 if session.graph is None else len(session.graph.traces)
    if count < 2:
        raise EngineError("there are no rows of data to choose from here")
    if not text:
        return session.choose_row(session.row + 1)
    if not text.isdecimal() or not 1 <= int(text) <= count:
        raise EngineError(f"{text} is no row; the rows are 1 to {count}")
    return session.choose_row(int(text) - 1)
