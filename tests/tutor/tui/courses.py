"""A small catalogue of this folder's lessons, and a learner who has been there: nothing that ships can change it."""

from pathlib import Path

from textual.pilot import Pilot

from tests.tutor.tui.stages import HERE, settled
from tutor.course import Course, Entry, Unit
from tutor.journal import folder
from tutor.opening import open_lesson
from tutor.recorder import Recorder
from tutor.request import Request
from tutor.tui.recollection import recollect

NOTES = "A graph of + − max min."
FIRST = Entry("every-kind", "Every kind of step", "graphs", HERE / "lesson.toml", NOTES, 10, covers=("seven",))
SECOND = Entry("wide", "Backpropagation on paper", "graphs", HERE / "wide.toml", "Two relus.", 15, ("every-kind",))
THIRD = Entry("training", "Softmax", "jacobians", HERE / "training.toml", "Too.", 25, ("wide", "gone"))


def small_course() -> Course:
    units = (Unit("graphs", "Computation graphs", (FIRST, SECOND)), Unit("jacobians", "Jacobians", (THIRD,)))
    return Course("Backpropagation, step by step", units, {each.id: each for each in (FIRST, SECOND, THIRD)})


async def show_small_course(pilot: Pilot) -> None:
    """The catalogue with this course and what the journals say."""
    course = small_course()
    pilot.app.screen.show_course(course, recollect(course))
    await settled(pilot)


def learn(path: Path, *answers: tuple[str, str], place: int = 0, at: float = 1.0) -> None:
    """A session in the journals: answers to questions by their ids, then a place."""
    recorder = Recorder(folder(), lambda: at)
    session = open_lesson(Request(str(path)))
    recorder.follow(session)
    steps = {session.question_id(step): step for step, _ in session.questions()}
    for question, text in answers:
        session = session.answer(text, steps[question])
        recorder.follow(session)
    recorder.follow(session.go(place))
    assert recorder.close()
