"""The JSON of a lesson: full-precision doubles; nan, inf and -inf as strings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from engine.errors import EngineError
from engine.expression import Derivative
from engine.formula import references
from engine.printing import show
from engine.trace import Reference, Trace, to_reference
from engine.values import to_plain
from tutor.figures.figure import to_dict
from tutor.figures.kinds import figure_or_reason
from tutor.lesson_graph import LessonGraph
from tutor.session import Session


def write(session: Session) -> str:
    """The whole lesson as one JSON object on one line, ASCII."""
    return json.dumps(plain(lesson_object(session)), allow_nan=False) + "\n"


def lesson_object(session: Session) -> dict[str, Any]:
    """The object before its numbers are made fit for JSON."""
    lesson = session.loaded.lesson
    return {
        "format": 1,
        "lesson": {"id": lesson.id, "title": lesson.title},
        "variant": session.variant,
        "graphs": {name: graph_object(session, shown) for name, shown in session.graphs.items()},
        **({"pictures": pictures} if (pictures := pictures_object(session)) else {}),
        "runs": {name: run.to_dict() for name, run in session.runs.items()},
        "answers": answers_object(session),
        "score": {"points": session.points, "of": session.possible_points},
    }


def pictures_object(session: Session) -> list[dict[str, Any]]:
    """The pictures of the lesson as plain numbers, each with its step (counted from 1)."""
    return [
        {"step": i, **to_dict(figure_or_reason(session, step))}
        for i, step in enumerate(session.steps, start=1)
        if step.picture is not None
    ]


def graph_object(session: Session, shown: LessonGraph) -> dict[str, Any]:
    """One graph: order, rows, total, Jacobians, gradient check."""
    graph = shown.graph
    out: dict[str, Any] = {
        "order": list(graph.names.values()),
        "rows": [row_object(trace) for trace in shown.traces],
    }
    if shown.trace.is_scalar:
        gradients = {name: shown.total_gradient(key) for key, name in graph.names.items()}
        out["total"] = {"value": shown.total_value, "gradients": gradients}
    else:
        out["total"] = {"value": shown.total_value}
    out["jacobians"] = jacobians(session, shown)
    if shown.trace.is_scalar:
        check = shown.gradient_check
        out["gradient_check"] = {
            "max_relative_error": check.max_relative_error,
            "at_kinks": list(check.at_kinks),
        }
    return out


def row_object(trace: Trace) -> dict[str, Any]:
    """Values and gradients of one row."""
    names = trace.graph.names
    out: dict[str, Any] = {"values": {name: trace.value(key) for key, name in names.items()}}
    if trace.is_scalar:
        out["gradients"] = {name: trace.gradient(key) for key, name in names.items()}
    return out


def jacobians(session: Session, shown: LessonGraph) -> dict[str, Any]:
    """The derivatives of `named_derivatives` over all rows."""
    return {label: shown.total_derivative(of, by) for label, of, by in named_derivatives(session, shown)}


def named_derivatives(session: Session, shown: LessonGraph) -> Iterator[tuple[str, Reference, Reference]]:
    """output/name for every input where the output is an array, and every derivative that the lesson asks about."""
    graph = shown.graph
    if not shown.trace.is_scalar:
        for key in [*graph.given, *graph.weights]:
            yield f"{graph.names[graph.output]}/{graph.names[key]}", Reference(graph.output), Reference(key)
    for derivative in asked_derivatives(session, shown):
        of, by = to_reference(graph, derivative.of), to_reference(graph, derivative.by)
        if of is not None and by is not None:
            yield f"{show(derivative.of, graph.names)}/{show(derivative.by, graph.names)}", of, by


def asked_derivatives(session: Session, shown: LessonGraph) -> Iterator[Derivative]:
    """The derivatives that questions, walks and pictures of matrices about this graph name."""
    for text in formulas(session, shown):
        try:
            yield from references(shown.graph.read(text, rows=True))
        except EngineError:
            continue  # an unreadable formula is the lesson check's business


def formulas(session: Session, shown: LessonGraph) -> Iterator[str]:
    """What is asked, walked or shown as a matrix over this graph."""
    for step in session.steps:
        if session.graph_of(step) is shown:
            yield from step.formulas
        picture = step.picture
        if picture is not None and picture.matrix is not None and session.pictured(step) is shown:
            yield picture.matrix


def answers_object(session: Session) -> dict[str, Any]:
    """Every question that was answered (or all, once answers were handed in)."""
    out: dict[str, Any] = {}
    for _, question in session.questions():
        best = session.best(question.id)
        if best is not None:
            out[question.id] = best.mark.to_dict()
    return out


def plain(value: Any) -> Any:
    """Arrays as lists, and what JSON cannot hold as strings."""
    value = to_plain(value)
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "nan" if value != value else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    return [plain(v) for v in value]
