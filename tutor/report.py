"""What a class got wrong: by misconception, by question, by student, and what no known mistake explains."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tutor.clusters import Cluster, Wrong, clusters
from tutor.grading import Row
from tutor.submissions import distinct
from tutor.text import safe

EXAMPLES = 3
FEW = 5
"""Fewer students than this say nothing about how a question tells them apart."""


@dataclass(frozen=True)
class Marked:
    """One submission's row with the lesson it answers."""

    lesson: str
    row: Row

    @property
    def who(self) -> str:
        """Whom it is from, safe to show."""
        return safe(self.row.student or self.row.file, 80)


@dataclass(frozen=True)
class Replaced:
    """A submission that does not count, as its student handed in another one after it."""

    lesson: str
    student: str
    file: str
    by: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class Misconception:
    """A fault: who made it, where, and what they wrote."""

    fault: str
    students: tuple[str, ...]
    answers: int
    places: tuple[tuple[str, str, int], ...]
    examples: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        places = [{"lesson": lesson, "question": q, "answers": n} for lesson, q, n in self.places]
        return {
            "fault": self.fault,
            "students": list(self.students),
            "answers": self.answers,
            "questions": places,
            "examples": list(self.examples),
        }


@dataclass(frozen=True)
class QuestionReport:
    """One question: `solved` is the share of its points that was earned (its difficulty from 1, easy, to 0).

    `discrimination` is the correlation of its points with the points for all other questions of the lesson, None
    where fewer than five students answered or nothing varies (Crocker and Algina, "Introduction to Classical and
    Modern Test Theory", item analysis). `tries` and `hints` are means, `seconds` is the median of the time spent, over
    the students whose exports tell them.
    """

    lesson: str
    question: str
    answered: int
    missing: int
    solved: float
    discrimination: float | None
    tries: float | None
    hints: float | None
    seconds: float | None
    faults: tuple[tuple[str, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self.__dict__, "faults": dict(self.faults)}


@dataclass(frozen=True)
class StudentReport:
    """One student over all lessons."""

    student: str
    points: float
    of: float
    faults: tuple[tuple[str, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**self.__dict__, "faults": dict(self.faults)}


@dataclass(frozen=True)
class Report:
    """The class. Everything is in a fixed order, whatever order the submissions came in."""

    marked: int
    unmarked: tuple[tuple[str, str], ...]
    misconceptions: tuple[Misconception, ...]
    questions: tuple[QuestionReport, ...]
    students: tuple[StudentReport, ...]
    clusters: tuple[Cluster, ...] = field(default=())
    replaced: tuple[Replaced, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "format": 1,
            "submissions": {
                "marked": self.marked,
                "unmarked": [{"file": f, "problem": p} for f, p in self.unmarked],
                "replaced": [part.to_dict() for part in self.replaced],
            },
            "misconceptions": [part.to_dict() for part in self.misconceptions],
            "questions": [part.to_dict() for part in self.questions],
            "students": [part.to_dict() for part in self.students],
            "unexplained": [part.to_dict() for part in self.clusters],
        }


def report(rows: Iterable[Marked], names: dict[str, str]) -> Report:
    """The report on marked submissions, in the order they were read; `names` maps lesson ids to what opens them.

    Of a student who handed in several for a lesson the last one counts.
    """
    read = list(rows)
    last = {_whose(m): m for m in read if not m.row.problem}
    sound = sorted(_told_apart(list(last.values())), key=_in_order)
    unmarked = sorted((m for m in read if m.row.problem), key=_in_order)
    before = [m for m in read if not m.row.problem and last[_whose(m)] is not m]
    return Report(
        len(sound),
        tuple((safe(m.row.file, 200), safe(m.row.problem, 300)) for m in unmarked),
        tuple(_misconceptions(sound)),
        tuple(_questions(sound)),
        tuple(_students(sound)),
        tuple(clusters(_wrong(sound), names)),
        tuple(_replaced(m, last[_whose(m)]) for m in sorted(before, key=_in_order)),
    )


def _in_order(marked: Marked) -> tuple[str, str, str]:
    return marked.lesson, marked.who, marked.row.file


def _whose(marked: Marked) -> tuple[str, bool, str]:
    """A lesson with the student who is named in the submission; a file that names nobody is somebody's of its own."""
    row = marked.row
    return marked.lesson, row.named, row.student if row.named else row.file


def _told_apart(rows: Sequence[Marked]) -> Iterator[Marked]:
    """Files of one name that say of no student are called by their paths, where two are about the same lesson."""
    alike: dict[tuple[str, str], list[str]] = {}
    for m in rows:
        alike.setdefault((m.lesson, m.who), []).append(m.row.file)
    for m in rows:
        files = alike[m.lesson, m.who]
        is_one = m.row.named or len(set(files)) == 1
        yield m if is_one else replace(m, row=replace(m.row, student=distinct(files)[m.row.file]))


def _replaced(marked: Marked, by: Marked) -> Replaced:
    return Replaced(marked.lesson, marked.who, safe(marked.row.file, 200), safe(by.row.file, 200))


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Each word with how often it occurs, the most frequent first."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _fault(mark: Any) -> str | None:
    """The fault that explains a mark; None where nothing does."""
    if mark.diagnosis is None or mark.diagnosis.fault == "unknown":
        return None
    fault: str = mark.diagnosis.fault
    return fault


def _misconceptions(rows: Sequence[Marked]) -> Iterator[Misconception]:
    made: dict[str, list[tuple[Marked, str]]] = {}
    for marked in rows:
        for question, mark in marked.row.marks.items():
            if question not in marked.row.right_elsewhere and (fault := _fault(mark)) is not None:
                made.setdefault(fault, []).append((marked, question))
    for fault, where in made.items():
        made[fault] = sorted(where, key=lambda item: (item[0].lesson, item[1], item[0].who))
    for fault, where in sorted(made.items(), key=lambda item: (-len({m.who for m, _ in item[1]}), item[0])):
        places: dict[tuple[str, str], int] = {}
        for marked, question in where:
            places[marked.lesson, question] = places.get((marked.lesson, question), 0) + 1
        said = dict.fromkeys(f"{question}: {marked.row.marks[question].given}" for marked, question in where)
        students = tuple(sorted({marked.who for marked, _ in where}))
        in_order = tuple((*place, n) for place, n in sorted(places.items(), key=lambda item: (-item[1], item[0])))
        yield Misconception(fault, students, len(where), in_order, tuple(said)[:EXAMPLES])


def _questions(rows: Sequence[Marked]) -> Iterator[QuestionReport]:
    by_lesson: dict[str, list[Row]] = {}
    for marked in rows:
        by_lesson.setdefault(marked.lesson, []).append(marked.row)
    for lesson, mine in by_lesson.items():
        for question in dict.fromkeys(key for row in mine for key in row.marks):
            asked = [row for row in mine if question in row.marks]
            if any(row.marks[question].of for row in asked):
                yield _question(lesson, question, asked)


def _question(lesson: str, question: str, rows: Sequence[Row]) -> QuestionReport:
    marks = [row.marks[question] for row in rows]
    shares = [mark.points / mark.of for mark in marks if mark.of]
    rest = [row.total - row.points[question] for row in rows]
    answered = sum(mark.verdict != "missing" for mark in marks)
    return QuestionReport(
        lesson,
        question,
        answered,
        len(marks) - answered,
        round(statistics.fmean(shares), 6),
        _correlation([mark.points for mark in marks], rest) if answered >= FEW else None,
        _mean([row.tries[question] for row in rows if question in row.tries]),
        _mean([row.hints.get(question, 0) for row in rows if row.tries]),
        _median([row.seconds[question] for row in rows if question in row.seconds]),
        _counted(fault for mark in marks if (fault := _fault(mark)) is not None),
    )


def _correlation(a: Sequence[float], b: Sequence[float]) -> float | None:
    try:
        return round(statistics.correlation(a, b), 6)
    except statistics.StatisticsError:
        return None  # one of the two is the same for everybody


def _mean(values: Sequence[int]) -> float | None:
    return round(statistics.fmean(values), 6) if values else None


def _median(values: Sequence[float]) -> float | None:
    """The middle one: one student who went to lunch does not move it."""
    return round(statistics.median(values), 3) if values else None


def _students(rows: Sequence[Marked]) -> Iterator[StudentReport]:
    by_student: dict[str, list[Row]] = {}
    for marked in rows:
        by_student.setdefault(marked.who, []).append(marked.row)
    for student, mine in sorted(by_student.items()):
        faults = (fault for row in mine for mark in row.marks.values() if (fault := _fault(mark)) is not None)
        yield StudentReport(student, sum(r.total for r in mine), sum(r.of for r in mine), _counted(faults))


def _wrong(rows: Sequence[Marked]) -> Iterator[Wrong]:
    """The wrong answers that no fault explains."""
    for marked in rows:
        for question, mark in marked.row.marks.items():
            elsewhere = question in marked.row.right_elsewhere
            if elsewhere or (mark.verdict == "wrong" and _fault(mark) is None):
                yield Wrong(marked.lesson, question, marked.who, mark, elsewhere)
