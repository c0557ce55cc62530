"""How much of a graph a learner has seen at a place of the lesson: which values and gradients stand in the picture,
and what is happening now.

A value is there once a forward walk has reached it, a gradient once a backward walk has; in a graph without a forward
walk, values are there from the start, except what a question will still ask for. The very number that an open question
asks for stays hidden.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.expression import Derivative, Name
from engine.graph import Graph
from engine.steps import Step as WalkStep
from engine.trace import Trace

if TYPE_CHECKING:
    from tutor.lesson import Step as LessonStep
    from tutor.lesson_graph import LessonGraph
    from tutor.session import Session

Edge = tuple[str, str]


@dataclass(frozen=True)
class Revealed:
    """Keys of a graph whose value or gradient is shown, or hidden on purpose; the active node, and the active edges
    as (source, target)."""

    values: frozenset[str] = frozenset()
    gradients: frozenset[str] = frozenset()
    hidden_values: frozenset[str] = frozenset()
    hidden_gradients: frozenset[str] = frozenset()
    active: str | None = None
    edges: frozenset[Edge] = frozenset()
    backward: bool = False
    changed: frozenset[str] = frozenset()

    def without_result(self) -> Revealed:
        """The same while the present result is still to be predicted."""
        key = frozenset({self.active}) if self.active else frozenset()
        if self.backward:
            return replace(self, gradients=self.gradients - key, hidden_gradients=key)
        return replace(self, values=self.values - key, hidden_values=key)

    def with_changed(self, changed: frozenset[str], graph: Graph) -> Revealed:
        """The same with what a change in play has moved."""
        edges = frozenset(
            (p, key) for key in changed & set(graph.nodes) for p in graph.nodes[key].parents if p in changed
        )
        return replace(self, changed=changed, edges=edges)


def revealed(session: Session) -> Revealed:
    """What is to be seen of the present step's graph."""
    shown = session.graph
    if shown is None:
        return Revealed()
    values, gradients = _walked(session, shown)
    step = session.step
    if step.walk is not None:
        steps = session.walk_steps()[: session.cursor]
        return _in_walk(shown.graph, steps, step, values, gradients)
    if step.explore is not None:
        return Revealed(frozenset(shown.graph.names), _with_gradient(shown))
    value, gradient = _asked(session, shown)
    return Revealed(values - value, gradients - gradient, value, gradient)


def trace_of(session: Session) -> Trace:
    """The present graph's trace of the chosen data row; of its last row where it has fewer."""
    shown = session.graph
    assert shown is not None
    return session.trace_of(shown)


def _with_gradient(shown: LessonGraph) -> frozenset[str]:
    return frozenset(shown.graph.names if shown.trace.is_scalar else ())


def _walked(session: Session, shown: LessonGraph) -> tuple[frozenset[str], frozenset[str]]:
    """What the walks before the present step have reached."""
    graph = shown.graph
    values = {*graph.given, *graph.weights}
    gradients: set[str] = set()
    walks = [(i, step) for i, step in enumerate(session.steps) if step.walk and session.graph_of(step) is shown]
    if not any(step.walk == "forward" for _, step in walks):
        values |= set(graph.names) - (set() if _played(session, shown) else _to_ask(session, shown))
    for i, step in walks:
        if i < session.place:
            keys = {walked.key for walked in session.walk_steps(step) if walked.key}
            (values if step.walk == "forward" else gradients).update(keys)
            values |= set(graph.names) if step.walk == "backward" else set()
    return frozenset(values), frozenset(gradients)


def _played(session: Session, shown: LessonGraph) -> bool:
    """Whether a step of play before the present one has shown everything."""
    return any(step.explore and session.graph_of(step) is shown for step in session.steps[: session.place])


def _to_ask(session: Session, shown: LessonGraph) -> set[str]:
    """The values that questions from here on ask for, with all that is computed from them."""
    here = session.steps[session.place :]
    if answered_rightly(session):
        here = here[1:]
    texts = {step.number or step.array for step in here if session.graph_of(step) is shown}
    found = {key for key, name in shown.graph.names.items() if name in texts}
    for key, node in shown.graph.nodes.items():  # parents stand before those that read them
        if found & set(node.parents):
            found.add(key)
    return found


def _in_walk(
    graph: Graph, steps: tuple[WalkStep, ...], step: LessonStep, values: frozenset[str], gradients: frozenset[str]
) -> Revealed:
    backward, by_node = step.walk == "backward", step.detail == "node"
    if step.predict:  # what an earlier walk has shown would give the predictions away
        values, gradients = values - (frozenset() if backward else frozenset(graph.nodes)), frozenset()
    keys = frozenset(walked.key for walked in steps if walked.key)
    if backward:
        values, gradients = frozenset(graph.names), gradients | keys
    else:
        values = values | keys
    if not steps:
        return Revealed(values, gradients, backward=backward)
    active = owner(graph, steps[-1])
    edges = active_edges(graph, steps[-1], active, backward, by_node)
    return Revealed(values, gradients, active=active, edges=edges, backward=backward)


def owner(graph: Graph, step: WalkStep) -> str | None:
    """The node that a step of a walk belongs to, also where it is one operation inside it."""
    if step.key is not None:
        return step.key
    return next((node.key for node in graph.nodes.values() if step.slot in node.slots), None)


def active_edges(graph: Graph, step: WalkStep, active: str | None, backward: bool, by_node: bool) -> frozenset[Edge]:
    """The edges that the present step uses: into the node on the way forward, out of it on the way back.

    An operation inside a node uses only the edges from the names it reads itself.
    """
    if active is None:
        return frozenset()
    if backward:
        return frozenset((active, reader) for reader in graph.consumers(active)) if step.key else frozenset()
    read = {graph.slots[i].name for i in graph.slots[step.slot].args}
    parents = graph.nodes[active].parents if active in graph.nodes else ()
    return frozenset((parent, active) for parent in parents if by_node or parent in read)


def _asked(session: Session, shown: LessonGraph) -> tuple[frozenset[str], frozenset[str]]:
    """The value or gradient that the present question asks for, while it is not answered rightly."""
    step = session.step
    text = step.number or step.array
    if text is None or answered_rightly(session):
        return frozenset(), frozenset()
    try:
        asked = shown.graph.read(text, rows=True)
    except EngineError:
        return frozenset(), frozenset()
    if isinstance(asked, Name):
        return frozenset({asked.key}), frozenset()
    if isinstance(asked, Derivative):
        names = [part.key for part in asked.parts if isinstance(part, Name)]
        if len(names) == 2 and names[0] == shown.graph.output:
            return frozenset(), frozenset({names[1]})
    return frozenset(), frozenset()


def answered_rightly(session: Session) -> bool:
    """Whether the present question has a right answer already."""
    question = session.question()
    best = session.best(question.id) if question is not None else None
    return best is not None and best.mark.verdict == "right"
