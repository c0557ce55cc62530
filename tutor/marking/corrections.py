"""A change that sets an answer right, named as the mistake that made it wrong."""

from __future__ import annotations

from engine.faults.edits import Edit, Tape
from engine.graph import Graph
from tutor.marking.value_mistakes import place_of, relation, said_on


def correction(edit: Edit, tape: Tape, graph: Graph) -> tuple[str, str | None, str, float, str | None]:
    """A change that sets an answer right, as the mistake that made it wrong: fault, at, about, extra cost, factor."""
    about = edit.about
    key = tape.slots[edit.new].name if edit.new is not None else None
    at = key if key in graph.names else place_of(edit, tape, graph)
    match edit.kind:
        case "sign":
            return "sign", None, _text(edit.old, tape, graph), 0.7, None
        case "keep term":
            return "extra-factor", None, f"the term {_text(edit.old, tape, graph)}", 0.6, None
        case "keep":
            old = tape.slots[edit.old].name if edit.old is not None else None
            return "extra-factor", old if old in graph.names else None, _text(edit.old, tape, graph), 0.2, None
        case "bare":
            return "extra-factor", None, about, 0.3, None
        case "count":
            return "constant-factor", None, "", 0.2, {"N": "1/N", "1/N": "N"}[about]
        case "name":
            return _inverse_name(edit, tape, graph)
        case "times":
            return "missing-factor", at, "" if edit.name == "slope" else about, 0.75, None
        case "function":
            return "missing-factor", None, about, 1.0, None
        case "over":
            return "extra-factor", at, about, 0.35, None
        case "plus":
            return "missing-path", at, f"the term {about}", 0.6, None
        case _:
            return "extra-factor", at, f"the term {about}", 0.6, None


def _inverse_name(edit: Edit, tape: Tape, graph: Graph) -> tuple[str, str | None, str, float, str | None]:
    fault, place = relation(edit, tape, graph)
    if fault == "wrong-index":
        place = edit.name or place
    more = 0.45 if len(edit.places) > 1 else 0.5
    if fault == "wrong-name" and not edit.name:
        more = -0.1  # a letter where a plain number belongs
    wrong = _text(edit.old, tape, graph)
    if edit.old is not None and tape.slots[edit.old].op == "const":
        wrong = f"the number {wrong}"
    return fault, place or (edit.name or None), wrong, more, None


def _text(slot: int | None, tape: Tape, graph: Graph) -> str:

    return said_on(slot, tape, graph)
