"""The bug laboratory: which node of the broken backward pass makes which mistake?"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from engine.errors import EngineError, did_you_mean
from engine.faults import FAULTS
from engine.faults.injection import broken_gradients, injections
from engine.graph import Graph
from engine.names import normalise
from engine.trace import Trace
from tutor.marking.context import Context
from tutor.marking.reading import shown
from tutor.marking.result import Mark
from tutor.questions.question import Question


def mark_bug(question: Question, context: Context, answer: str) -> Mark:
    """Marks an answer such as "sign at s1" against the question's target of the same form.

    Any fault at any node that breaks the gradients in just the same way is right too.
    """
    graph = context.graph
    assert graph is not None
    named = _read(answer, graph)
    if isinstance(named, str):
        return Mark(shown(answer), "unreadable", 0.0, question.points, note=named)
    fault, at = named
    read_as = f"{fault} at {graph.names[at]}"
    wanted = _read(question.target, graph)
    assert not isinstance(wanted, str)
    if named == wanted or _same_effect(graph, context, wanted, named):
        return Mark(shown(answer), "right", question.points, question.points, read_as)
    note = _lead_on(named, wanted, graph, _trace(graph, context))
    return Mark(shown(answer), "wrong", 0.0, question.points, read_as, note=note)


def _read(answer: str, graph: Graph) -> tuple[str, str] | str:
    """The fault and the node that are named, or what is wrong with the answer."""
    text = answer[:400].lower().replace("_", "-")
    spelled = {name: name.replace("-", r"[-\s]+") for name in sorted(FAULTS, key=len, reverse=True)}
    fault = next((name for name, spelling in spelled.items() if re.search(rf"\b{spelling}\b", text)), None)
    words = re.findall(r"[^\s,;:@()]+", answer[:400])
    nodes = [key for word in words if (key := normalise(word)) in graph.nodes]
    if fault is None:
        hint = next((h for word in words if (h := did_you_mean(word.lower(), FAULTS))), "")
        known = ", ".join(name for name, fault in FAULTS.items() if fault.in_backward)
        return f"name the fault and its node, as in: fault at {graph.names[graph.output]}; faults are {known}{hint}"
    if not nodes:
        return f"name the node as well: one of {', '.join(graph.names[key] for key in list(graph.nodes)[:12])}"
    return fault, nodes[-1]


def _same_effect(graph: Graph, context: Context, wanted: tuple[str, str], named: tuple[str, str]) -> bool:
    """Whether both faults make the same wrong gradients at the lesson's numbers."""
    trace = _trace(graph, context)
    try:
        broken = broken_gradients(graph, trace, wanted[0], wanted[1])
    except EngineError:
        return False
    return any(_equal(broken, other.gradients) for other in injections(graph, trace, named[0], named[1]))


def _trace(graph: Graph, context: Context) -> Trace:
    return graph.trace({**context.numbers, **(context.row_numbers[0] if context.rows else {})})


def _equal(a: Any, b: Any) -> bool:
    return all(np.allclose(a[key], b[key], rtol=1e-9, atol=1e-12) for key in a)


def _lead_on(named: tuple[str, str], wanted: tuple[str, str], graph: Graph, trace: Trace) -> str:
    if named[1] == wanted[1]:
        return "the node is right; compare its gradient with those below it once more to see the kind of fault"
    slots = graph.slot_of
    if slots[named[1]] > slots[wanted[1]]:
        return "the gradients there are still right; look further down the backward pass"
    broken = broken_gradients(graph, trace, *wanted)[named[1]]
    if np.allclose(broken, trace.gradient(named[1]), rtol=1e-9, atol=1e-12):
        return "what comes back to that node is right; follow another branch from the output down"
    return "the gradients are wrong before that node is reached; look further up, nearer the output"
