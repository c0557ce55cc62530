"""A class graded again: whose score moves against earlier results, at which question, and why."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tutor.csv_cells import csv_line, inert
from tutor.errors import wrong
from tutor.files import read_text_file
from tutor.grading import Row, grade
from tutor.submissions import Submission
from tutor.text import safe

MAX_RESULTS = 256 << 20
SMALL = 1e-9


@dataclass(frozen=True)
class Before:
    """What an earlier grading said of one submission: points and, if known, verdicts by question."""

    points: Mapping[str, float] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    numbers: Mapping[str, float] | None = None


Earlier = dict[str, Before]
"""By file, as a spreadsheet shows its name."""


@dataclass(frozen=True)
class Move:
    """One question of one student whose points are others now; "" for `question` where the whole submission moves."""

    student: str
    file: str
    question: str
    before: float
    after: float
    was: str
    now: str

    @property
    def by(self) -> float:
        """How many points more."""
        return self.after - self.before


def earlier(path: str, submissions: Sequence[Submission], jobs: int | None) -> Earlier:
    """Earlier results: the CSV or JSON (lines) that `tutor grade` wrote, or the lesson as it was, graded now.

    Raises ProblemsError for anything else.
    """
    if path.endswith(".toml"):
        return {inert(row.file): before_of(row.to_dict()) for row in grade(path, submissions, jobs)}
    text = read_text_file(path, MAX_RESULTS)
    try:
        read = _from_csv(text) if path.endswith(".csv") else _from_json(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, csv.Error):
        cure = "--format csv or jsonl writes them; or name the lesson as it was"
        raise wrong(path, "these are no results of `tutor grade`", cure) from None
    return read


def _from_csv(text: str) -> Earlier:
    header, *lines = csv.reader(io.StringIO(text), strict=True)
    if header[:3] != ["student", "file", "variant"] or header[-4:] != ["total", "of", "problem", "note"]:
        raise ValueError
    found: Earlier = {}
    for cells in lines:
        points = {key: float(cell) for key, cell in zip(header[3:-4], cells[3:-4], strict=True) if cell}
        found[cells[1]] = Before(points, {}, cells[-2])
    return found


def _from_json(text: str) -> Earlier:
    rows = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    return {inert(str(row["file"])): before_of(row) for row in rows}


def before_of(row: Mapping[str, Any]) -> Before:
    """An earlier row, as `Row.to_dict` gives it."""
    answers = row["answers"]
    points = {str(key): float(mark["points"]) for key, mark in answers.items()}
    said = {str(key): status(mark) for key, mark in answers.items()}
    return Before(points, said, str(row["problem"] or ""), row.get("numbers"))


def status(mark: Mapping[str, Any]) -> str:
    """A verdict with the fault behind it: "wrong (sign)"."""
    diagnosis = mark.get("diagnosis")
    fault = f" ({diagnosis['fault']})" if diagnosis else ""
    return safe(f"{mark['verdict']}{fault}", 60)


def moves(row: Row, before: Before | None) -> Iterator[Move]:
    """What moves for one submission, in the order of the questions."""
    student, file = safe(row.student, 80), safe(row.file, 300)
    if before is None:
        yield Move(student, file, "", 0.0, row.total, "not graded", row.problem or "graded")
        return
    if bool(before.problem) != bool(row.problem):
        was, now = before.problem or "graded", row.problem or "graded"
        yield Move(student, file, "", sum(before.points.values()), row.total, safe(was, 200), safe(now, 200))
        return
    marks = row.to_dict()["answers"]
    others = " with other numbers" if before.numbers is not None and before.numbers != row.numbers else ""
    for question in dict.fromkeys([*before.points, *row.points]):
        old, new = before.points.get(question), row.points.get(question)
        if old is None or new is None or abs(old - new) > SMALL:
            was = before.said.get(question, "") if old is not None else "not asked"
            now = status(marks[question]) + others if new is not None else "not asked"
            if (old or 0.0) or (new or 0.0):
                yield Move(student, file, safe(question, 80), old or 0.0, new or 0.0, was, now)


def _all(rows: Iterable[Row], before: Earlier, count: _Count) -> Iterator[Move]:
    left = dict(before)
    for row in rows:
        found = tuple(moves(row, left.pop(inert(row.file), None)))
        count.add(row, found)
        yield from found
    for file, gone in left.items():
        move = Move(safe(file, 80), safe(file, 300), "", sum(gone.points.values()), 0.0, "graded", "not handed in")
        count.add(None, (move,))
        yield move


class _Count:
    """What the moves add up to."""

    def __init__(self) -> None:
        self.students = self.moved = self.up = self.down = 0
        self.others = 0
        self.by_question: dict[tuple[str, str, str], int] = {}

    def add(self, row: Row | None, found: Sequence[Move]) -> None:
        self.students += row is not None
        self.others += any(move.now.endswith("with other numbers") for move in found)
        total = sum(move.by for move in found)
        self.moved += bool(found)
        self.up += total > SMALL
        self.down += total < -SMALL
        for move in found:
            key = (move.question, move.was, move.now)
            self.by_question[key] = self.by_question.get(key, 0) + 1

    def lines(self) -> Iterator[str]:
        often = sorted(self.by_question.items(), key=lambda item: (-item[1], item[0]))
        for (question, was, now), count in often[:20]:
            yield f"{count:5}×  {question or 'the whole submission'}: {was or '?'} → {now}\n"
        if self.others:
            yield f"{self.others} of them because [vary] draws other numbers for the changed lesson\n"
        yield f"{self.moved} of {self.students} submissions move: {self.up} up, {self.down} down\n"


def as_table(rows: Iterable[Row], before: Earlier) -> Iterator[str]:
    """A line a move, then what they add up to."""
    count = _Count()
    header = f"{'student':24} {'question':20} {'points':>11}  why\n"
    for move in _all(rows, before, count):
        yield header
        header = ""
        points = f"{move.before:g} → {move.after:g}"
        where = move.question or "(everything)"
        yield f"{safe(move.student, 24):24} {where[:20]:20} {points:>11}  {move.was or '?'} → {move.now}\n"
    yield from count.lines()


def as_csv(rows: Iterable[Row], before: Earlier) -> Iterator[str]:
    """A row a move."""
    yield csv_line(["student", "file", "question", "before", "after", "was", "now"])
    for move in _all(rows, before, _Count()):
        texts = [inert(move.student), inert(move.file), inert(move.question)]
        yield csv_line([*texts, f"{move.before:g}", f"{move.after:g}", inert(move.was), inert(move.now)])


def as_jsonl(rows: Iterable[Row], before: Earlier) -> Iterator[str]:
    """An object a move, one a line."""
    for move in _all(rows, before, _Count()):
        yield json.dumps(asdict(move), sort_keys=True) + "\n"


MOVES: dict[str, Callable[[Iterable[Row], Earlier], Iterator[str]]] = {
    "table": as_table,
    "csv": as_csv,
    "jsonl": as_jsonl,
}
"""Format → how moves are written in it, as they come."""
