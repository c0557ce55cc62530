"""Progress of a learner: a fold over all records, in any order, with repetitions, with no clock."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from tutor.journal import Record, key

if TYPE_CHECKING:
    from tutor.lesson import Step
    from tutor.marking import Mark
    from tutor.questions import Question
    from tutor.session import Session


@dataclass
class LessonProgress:
    """What the journals say of one lesson: best points by question, tries, faults found, and the last place."""

    points: dict[str, float] = field(default_factory=dict)
    of: float = 0.0
    tries: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    done: bool = False
    place: int = 0
    cursor: int = 0

    @property
    def earned(self) -> float:
        """The best points together."""
        return sum(self.points.values())


def progress(records: Iterable[Record]) -> dict[str, LessonProgress]:
    """Progress by lesson id. Neither the order of the records nor their repetition matters."""
    once = {which: record for record in records if (which := key(record)) is not None}
    lessons: dict[str, LessonProgress] = {}
    places: dict[tuple[str, str], Place] = {}
    for which in sorted(once):
        record = once[which]
        lesson = record.get("lesson")
        if not isinstance(lesson, str):
            continue
        found = lessons.setdefault(lesson, LessonProgress())
        if record.get("kind") == "answer":
            _count(found, record)
        elif (place := place_in(record)) is not None:
            places[lesson, place.session] = place
            found.done = found.done or place.last
    for (lesson, _), place in sorted(places.items(), key=lambda item: (item[1].time, item[1].session)):
        found = lessons[lesson]
        found.place, found.cursor, found.of = place.place, place.cursor, place.of
    return lessons


@dataclass(frozen=True)
class Place:
    """Where a session was in a lesson; the last of a session is the one with the highest number, whatever the clock."""

    session: str
    time: float
    place: int
    cursor: int
    of: float
    last: bool


def place_in(record: Record) -> Place | None:
    """The place that a record tells, None if it tells none."""
    if record.get("kind") != "place":
        return None
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        at = int(record["place"]), int(record["cursor"]), float(record.get("of", 0.0))
        return Place(str(record["s"]), float(record["time"]), *at, bool(record.get("last")))
    return None


def _count(found: LessonProgress, record: Record) -> None:
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        question, points = str(record["question"]), float(record["points"])
        found.points[question] = max(found.points.get(question, 0.0), points)
        found.tries[question] = found.tries.get(question, 0) + 1
        if record.get("fault"):
            found.faults[str(record["fault"])] = found.faults.get(str(record["fault"]), 0) + 1


def about(session: Session, records: Iterable[Record]) -> list[Record]:
    """The records of the same lesson in the same variant."""
    lesson = session.loaded.lesson.id
    return [r for r in records if r.get("lesson") == lesson and r.get("variant") == session.variant]


def resumed(session: Session, records: Iterable[Record], *, mark: bool = True) -> Session:
    """The session where the learner left the same lesson: answers marked again, hints shown, the last place.

    Without `mark`, answers have the verdicts of the journal and are `remembered` only, to be marked later.
    """
    lesson = session.loaded.lesson.id
    mine = about(session, records)
    steps = {session.question_id(step): step for step, _ in session.questions()}
    for record in mine:
        if record.get("kind") == "answer" and record.get("question") in steps:
            session = _answered(session, record, steps[record["question"]], mark)
    where = progress(mine).get(lesson)
    return session if where is None else session.go(where.place).go_in_walk(where.cursor)


def _answered(session: Session, record: Record, step: Step, mark: bool) -> Session:
    """The session with an answer of the journal."""
    text = str(record.get("text", ""))
    if mark:
        return session.answer(text, step)
    from tutor.session import Attempt

    question = session.question(step)
    assert question is not None
    return session.with_attempt(question.id, Attempt(text, _remembered(record, text, question), remembered=True))


def _remembered(record: Record, text: str, question: Question) -> Mark:
    """The mark of a journal's answer, as far as the journal tells; the points are never more than the question has."""
    from tutor.marking import Diagnosis, Mark
    from tutor.marking.reading import shown
    from tutor.marking.result import Verdict

    most, fault, points = question.points, record.get("fault"), record.get("points")
    verdict: Verdict | None = next((each for each in get_args(Verdict) if each == record.get("verdict")), None)
    if verdict is None or not isinstance(points, int | float) or not 0.0 <= points <= most:
        return Mark(shown(text), "unscored", 0.0, most)
    return Mark(shown(text), verdict, float(points), most, diagnosis=Diagnosis(str(fault)) if fault else None)
