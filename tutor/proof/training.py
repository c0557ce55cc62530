"""Data that can be read, and runs that end well and in time."""

from __future__ import annotations

import time
from pathlib import Path

from engine.errors import EngineError
from tutor.lesson import resolved
from tutor.lesson_run import load_data, train, trained_names
from tutor.proof.findings import Findings
from tutor.run_results import Trained
from tutor.session import Session

FOR_MODELS = frozenset(("data", "loss", "freeze", "start", "keep", "validate_every", "reduce"))


class _TooLongError(Exception):
    """A run takes longer than its lesson."""


def check_data(found: Findings) -> None:
    """Every data set, whether a run uses it or not; files lie beside the lesson."""
    lesson = found.loaded.lesson
    for name, spec in lesson.data.items():
        try:
            load_data(lesson, name, _folder(found))
        except EngineError as error:
            file = next((key for key in ("file", "folder") if getattr(spec, key)), None)
            place = ("data", name, file) if file and str(getattr(spec, file)) in error.message else ("data", name)
            found.error(place, error.message)


def check_runs(found: Findings, session: Session, second: float = 1.0) -> dict[str, Trained]:
    """Every run that a step trains, draws or asks about, to its end: those that end in time.

    `second` is how long a second of the lesson's minutes is.
    """
    lesson = found.loaded.lesson
    ended: dict[str, Trained] = {}
    for name in trained_names(lesson):
        _check_fields(found, name)
        started = time.perf_counter()
        end = started + 60 * second * lesson.minutes

        def in_time(epoch: int, epochs: int, loss: float, end: float = end) -> None:
            if time.perf_counter() > end:
                raise _TooLongError(f"at epoch {epoch} of {epochs}")

        try:
            run = train(lesson, name, session.graphs, _folder(found), progress=in_time)
        except EngineError as error:
            found.error(_place_of(found, name, error.message), error.message)
            continue
        except _TooLongError as error:
            cure = "fewer epochs or rows, or more minutes"
            found.warn(("run", name), f"this run takes longer than the lesson's minutes ({error})", cure)
            continue
        ended[name] = run
        if not run.history["train_loss"]:
            found.error(("run", name), "this run measured nothing")
        expected = lesson.run[name].diverges
        if run.diverged and not expected:
            epoch = int(run.history["epoch"][-1])
            cure = "a smaller lr; or say diverges = true, if that is what it shows"
            found.warn(("run", name), f"this run diverges at epoch {epoch}", cure)
        elif expected and not run.diverged:
            found.warn(("run", name, "diverges"), "this run does not diverge", "a larger lr, or leave diverges out")
    return ended


def _place_of(found: Findings, name: str, message: str) -> tuple[str | int, ...]:
    """The field with the checkpoint that a message is about; else the run."""
    lesson, run = found.loaded.lesson, resolved(found.loaded.lesson, name)
    if run.start is not None and run.start in message:
        owner: str | None = name
        while owner is not None and "start" not in lesson.run[owner].written:
            owner = lesson.run[owner].like
        return ("run", owner or name, "start")
    init = lesson.model[run.model].init if run.model in lesson.model else None
    if run.model is not None and isinstance(init, str) and init in message and init.endswith(".npz"):
        return ("model", run.model, "init")
    return ("run", name)


def _check_fields(found: Findings, name: str) -> None:
    """Settings of a network's run that a graph's run does not have."""
    run = found.loaded.lesson.run[name]
    if resolved(found.loaded.lesson, name).graph is not None:
        for field in sorted(run.written & FOR_MODELS):
            found.warn(("run", name, field), f"{field} means nothing in a run of a graph", f"leave {field} out")


def _folder(found: Findings) -> Path:
    return Path(found.loaded.path).parent
