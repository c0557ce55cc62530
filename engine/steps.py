"""The walk through a trace: what is computed at each step, with its formula, the numbers put in, and a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import FormulaError, GraphError
from engine.expression import Derivative
from engine.graph import Graph
from engine.jacobian_steps import jacobian_steps
from engine.step import Detail, Direction, Share, Step
from engine.step_writer import Writer
from engine.trace import Trace, to_reference

__all__ = ["Detail", "Direction", "Share", "Step", "walk"]


def walk(
    trace: Trace, direction: Direction, detail: Detail = "node", to: str | None = None, of: str | None = None
) -> tuple[Step, ...]:
    """The steps of a pass, in order; `to` names the node at which to stop.

    Backward steps end with the given values and weights. Where the output is an array, and for another derivative
    named by `of` ("F/p"), they are products of Jacobians. Raises GraphError for an unknown `to` or `of`.
    """
    # kept with the trace, which never changes: a screen asks for the same walk at every key
    kept = trace.__dict__.setdefault("_walks", {})
    wanted = (direction, detail, to, of)
    if wanted not in kept:
        kept[wanted] = _walk(trace, direction, detail, to, of)
    found: tuple[Step, ...] = kept[wanted]
    return found


def _walk(trace: Trace, direction: Direction, detail: Detail, to: str | None, of: str | None) -> tuple[Step, ...]:
    writer = Writer(trace, detail)
    if direction == "forward":
        steps: Iterable[Step] = writer.forward(detail)
    elif of is not None:
        steps = jacobian_steps(trace, *ends_of(trace.graph, of))
    elif not trace.is_scalar:
        steps = jacobian_steps(trace, trace.graph.output, None)
    else:
        steps = writer.backward(detail)
    return _until(steps, None if to is None else trace.graph.key(to))


def _until(steps: Iterable[Step], key: str | None) -> tuple[Step, ...]:
    found: list[Step] = []
    for step in steps:
        found.append(step)
        if key is not None and step.key == key:
            break
    return tuple(found)


def ends_of(graph: Graph, of: str) -> tuple[str, str]:
    """The keys of "F/p". Raises GraphError where these are no names of the graph."""
    top, _, bottom = of.partition("/")
    try:
        expr = graph.read(f"d({top.strip()})/d({bottom.strip()})")
    except FormulaError:
        expr = None
    if isinstance(expr, Derivative):
        ends = to_reference(graph, expr.of), to_reference(graph, expr.by)
        if ends[0] is not None and ends[1] is not None:
            return ends[0].key, ends[1].key
    raise GraphError(f'{of} names no derivative of this graph; write it as "F/x"', text=of, at=0, end=len(of))
