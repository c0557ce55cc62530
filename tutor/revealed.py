"""How much of a graph a learner has seen at a place of the lesson: which values and gradients stand in the picture,
and what is happening now.

A value is there once a forward walk has reached it, a gradient once a backward walk has; in a graph without a forward
walk, values are there from the start, except what a question will still ask for. The very number that an open question
asks for stays hidden. After a wrong answer the node at which it went wrong is active.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.expression import Derivative, Expr, Index, Name, names_in
from engine.graph import Graph
from engine.names import normalise
from engine.steps import Step as WalkStep
from engine.trace import Trace
from tutor.text import safe

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
    at, edges, backward = mistaken(session, shown)
    return Revealed(values - value, gradients - gradient, value, gradient, at, edges, backward)


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
            if step.walk == "forward":
                values |= keys
            elif start_of(graph, step) == graph.output:
                gradients |= keys
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


def asks_for_the_slope_at(session: Session, key: str) -> bool:
    """Whether the present question, still open, asks for the very rule of one node: its derivative by what it reads."""
    shown, step = session.graph, session.step
    if shown is None or key not in shown.graph.nodes or answered_rightly(session):
        return False
    asked = _read(shown.graph, step.formula or step.derivation or step.array or step.number)
    if not isinstance(asked, Derivative):
        return False
    return names_in(asked.of) == (key,) and set(names_in(asked.by)) <= set(shown.graph.nodes[key].parents)


def formulas_to_ask(session: Session, shown: LessonGraph) -> frozenset[str]:
    """The nodes whose definition, or an entry of it, a question from here on asks for, and no walk has shown: it is
    not to be read off."""
    here = session.steps[session.place + (1 if answered_rightly(session) else 0) :]
    asked = [_read(shown.graph, step.formula or step.derivation) for step in here if session.graph_of(step) is shown]
    walks = [step for step in session.steps[: session.place + 1] if step.walk == "forward"]
    walked = {at.key for step in walks if session.graph_of(step) is shown for at in session.walk_steps(step)}
    whole = [expr.body if isinstance(expr, Index) else expr for expr in asked]
    return frozenset(expr.key for expr in whole if isinstance(expr, Name) and expr.key not in walked)


def definition_of(session: Session, key: str) -> str:
    """A node's right-hand side as its author wrote it, `?` while a question asks for it, nothing for an input."""
    shown = session.graph
    node = None if shown is None else shown.graph.nodes.get(key)
    if shown is None or node is None:
        return ""
    return "?" if key in formulas_to_ask(session, shown) else safe(node.text.partition("=")[2].strip(), 200)


def _in_walk(
    graph: Graph, steps: tuple[WalkStep, ...], step: LessonStep, values: frozenset[str], gradients: frozenset[str]
) -> Revealed:
    backward, by_node = step.walk == "backward", step.detail == "node"
    if step.predict:  # what an earlier walk has shown would give the predictions away
        values, gradients = values - (frozenset() if backward else frozenset(graph.nodes)), frozenset()
    keys = frozenset(walked.key for walked in steps if walked.key)
    start = start_of(graph, step)
    if backward:
        values, gradients = frozenset(graph.names), gradients | (keys if start == graph.output else frozenset())
    else:
        values = values | keys
    if not steps:
        return Revealed(values, gradients, backward=backward)
    active = owner(graph, steps[-1])
    edges = active_edges(graph, steps[-1], active, backward, by_node)
    if backward:  # nothing comes back from beyond the walk's start
        edges = frozenset(edge for edge in edges if edge[1] in _ancestors(graph, start))
    return Revealed(values, gradients, active=active, edges=edges, backward=backward)


def start_of(graph: Graph, step: LessonStep) -> str:
    """Where a backward walk starts: at the output, if it is not a walk of another derivative."""
    return graph.output if step.of is None else normalise(step.of.partition("/")[0].partition("[")[0])


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
    asked = _read(shown.graph, text)
    if isinstance(asked, Name):
        return frozenset({asked.key}), frozenset()
    of, by = _ends(asked)
    return frozenset(), frozenset({by} if by is not None and of == shown.graph.output else ())


def _read(graph: Graph, text: str | None) -> Expr | None:
    try:
        return graph.read(text, rows=True) if text else None
    except EngineError:
        return None


def _ends(expr: Expr | None) -> tuple[str | None, str | None]:
    """Both names of a derivative of a name by a name."""
    names = [part.key for part in expr.parts if isinstance(part, Name)] if isinstance(expr, Derivative) else []
    return (names[0], names[1]) if len(names) == 2 else (None, None)


def mistaken(session: Session, shown: LessonGraph) -> tuple[str | None, frozenset[Edge], bool]:
    """The node at which the last answer went wrong, the edges that matter there, and whether a gradient is asked for:
    then these are the edges on the way back to what is differentiated by."""
    question, graph, step = session.question(), shown.graph, session.step
    tried = session.attempts.get(question.id, ()) if question is not None else ()
    found = tried[-1].mark.diagnosis if tried and tried[-1].mark.verdict == "wrong" else None
    key = normalise(found.at) if found is not None and found.at else ""
    if key not in graph.names:
        return None, frozenset(), False
    _, by = _ends(_read(graph, step.number or step.array or step.formula or step.derivation))
    parents = graph.nodes[key].parents if key in graph.nodes else ()
    used = [(parent, key) for parent in parents if by is None or by in _ancestors(graph, parent)]
    if by is not None and not used:
        used = [(key, reader) for reader in graph.consumers(key) if by in _ancestors(graph, reader)]
    return key, frozenset(used), by is not None


def _ancestors(graph: Graph, key: str) -> frozenset[str]:
    """All that a name depends on, itself too."""
    found, open_ones = {key}, [key]
    while open_ones:
        node = graph.nodes.get(open_ones.pop())
        new = {parent for parent in node.parents if parent not in found} if node else set()
        found |= new
        open_ones += new
    return frozenset(found)


def answered_rightly(session: Session) -> bool:
    """Whether the present question has a right answer already."""
    question = session.question()
    best = session.best(question.id) if question is not None else None
    return best is not None and best.mark.verdict == "right"
