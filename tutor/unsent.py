"""What was typed or chosen and not sent, or sent and not marked yet: kept as drafts, which come back at the next start.

A draft is a record of the journal like any other; an answer to the same question, which is written once it is marked,
takes its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tutor.journal import Record

SANDBOX = "sandbox"
"""What stands for a question where formulas of one's own are typed, which belong to no lesson."""
MOST_TEXT = 4000
MOST_LINES = 400


@dataclass(frozen=True)
class Unsent:
    """The line being typed, the lines that were taken before it, and the options of a choice that are picked."""

    text: str = ""
    lines: tuple[str, ...] = ()
    picked: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to bring back."""
        return not (self.text.strip() or self.lines or self.picked)

    def record(self) -> Record:
        """As a journal has it."""
        told: Record = {"text": self.text[:MOST_TEXT], "lines": [line[:MOST_TEXT] for line in self.lines[:MOST_LINES]]}
        return {**told, "picked": list(self.picked)} if self.picked else told


def drafts(records: Iterable[Record]) -> dict[str, Unsent]:
    """The last word on each question of one lesson, as far as it is neither an answer nor empty."""
    found: dict[str, Unsent] = {}
    for record in _in_order(record for record in records if record.get("kind") in {"draft", "answer"}):
        question, unsent = str(record.get("question")), _read(record)
        found.pop(question, None)
        if record["kind"] == "draft" and unsent is not None and not unsent.is_empty:
            found[question] = unsent
    return found


def sandbox_draft(records: Iterable[Record]) -> Unsent:
    """What was typed in the sandbox last."""
    return drafts(record for record in records if "lesson" not in record).get(SANDBOX, Unsent())


def _in_order(records: Iterable[Record]) -> list[Record]:
    """By time; in one session by number, also where the clock went back meanwhile."""
    when: dict[int, tuple[float, str, int]] = {}
    told = list(records)
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        latest: dict[str, float] = {}
        for record in sorted(told, key=lambda record: int(record["n"])):
            session = str(record["s"])
            latest[session] = max(float(record["time"]), latest.get(session, float("-inf")))
            when[id(record)] = latest[session], session, int(record["n"])
        told.sort(key=lambda record: when[id(record)])
    return told


def _read(record: Record) -> Unsent | None:
    """None where it says nothing that can be used."""
    text, lines, picked = record.get("text"), record.get("lines"), record.get("picked", [])
    if not isinstance(text, str) or not isinstance(lines, list) or not isinstance(picked, list):
        return None
    return Unsent(text, tuple(map(str, lines)), tuple(i for i in picked if type(i) is int and i >= 0))
