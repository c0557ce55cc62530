"""One node in full: what it computes and stores, what it hands on and gets back, and whether that is true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.numbers import show_value
from engine.ops import OPS
from tutor.draw.cells import Row, Run
from tutor.tui.rows.flow import heading, run, wrap
from tutor.tui.rows.graph_rows import kind_of, label
from tutor.tui.rows.reveal import Revealed, trace_of
from tutor.tui.rows.table_rows import formula_of

if TYPE_CHECKING:
    from engine.trace import Trace
    from tutor.session import Session

KINDS = {
    "given": "a given value: shown with its gradient, never trained",
    "weight": "a weight: training changes it against its gradient",
    "node": "a node",
    "output": "the output: every gradient here is of it",
}


def node_rows(session: Session, seen: Revealed, key: str, width: int) -> Iterator[Row]:
    """Everything about one name that has been revealed."""
    shown = session.graph
    assert shown is not None
    graph, trace = shown.graph, trace_of(session)
    name = label(graph, key)
    yield heading(name, width, style="focus")
    yield from wrap([run(f" {name} is {KINDS[kind_of(graph, key)]}.")], width)
    if key in graph.nodes:
        yield from wrap([run(f" {name} = ", "dim"), run(formula_of(session, key))], width)
    if key in seen.values:
        yield from wrap([Run(" value     ", "dim"), run(show_value(trace.value(key)), "value.active")], width)
    if key in seen.gradients and trace.is_scalar:
        yield from wrap([Run(" gradient  ", "dim"), run(show_value(trace.gradient(key)), "gradient.active")], width)
    known = key in seen.gradients and trace.is_scalar
    yield from reads(trace, key, width, known)
    yield from read_by(trace, key, width, known)
    yield from why(trace, key, width)


def reads(trace: Trace, key: str, width: int, known: bool) -> Iterator[Row]:
    """The names a node reads: local derivatives and what it hands each of them."""
    node = trace.graph.nodes.get(key)
    if node is None:
        return
    yield ()
    yield heading("Reads, and hands back gradient × local derivative", width)
    for parent in dict.fromkeys(node.parents):
        local = show_value(trace.local(parent, key), 6, 6)
        runs = [run(f" {label(trace.graph, parent)}"), Run("   local ", "dim"), run(local, "number")]
        if known:
            runs += [Run("   share ", "dim"), run(show_value(trace.share(parent, key), 6, 6), "gradient")]
        yield from wrap(runs, width, rest="     ")


def read_by(trace: Trace, key: str, width: int, known: bool) -> Iterator[Row]:
    """The nodes that read a name, and what each sends back; the sum is the gradient."""
    consumers = trace.graph.consumers(key)
    if not consumers:
        return
    yield ()
    yield heading("Read by, and gets back", width)
    for consumer in consumers:
        runs = [run(f" {label(trace.graph, consumer)}")]
        if known:
            runs += [Run("   share ", "dim"), run(show_value(trace.share(key, consumer), 6, 6), "gradient")]
        yield from wrap(runs, width, rest="     ")
    if known and len(consumers) > 1:
        yield (Run(" together ", "dim"), run(show_value(trace.gradient(key), 6, 6), "gradient.active"))


def why(trace: Trace, key: str, width: int) -> Iterator[Row]:
    """What the backward pass does at the node, in words; what must be kept for it."""
    node = trace.graph.nodes.get(key)
    if node is None:
        return
    said = [OPS[trace.graph.slots[i].op].says for i in node.slots]
    told = [text for text in dict.fromkeys(said) if text]
    yield ()
    yield heading("On the way back", width)
    for text in told:
        yield from wrap([run(text)], width, first=" ")
    names = ", ".join(label(trace.graph, parent) for parent in dict.fromkeys(node.parents))
    yield from wrap(
        [run(f"For that, the forward pass keeps the values of {names} and of the node.", "dim")], width, first=" "
    )
