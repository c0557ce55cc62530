"""Rows of a run's data with what the run says of them at an epoch, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.numbers import show_number
from tutor.tui.training.snapshot import rounded
from tutor.tui.training.subject import Subject

MOST_ROWS = 500
"""Rows that are evaluated: enough to look at, few enough for every frame."""
MOST_SHOWN = 120
MOST_INPUTS = 16


def samples(subject: Subject, wanted: Mapping[str, Any], at: int | None) -> dict[str, Any]:
    """Rows from "start" on, "count" of them, of the "validation" or the training part; only wrong ones with "wrong"."""
    start, count = max(0, int(wanted.get("start", 0))), max(1, min(MOST_SHOWN, int(wanted.get("count", 20))))
    if subject.is_graph:
        return _graph_samples(subject, start, count, at)
    run: Any = subject.run
    held = bool(wanted.get("validation")) and run.data.has_validation
    x = (run.data.validation_inputs if held else run.data.inputs)[:MOST_ROWS]
    t = (run.data.validation_targets if held else run.data.targets)[:MOST_ROWS]
    out = subject.network_at(at).predict(x)
    graded = bool(run.data.has_classes)
    target, says, sure = _classes(t, out) if graded else (t[:, 0], out[:, 0], out[:, 0] - t[:, 0])
    wrong = [i for i in range(len(x)) if graded and target[i] != says[i]]
    chosen = wrong if wanted.get("wrong") and graded else list(range(len(x)))
    start = min(start, max(0, len(chosen) - 1))
    name = subject.facts.classes if graded else ()
    return {
        "count": len(x),
        "wrong": len(wrong) if graded else None,
        "start": start,
        "part": "validation" if held else "training",
        "columns": _columns(subject, x.shape[1]),
        "image": list(subject.facts.image) if subject.facts.image else None,
        "only_wrong": bool(wanted.get("wrong")) and graded,
        "rows": [
            {
                "number": i + 1,
                "inputs": _inputs(subject, x[i]),
                "target": _said(target[i], name, graded),
                "says": _said(says[i], name, graded),
                "sure": rounded(float(sure[i])),
                "right": bool(target[i] == says[i]) if graded else None,
            }
            for i in chosen[start : start + count]
        ],
    }


def _classes(t: Any, out: Any) -> tuple[Any, Any, Any]:
    """Right class, class that is said, and how sure of it the network is."""
    if t.shape[1] == 1:
        p = out[:, 0]
        says = (p > 0.5).astype(int)
        return t[:, 0].astype(int), says, abs(p - (1 - says))
    return t.argmax(axis=1), out.argmax(axis=1), out.max(axis=1)


def _said(value: Any, classes: tuple[str, ...], graded: bool) -> str:
    if not graded:
        return show_number(float(value), 4)
    return classes[int(value)] if int(value) < len(classes) else str(int(value))


def _columns(subject: Subject, count: int) -> list[str]:
    if subject.facts.image:
        return []
    names = subject.facts.inputs if len(subject.facts.inputs) == count else [f"x{i + 1}" for i in range(count)]
    return list(names[:MOST_INPUTS])


def _inputs(subject: Subject, row: Any) -> list[float]:
    """The inputs as they are trained on; an image as it looked before it was standardised."""
    facts = subject.facts
    if not facts.image:
        return [rounded(float(value)) for value in row[:MOST_INPUTS]]
    if facts.mean is not None:
        row = row * facts.scale + facts.mean
    return [rounded(float(value), 3) for value in row]


def _graph_samples(subject: Subject, start: int, count: int, at: int | None) -> dict[str, Any]:
    """A graph's rows: what is given, and the loss of each."""
    from engine.tape import forward
    from engine.trace import input_values

    run: Any = subject.run
    graph, weights = run.graph, subject.graph_weights_at(at)
    rows = list(run.rows or ({},))[:MOST_ROWS]
    given = [key for key in graph.given if not graph.shape(key)]
    start = min(start, max(0, len(rows) - 1))
    told = []
    for i, row in enumerate(rows[start : start + count], start=start):
        known = input_values(graph, {**run.values, **row})
        values = {graph.slot_of[key]: weights.get(key, value) for key, value in known.items()}
        found = forward(graph.slots, values)
        loss = float(found[graph.slot_of[graph.output]])
        inputs = [rounded(float(values[graph.slot_of[key]])) for key in given[:MOST_INPUTS]]
        told.append(
            {"number": i + 1, "inputs": inputs, "target": "", "says": show_number(loss, 4), "sure": None, "right": None}
        )
    return {
        "count": len(rows), "wrong": None, "start": start, "part": "training",
        "columns": [graph.names[key] for key in given[:MOST_INPUTS]], "image": None, "only_wrong": False, "rows": told,
    }  # fmt: skip
