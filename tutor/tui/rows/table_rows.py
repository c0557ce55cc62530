"""All nodes of a graph as a table: name, formula, value, gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tutor.draw.cells import Row, Run, cell_width, fit
from tutor.revealed import Revealed, formulas_to_ask, trace_of
from tutor.text import safe
from tutor.tui.rows.graph_rows import kind_of, label, short

if TYPE_CHECKING:
    from tutor.session import Session

NUMBER_WIDTH = 12
ROOM = NUMBER_WIDTH - 1
MOST_NAME = 16


def table_head(width: int, name_width: int) -> Row:
    """The names of the columns."""
    left, formula = _columns(width, name_width)
    texts = [fit("  node", left + 2), fit("formula", formula)]
    return (Run("".join(texts), "dim"), Run(f"{'value':>{NUMBER_WIDTH}}{'gradient':>{NUMBER_WIDTH}} ", "dim"))


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
    left, formula = _columns(width, name_width)
    active = ".active" if key == seen.active or key in seen.changed else ""
    value = short(trace.value(key), ROOM) if key in seen.values else "?" if key in seen.hidden_values else ""
    gradient = short(trace.gradient(key), ROOM) if key in seen.gradients and trace.is_scalar else ""
    gradient = "?" if key in seen.hidden_gradients else gradient
    sign = "▸ " if active else "  "
    row = (
        Run(sign, "name.active"),
        Run(fit(label(graph, key), left), f"name{active}"),
        Run(fit(formula_of(session, key), formula), "dim"),
        Run(fit(value, NUMBER_WIDTH, right=True), f"value{active}"),
        Run(fit(gradient, NUMBER_WIDTH, right=True), f"gradient{active}"),
        Run(" ", ""),
    )
    return tuple(Run(part.text, "cursor") for part in row) if chosen else row


def formula_of(session: Session, key: str) -> str:
    """A node's right-hand side as its author wrote it, unless a question asks for it; of an input, what it is."""
    shown = session.graph
    assert shown is not None
    node = shown.graph.nodes.get(key)
    if node is None:
        return kind_of(shown.graph, key)
    if key in formulas_to_ask(session, shown):
        return "?"
    return safe(node.text.partition("=")[2].strip(), 200)


def _columns(width: int, name_width: int) -> tuple[int, int]:
    left = max(4, name_width) + 2
    return left, max(0, width - left - 2 - 2 * NUMBER_WIDTH - 1)
