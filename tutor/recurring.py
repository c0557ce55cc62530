"""What a learner gets wrong again and again, and where the learner stopped: folds over the journals' records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tutor.journal import Record, key
from tutor.progress import place_in

UNNAMED = frozenset({"unknown", "imprecise", "arithmetic-slip"})
"""Faults that name no idea that could be practised."""
OFTEN = 2
"""So many different wrong answers with one fault make it a recurring one."""


@dataclass(frozen=True)
class Where:
    """A question in which a mistake was made; `mended` once a right answer followed in any session."""

    lesson: str
    question: str
    count: int
    mended: bool


@dataclass(frozen=True)
class Recurring:
    """A fault that came back: how often, and in which questions, open ones first."""

    fault: str
    count: int
    places: tuple[Where, ...]


@dataclass(frozen=True)
class Stop:
    """Where the learner was last, of all lessons: the lesson's id, and the step counted from zero."""

    lesson: str
    place: int


def recurring(records: Iterable[Record]) -> tuple[Recurring, ...]:
    """The faults behind two or more different wrong answers, the most frequent first.

    The same text sent to the same question twice counts once. Neither the order of the records nor their repetition
    matters.
    """
    answers: dict[str, set[tuple[str, str, str]]] = {}
    solved: set[tuple[str, str]] = set()
    for record in _once(records):
        if record.get("kind") != "answer":
            continue
        lesson, question, fault = (_text(record, name) for name in ("lesson", "question", "fault"))
        if record.get("verdict") == "right":
            solved.add((lesson, question))
        elif fault and fault not in UNNAMED:
            answers.setdefault(fault, set()).add((lesson, question, _text(record, "text")))
    found = [_recurring(fault, made, solved) for fault, made in answers.items() if len(made) >= OFTEN]
    return tuple(sorted(found, key=lambda one: (-one.count, one.fault)))


def _recurring(fault: str, made: set[tuple[str, str, str]], solved: set[tuple[str, str]]) -> Recurring:
    counts: dict[tuple[str, str], int] = {}
    for lesson, question, _ in made:
        counts[lesson, question] = counts.get((lesson, question), 0) + 1
    places = [Where(*where, count, where in solved) for where, count in counts.items()]
    places.sort(key=lambda where: (where.mended, -where.count, where.lesson, where.question))
    return Recurring(fault, len(made), tuple(places))


def latest_stop(records: Iterable[Record]) -> Stop | None:
    """The place that was reached last, whatever the lesson; None if nothing was begun."""
    last: tuple[float, str, int] | None = None
    found: Stop | None = None
    for record in _once(records):
        place, which = place_in(record), key(record)
        if place is None or which is None:
            continue
        when = (place.time, *which)
        if last is None or when > last:
            last, found = when, Stop(_text(record, "lesson"), place.place)
    return found


def _once(records: Iterable[Record]) -> Iterable[Record]:
    return {which: record for record in records if (which := key(record)) is not None}.values()


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
