"""One node in full: what it computes and stores, what it hands on and gets back, and whether that is true."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.numbers import show_value
from engine.ops import OPS
from engine.printing import show
from engine.tape import compute
from tutor.draw.cells import Row, Run
from tutor.draw.mathematics import formula_rows, gains
from tutor.revealed import Revealed, asks_for_the_slope_at, formulas_to_ask, trace_of
from tutor.tui.rows.flow import heading, run, wrap
from tutor.tui.rows.graph_rows import kind_of, label
from tutor.tui.rows.table_rows import formula_of

if TYPE_CHECKING:
    from engine.graph import Graph
    from engine.trace import Trace
    from tutor.session import Session

KINDS = {
    "given": "a given value: shown with its gradient, never trained",
    "weight": "a weight: training changes it against its gradient",
    "node": "a node",
    "output": "the output: every gradient here is of it",
}

NOTHING_KEPT = "For that nothing has to be kept: its slopes are the same whatever the values are."


def node_rows(session: Session, seen: Revealed, key: str, width: int, *, ascii_only: bool = False) -> Iterator[Row]:
    """Everything about one name that has been revealed."""
    shown = session.graph
    assert shown is not None
    graph, trace = shown.graph, trace_of(session)
    name = label(graph, key)
    yield heading(name, width, style="focus")
    yield from wrap([run(f" {name} is {KINDS[kind_of(graph, key)]}.")], width)
    if key in graph.nodes:
        yield from definition(session, key, width, ascii_only=ascii_only)
    if key in seen.values:
        yield from wrap([Run(" value     ", "dim"), run(show_value(trace.value(key)), "value.active")], width)
    if key in seen.gradients and trace.is_scalar:
        yield from wrap([Run(" gradient  ", "dim"), run(show_value(trace.gradient(key)), "gradient.active")], width)
    known = key in seen.gradients and trace.is_scalar
    yield from reads(session, seen, key, width)
    yield from read_by(trace, key, width, known)
    if known:
        yield from check_rows(trace, key, width)
    if not asks_for_the_slope_at(session, key):
        yield from why(trace, key, width)


def definition(session: Session, key: str, width: int, *, ascii_only: bool) -> Iterator[Row]:
    """What a node computes: in two dimensions where that shows more, else as its author wrote it."""
    shown = session.graph
    assert shown is not None
    graph, name = shown.graph, label(shown.graph, key)
    if ascii_only or key in formulas_to_ask(session, shown) or not gains(graph.nodes[key].expr):
        yield from wrap([run(f" {name} = ", "dim"), run(formula_of(session, key))], width)
        return
    for row in formula_rows(graph.nodes[key].expr, width - 2, left=name, spelled=graph.names):
        yield (Run(" "), *(Run(part.text, "text") for part in row))


def reads(session: Session, seen: Revealed, key: str, width: int) -> Iterator[Row]:
    """The names a node reads: local derivatives and what it hands each of them, as far as that gives nothing away."""
    trace = trace_of(session)
    node = trace.graph.nodes.get(key)
    if node is None:
        return
    yield ()
    yield heading("Reads, and hands back upstream × local = share", width)
    scalar = trace.is_scalar and key in seen.gradients
    for parent in dict.fromkeys(node.parents):
        runs = [run(f" {label(trace.graph, parent)}  ")]
        open_one = parent in seen.hidden_gradients or (session.step.predict and parent not in seen.gradients)
        if {key, *node.parents} <= seen.values:
            local = [Run(" local ", "dim"), run(show_value(trace.local(parent, key), 6, 6), "number")]
            runs += local if open_one or not scalar else _product(trace, parent, key, local)
        yield from wrap(runs, width, rest="     ")


def _product(trace: Trace, parent: str, key: str, local: list[Run]) -> list[Run]:
    upstream = [Run(" upstream ", "dim"), run(show_value(trace.gradient(key), 6, 6), "gradient"), Run(" ×", "dim")]
    share = [Run(" = share ", "dim"), run(show_value(trace.share(parent, key), 6, 6), "gradient")]
    return [*upstream, *local, *share]


def read_by(trace: Trace, key: str, width: int, known: bool) -> Iterator[Row]:
    """The nodes that read a name, and what each sends back; the sum is the gradient."""
    consumers = trace.graph.consumers(key)
    if not consumers:
        return
    yield ()
    yield heading("Read by, and gets back", width)
    for consumer in consumers:
        runs = [run(f" {label(trace.graph, consumer)}  ")]
        if known:
            local = [Run(" local ", "dim"), run(show_value(trace.local(key, consumer), 6, 6), "number")]
            runs += _product(trace, key, consumer, local)
        yield from wrap(runs, width, rest="     ")
    if known and len(consumers) > 1:
        yield (Run(" together ", "dim"), run(show_value(trace.gradient(key), 6, 6), "gradient.active"))


def why(trace: Trace, key: str, width: int) -> Iterator[Row]:
    """What the backward pass does at the node, in words; what must be kept for it."""
    node = trace.graph.nodes.get(key)
    if node is None:
        return
    said = [OPS[trace.graph.slots[i].op].says for i in node.slots if trace.graph.slots[i].op != "const"]
    told = [text for text in dict.fromkeys(said) if text]
    yield ()
    yield heading("On the way back", width)
    for text in told:
        yield from wrap([run(text)], width, first=" ")
    names = ", ".join(kept(trace.graph, key))
    words = f"For that, the forward pass keeps {names}." if names else NOTHING_KEPT
    yield from wrap([run(words, "dim")], width, first=" ")


def kept(graph: Graph, key: str) -> tuple[str, ...]:
    """The values that the slopes of a node's operations are made of, as they are printed."""
    found: list[int] = []
    for i in graph.nodes[key].slots:
        slot = graph.slots[i]
        for k in range(len(slot.args)):
            rule = OPS[slot.op]
            text = rule.slope_text[k] if k < len(rule.slope_text) else ""
            if graph.slots[slot.args[k]].op != "const":
                found += [i] if "{y}" in text else []
                found += [arg for n, arg in enumerate(slot.args) if f"{{{n}}}" in text or not rule.slope_text]
                found += slot.args[:1] if "{a}" in text else []
    kept_ones = [graph.slots[i] for i in sorted(set(found)) if graph.slots[i].op != "const"]
    return tuple(graph.names[slot.name] if slot.name else show(slot.expr, graph.names) for slot in kept_ones)


# -- gradient check


def check_rows(trace: Trace, key: str, width: int) -> Iterator[Row]:
    """The gradient of a number against what really happens when it is moved a little to either side."""
    graph, slot = trace.graph, trace.graph.slot_of[key]
    if graph.slots[slot].shape or trace.decimals is not None or slot > trace.output:
        return
    x, gradient = float(trace.values[slot]), float(trace.gradient(key))
    if not math.isfinite(x):
        return
    by = 10.0 ** (math.floor(math.log10(max(abs(x), 1e-2))) - 3)
    low, high = output_at(trace, slot, x - by), output_at(trace, slot, x + by)
    slope = (high - low) / (2 * by)
    if not math.isfinite(slope):
        return
    name, out = label(graph, key), label(graph, graph.output)
    yield ()
    yield heading("Gradient check", width)
    step, below, above = show_value(by), show_value(low, 8), show_value(high, 8)
    said = f" {name} − {step} makes {out} {below}, {name} + {step} makes it {above}: a slope of "
    yield from wrap([run(said), run(show_value(slope, 6), "gradient")], width, rest=" ")
    agrees = abs(slope - gradient) <= 1e-3 * max(abs(slope), abs(gradient), 1e-6)
    words, style = ("✓ as the gradient says", "right") if agrees else ("! not what the gradient says", "warn")
    why_not = "" if agrees else ": over this step the output bends, or a kink lies within it"
    yield from wrap([Run(f" {words}", style), run(f", {show_value(gradient, 6)}{why_not}")], width, rest=" ")


def output_at(trace: Trace, slot: int, number: float) -> float:
    """The output if one operation had another result."""
    slots, values = trace.graph.slots, list(trace.values)
    values[slot] = number
    moved = {slot}
    for i in range(slot + 1, trace.output + 1):
        if moved.intersection(slots[i].args):
            try:
                values[i] = compute(slots, slots[i], values)
            except (ArithmeticError, ValueError):
                return math.nan
            moved.add(i)
    return float(values[trace.output])
