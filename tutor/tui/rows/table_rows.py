"""All nodes of a graph as a table: name, formula, value, gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.numbers import show_value
from tutor.draw.cells import Row, Run, cell_width, fit
from tutor.revealed import Revealed, definition_of, trace_of
from tutor.tui.rows.graph_rows import kind_of, label, short

if TYPE_CHECKING:
    from tutor.session import Session

NUMBER_WIDTH = (12, 28)
"""The least and the most cells of a column of numbers, the blank before them included."""
WIDE = 80
MOST_NAME = 16
CUT_DIGITS = 3
"""Digits of an array that is cut in any case."""


def table_head(width: int, name_width: int) -> Row:
    """The names of the columns."""
    left, formula, number = _columns(width, name_width)
    texts = [fit("  node", left + 2), fit("formula", formula)]
    return (Run("".join(texts), "dim"), Run(f"{'value':>{number}}{'gradient':>{number}} ", "dim"))


def table_keys(session: Session) -> tuple[str, ...]:
    """All names of the present graph as its keys: nodes in the order of computation, then weights, then givens."""
    shown = session.graph
    if shown is None:
        return ()
    return (*shown.graph.nodes, *shown.graph.weights, *shown.graph.given)


def name_column(session: Session) -> int:
    """How wide the column of names is."""
    shown = session.graph
    names = [label(shown.graph, key) for key in shown.graph.names] if shown else []
    return min(MOST_NAME, max((cell_width(name) for name in names), default=4))


def table_rows(session: Session, seen: Revealed, width: int, cursor: int, keys: Sequence[str]) -> tuple[Row, ...]:
    """One row for each of `keys`; what is not known yet stays blank, what a question asks for is a question mark."""
    names = name_column(session)
    return tuple(table_row(session, seen, key, width, names, chosen=i == cursor) for i, key in enumerate(keys))


def table_row(session: Session, seen: Revealed, key: str, width: int, name_width: int, *, chosen: bool) -> Row:
    """One name of the graph."""
    shown = session.graph
    assert shown is not None
    graph, trace = shown.graph, trace_of(session)
    left, formula, number = _columns(width, name_width)
    active = ".active" if key == seen.active or key in seen.changed else ""
    value = _number(trace.value(key), number) if key in seen.values else "?" if key in seen.hidden_values else ""
    gradient = _number(trace.gradient(key), number) if key in seen.gradients and trace.is_scalar else ""
    gradient = "?" if key in seen.hidden_gradients else gradient
    sign = "▸ " if active else "  "
    row = (
        Run(sign, "name.active"),
        Run(fit(label(graph, key), left), f"name{active}"),
        Run(fit(formula_of(session, key), formula), "dim"),
        Run(" " + fit(value, number - 1, right=True), f"value{active}"),
        Run(" " + fit(gradient, number - 1, right=True), f"gradient{active}"),
        Run(" ", ""),
    )
    return tuple(Run(part.text, "cursor") for part in row) if chosen else row


def formula_of(session: Session, key: str) -> str:
    """A node's right-hand side as its author wrote it, unless a question asks for it; of an input, what it is."""
    shown = session.graph
    assert shown is not None
    return definition_of(session, key) or kind_of(shown.graph, key)


def _number(value: Any, width: int) -> str:
    """With as many digits as there is room for; an array that has none for all its entries shows its first ones."""
    text = short(value, width - 1)
    return text if cell_width(text) < width else show_value(value, CUT_DIGITS, 4)


def _columns(width: int, name_width: int) -> tuple[int, int, int]:
    """The cells of names, of formulas and of each of the two numbers."""
    left = max(4, name_width) + 2
    number = min(max(NUMBER_WIDTH[0], NUMBER_WIDTH[0] + (width - WIDE) // 4), NUMBER_WIDTH[1])
    return left, max(0, width - left - 2 - 2 * number - 1), number
