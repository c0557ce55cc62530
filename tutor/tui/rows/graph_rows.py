"""The present graph as a picture: values and gradients as far as they are known, the present step heavy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.graph import Graph
from engine.numbers import show_value
from engine.trace import Trace
from tutor.draw.boxes import Kind, State
from tutor.draw.picture import (
    NODES_ONE_BY_ONE,
    Picture,
    PictureEdge,
    PictureNode,
    PictureOptions,
    least_width,
    picture,
)
from tutor.revealed import Revealed, trace_of
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.session import Session

DIGITS = 4
"""Significant digits in a box; the step and the table show all six."""


@dataclass(frozen=True)
class BoxTexts:
    """How long the texts in a box may be: cells of an array, and of a number, which then has as many digits as fit.
    `room` is kept for a number that is not known yet."""

    longest: int = 9
    cells: int = 30
    room: int = 30


LONG_ARRAYS = BoxTexts(26)
"""Where the graph has room for that."""
SHORTER_AND_SHORTER = (BoxTexts(), BoxTexts(9, 5, 5), BoxTexts(6, 5, 5), BoxTexts(6, 5, 4))
"""Tried in this order where the graph is wide; if none helps, one moves about in the widest."""
SHARE_WIDTH = 7
"""The cells for a share on an edge, where the picture has room for it."""


def graph_picture(
    session: Session,
    seen: Revealed,
    width: int,
    height: int | None = None,
    *,
    ascii_only: bool = False,
    value_width: int = 6,
) -> Picture | None:
    """The present step's graph, drawn to fit `width` cells (and, if given, `height` rows) where that can be; None where
    the step has no graph."""
    shown = session.graph
    if shown is None:
        return None
    graph, trace = shown.graph, trace_of(session)
    shares = share_texts(session, seen)
    edges = [
        PictureEdge(
            label(graph, parent), label(graph, node.key), (parent, node.key) in seen.edges, shares.get(node.key, "")
        )
        for node in graph.nodes.values()
        for parent in dict.fromkeys(node.parents)
    ]
    arrays = any(getattr(trace.value(key), "shape", ()) for key in graph.names)
    labelled = 0 if arrays or session.step.walk != "backward" else SHARE_WIDTH
    options = PictureOptions(width, None, ascii_only, seen.backward, value_width, labelled, height)
    # with everything known, so that boxes do not change their form in the middle of a walk
    known = Revealed(frozenset(graph.names), frozenset(graph.names))

    def nodes(seen: Revealed, texts: BoxTexts) -> list[PictureNode]:
        return [picture_node(graph, trace, key, seen, texts) for key in graph.names]

    roomy = replace(options, width=None, height=None)
    if arrays and picture(nodes(known, LONG_ARRAYS), edges, roomy).width <= width:
        return picture(nodes(seen, LONG_ARRAYS), edges, roomy)
    for texts in SHORTER_AND_SHORTER if len(graph.names) <= NODES_ONE_BY_ONE else ():
        fitted = replace(options, value_width=min(value_width, texts.room))
        if least_width(nodes(known, texts), edges, fitted) <= width:
            return picture(nodes(seen, texts), edges, fitted)
    return picture(nodes(seen, BoxTexts()), edges, options)


def share_texts(session: Session, seen: Revealed) -> dict[str, str]:
    """What each reader of the active node hands back in the present step, as it stands on the edge."""
    steps = session.walk_steps()
    if session.step.walk != "backward" or not session.cursor or seen.active is None or seen.hidden_gradients:
        return {}
    shares = {share.consumer: share.share for share in steps[session.cursor - 1].shares}
    graph = session.graph.graph if session.graph else None
    readers = graph.consumers(seen.active) if graph is not None else ()
    found = {key: shares[graph.names[key]] for key in readers if graph is not None and graph.names[key] in shares}
    texts = {key: show_value(share, DIGITS) for key, share in found.items() if not getattr(share, "ndim", 0)}
    return {key: text for key, text in texts.items() if len(text) <= SHARE_WIDTH}


def label(graph: Graph, key: str) -> str:
    """A name as the picture shows it."""
    return safe(graph.names[key], 40)


def picture_node(graph: Graph, trace: Trace, key: str, seen: Revealed, texts: BoxTexts | None = None) -> PictureNode:
    """One node with what is known of it."""
    texts = texts or BoxTexts()
    value = boxed(trace.value(key), texts) if key in seen.values else ""
    gradient = boxed(trace.gradient(key), texts) if key in seen.gradients and trace.is_scalar else ""
    if key in seen.hidden_gradients:
        gradient = "?"
    if key in seen.hidden_values and key == seen.active:
        return PictureNode(label(graph, key), "?", gradient, kind_of(graph, key), "active")
    is_array = bool(getattr(trace.value(key), "shape", ()))
    whole = boxed(trace.value(key), LONG_ARRAYS) if value and is_array else ""
    return PictureNode(label(graph, key), value, gradient, kind_of(graph, key), _state(key, seen), whole)


def boxed(value: Any, texts: BoxTexts) -> str:
    """A number or a short array as it stands in a box; of a long one the shape, such as (4×3)."""
    shape = getattr(value, "shape", ())
    if not shape:
        return short(value, texts.cells, DIGITS)
    text = show_value(value, DIGITS, 4)
    return text if "…" not in text and len(text) <= texts.longest else f"({'×'.join(map(str, shape))})"


def short(value: Any, cells: int, most: int = 6) -> str:
    """A value with as many digits, `most` at most, as there are cells for; whole numbers are whole where they fit.

    An exponent is never cut.
    """
    is_number = isinstance(value, int | float)
    if is_number and float(value).is_integer() and len(whole := str(int(value))) <= cells:
        return whole
    texts = [show_value(value, digits, 4) for digits in range(most, 1, -1)]
    if is_number and abs(value) >= 1:
        texts += [f"{value:.{digits}e}".replace("e+0", "e").replace("e+", "e") for digits in (1, 0)]
    return next((text for text in texts if len(text) <= cells), show_value(value, 1, 4))


def kind_of(graph: Graph, key: str) -> Kind:
    """What a name is: given, weight, node or the output."""
    if key in graph.given:
        return "given"
    if key in graph.weights:
        return "weight"
    return "output" if key == graph.output else "node"


def _state(key: str, seen: Revealed) -> State:
    if (key == seen.active and key not in seen.hidden_values) or key in seen.changed:
        return "active"
    return "hidden" if key in seen.hidden_values else "known"
