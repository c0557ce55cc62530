"""The runs of one training step in the training process: trained together, left, and found again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tutor.tui.training import saved
from tutor.tui.training.scenes import scene
from tutor.tui.training.subject import Facts
from tutor.tui.training.trainee import Trainee

if TYPE_CHECKING:
    from pathlib import Path

    from tutor.lesson import Lesson

FRAME = 0.1
"""Seconds between reports while something trains."""
WHOLE_RUN, SHORTEST, LONGEST = 8.0, 0.1, 600.0
"""How many seconds a whole run is spread over, so that it can be watched; a slow run takes what it takes."""
BETWEEN_SAVES = 2.0


class Bench:
    """Runs by name, how fast they go, what is looked at."""

    def __init__(self, opening: Mapping[str, Any], key: str) -> None:
        self.opening = dict(opening)
        self.key = key
        self.trainees: dict[str, Trainee] = {}
        self.wanted: Mapping[str, Any] = {}
        self.seconds = WHOLE_RUN
        self.earlier = saved.load(key)
        self._kept = dict(self.earlier)
        self._saved_at = time.monotonic()

    def make(self, ready: Callable[[], None] = lambda: None) -> None:
        """The runs of the lesson, at their start; `ready` is called before what may take seconds. Raises EngineError or
        ProblemsError."""
        from tutor.lesson_run import start_run
        from tutor.opening import open_lesson
        from tutor.request import Request

        opening = self.opening
        session = open_lesson(Request.opening(opening))
        lesson, folder = session.loaded.lesson, session.loaded.path.parent
        shared: dict[str, Any] = {}
        facts: dict[str, Facts] = {}
        for name in map(str, opening["runs"]):
            run = start_run(lesson, name, session.graphs, folder, shared=shared)
            self.trainees[name] = Trainee(name, run, _facts(lesson, name, folder, facts))
        ready()
        for trainee in self.trainees.values():
            trainee.prepare()

    @property
    def is_busy(self) -> bool:
        """Whether anything trains."""
        return any(trainee.going or trainee.goal is not None for trainee in self.trainees.values())

    def advance(self) -> None:
        """A piece of training for each run that goes."""
        for trainee in self.trainees.values():
            if trainee.goal is not None:
                trainee.return_further()
            elif trainee.going:
                trainee.due += trainee.epochs / self.seconds * FRAME
                whole = int(trainee.due)
                trainee.due -= whole
                trainee.advance(whole)

    def rest(self) -> None:
        """Everything stops where it is."""
        for trainee in self.trainees.values():
            trainee.going = False

    def resume(self) -> None:
        """Back to where the runs were left, if they have not been started since."""
        for name, place in self.earlier.items():
            trainee = self.trainees.get(name)
            if trainee is not None and trainee.run.epoch <= 0 and not trainee.batch:
                trainee.go_back_to(place)
        self.earlier = {}

    # -- keeping the place

    def save(self) -> None:
        """Keeps where the runs are, unless nothing was started, or nothing has changed."""
        places = {name: trainee.place for name, trainee in self.trainees.items()}
        begun = any(place.epoch or place.batch or place.rates for place in places.values())
        if begun and places != self._kept and saved.save(self.key, places):
            self._kept = places
        self._saved_at = time.monotonic()

    def save_if_due(self) -> None:
        """The same every few seconds."""
        if time.monotonic() - self._saved_at > BETWEEN_SAVES:
            self.save()

    # -- reporting

    def report(self) -> dict[str, Any]:
        """Every run as it stands, and what is looked at."""
        wanted = self.wanted
        runs = [trainee.report(wanted) for trainee in self.trainees.values()]
        message: dict[str, Any] = {"bench": self.key, "runs": runs}
        looked = self.trainees.get(str(wanted.get("run", "")))
        if looked is not None and wanted.get("show"):
            message["scene"] = scene(looked.subject, looked.name, wanted, wanted.get("at"))
        if self.earlier and not self.is_begun:
            message["earlier"] = {name: place.epoch for name, place in self.earlier.items() if name in self.trainees}
        return message

    @property
    def is_begun(self) -> bool:
        """Whether any run has left its start."""
        return any(trainee.run.epoch > 0 or trainee.batch or trainee.goal for trainee in self.trainees.values())


def _facts(lesson: Lesson, name: str, folder: Path, known: dict[str, Facts]) -> Facts:
    """What the data of a run are called; read once for each data set."""
    from tutor.lesson import resolved
    from tutor.lesson_run import load_data

    data = resolved(lesson, name).data
    if data is None:
        return Facts()
    if data not in known:
        found = load_data(lesson, data, folder)
        inputs = () if found.image else found.input_names
        known[data] = Facts(inputs, found.classes, found.image, found.mean, found.scale)
    return known[data]
