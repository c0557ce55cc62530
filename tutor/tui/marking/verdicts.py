"""What the screen and the process that marks say to each other, as plain data: one line of JSON each way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from engine.values import to_plain
from tutor.marking.result import Diagnosis, Mark, Verdict, Witness

if TYPE_CHECKING:
    from tutor.lesson_graph import LessonGraph
    from tutor.questions import Question
    from tutor.session import Session

MOST_TEXT = 20_000
"""Characters of one part of a mark."""
MOST_NUMBERS = 10_000
VERDICTS: frozenset[str] = frozenset(get_args(Verdict))


def said_of(mark: Mark) -> dict[str, Any]:
    """A mark as plain data, whole."""
    return {**mark.to_dict(), "caret": mark.caret}


def mark_of(said: Any) -> Mark:
    """The mark in what was said. Raises ValueError, KeyError, TypeError or AttributeError for what is none."""
    verdict = said["verdict"]
    if verdict not in VERDICTS:
        raise ValueError("no verdict")
    points, of = float(said["points"]), float(said["of"])
    if not (math.isfinite(of) and 0.0 <= points <= of):
        raise ValueError("no points")
    read_as, witness, diagnosis = said["read_as"], said["witness"], said["diagnosis"]
    return Mark(
        given=_text(said["given"]),
        verdict=verdict,
        points=points,
        of=of,
        read_as=None if read_as is None else _text(read_as),
        witness=None if witness is None else _witness(witness),
        diagnosis=None if diagnosis is None else _diagnosis(diagnosis),
        note=_text(said["note"]),
        caret=_text(said["caret"]),
    )


def _witness(said: Mapping[str, Any]) -> Witness:
    at = {_text(name): _value(value) for name, value in said["at"].items()}
    return Witness(at, _value(said["given"]), _value(said["right"]), said.get("by_row") is True)


def _diagnosis(said: Mapping[str, Any]) -> Diagnosis:
    at, factor = said["at"], said["factor"]
    return Diagnosis(
        _text(said["fault"]), None if at is None else _text(at), None if factor is None else _text(factor),
        _text(said["says"]),
    )  # fmt: skip


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise TypeError("no text")
    return value


def _value(value: Any) -> Any:
    """A number, words, or an array of them."""
    flat, left = [value], MOST_NUMBERS
    while flat:
        one = flat.pop()
        left -= 1
        if isinstance(one, list):
            flat += one
        elif not (one is None or isinstance(one, int | float | str)) or left < 0:
            raise TypeError("no value")
    return value


# -- what a question is about


def numbers_of(session: Session) -> dict[str, Any]:
    """The graphs whose numbers were changed, with all their numbers."""
    changed = {shown.name for shown in session.edits}
    return {name: _numbers(session.graphs[name]) for name in sorted(changed)}


def _numbers(shown: LessonGraph) -> dict[str, Any]:
    rows = [{key: to_plain(value) for key, value in row.items()} for row in shown.rows]
    return {"values": {key: to_plain(value) for key, value in shown.values.items()}, "rows": rows}


def with_numbers(session: Session, said: Mapping[str, Any]) -> Session:
    """The session with the numbers that `numbers_of` told. Raises KeyError, TypeError."""
    graphs = dict(session.graphs)
    for name, found in said.items():
        graphs[name] = replace(graphs[name], values=dict(found["values"]), rows=tuple(map(dict, found["rows"])))
    return replace(session, graphs=MappingProxyType(graphs))


def said_of_question(question: Question) -> dict[str, Any]:
    """What only other processes know of a question: what runs decide, and the bug of a bug step."""
    rights = [choice.right for choice in question.choices]
    found = {"target": question.target, "others": question.others, "rights": rights}
    return {**found, "ask": question.ask} if question.kind == "bug" else found


def decided(question: Question, said: Mapping[str, Any]) -> Question:
    """The question with what another process found. Raises KeyError, TypeError, ValueError."""
    choices = tuple(
        replace(one, right=bool(right)) for one, right in zip(question.choices, said["rights"], strict=True)
    )
    others = tuple((str(name), float(value)) for name, value in said["others"])
    ask = _text(said["ask"]) if "ask" in said else question.ask
    return replace(question, ask=ask, target=str(said["target"]), others=others, choices=choices)
