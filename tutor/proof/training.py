"""Data that can be read, and runs that end well and in time."""

from __future__ import annotations

import re
import time
from pathlib import Path

from engine.errors import EngineError
from tutor.lesson import DataSpec, Lesson, resolved
from tutor.lesson_run import load_data, train, trained_names
from tutor.proof.findings import Findings
from tutor.run_results import Trained
from tutor.session import Session
from tutor.toml_positions import Path as Place


class _TooLongError(Exception):
    """A run takes longer than its lesson."""


def check_data(found: Findings) -> None:
    """Every data set, whether a run uses it or not; files lie beside the lesson."""
    lesson = found.loaded.lesson
    for name, spec in lesson.data.items():
        try:
            load_data(lesson, name, _folder(found))
        except EngineError as error:
            found.error(("data", name, *_field_of(spec, error.message)), error.message)


_FIELD = re.compile(r"(inputs|target|split|classes|noise|n|limit|from|file|folder|standardise|seed)\b")


def _field_of(spec: DataSpec, message: str) -> Place:
    """The field that a message about data begins with, or whose file it names; and the column, where it names one."""
    path = next((key for key in ("file", "folder") if (said := getattr(spec, key)) and message.startswith(said)), None)
    begins = _FIELD.match(message)
    if path is not None or begins is None:
        return () if path is None else (path,)
    field = {"limit": "n"}.get(begins[1], begins[1])
    if field not in spec.written and field != "from":
        return ()
    texts = getattr(spec, field, None)
    columns = [k for k, column in enumerate(texts) if repr(column) in message] if isinstance(texts, list) else []
    return (field, columns[0]) if columns and len(texts or ()) > 1 else (field,)


_CALLED = {"alpha": "rho"}
"""What the engine calls a setting that has another word in a lesson."""


def check_runs(found: Findings, session: Session, second: float = 1.0) -> dict[str, Trained]:
    """Every run that a step trains, draws or asks about, to its end: those that end in time.

    `second` is how long a second of the lesson's minutes is.
    """
    lesson = found.loaded.lesson
    ended: dict[str, Trained] = {}
    said: set[str] = set()
    for name in trained_names(lesson):
        if (misfit := _misfit(lesson, name)) is not None:
            found.error(*misfit)
            continue
        if (constant := _constant(lesson, name)) is not None:
            found.warn(*constant)
        started = time.perf_counter()
        end = started + 60 * second * lesson.minutes

        def in_time(epoch: int, epochs: int, loss: float, end: float = end) -> None:
            if time.perf_counter() > end:
                raise _TooLongError(f"at epoch {epoch} of {epochs}")

        try:
            run = train(lesson, name, session.graphs, _folder(found), progress=in_time)
        except EngineError as error:
            if error.message not in said:  # runs that are like one another go wrong alike
                found.error(_place_of(found, name, error.message), error.message)
            said.add(error.message)
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


def _misfit(lesson: Lesson, name: str) -> tuple[Place, str, str] | None:
    """A last layer with which a loss cannot be: where, what, and the cure; the runs of one model have one cause."""
    run = resolved(lesson, name)
    if run.loss in ("bce", "cross_entropy") and (constant := _constant(lesson, name)) is not None:
        return constant
    if run.loss == "cross_entropy" and run.model in lesson.model and lesson.model[run.model].layers[-1].units == 1:
        what = f"cross_entropy needs one output for each class, and the model {run.model} has one output"
        cure = 'say loss = "bce", or give the last layer one unit for each class and activation = "softmax"'
        return ("run", _owner(lesson, name, "loss"), "loss"), what, cure
    return None


def _constant(lesson: Lesson, name: str) -> tuple[Place, str, str] | None:
    """A last layer whose output is always the same."""
    model = resolved(lesson, name).model
    layers = lesson.model[model].layers if model in lesson.model else []
    if model is None or not layers or (layers[-1].units, layers[-1].activation) != (1, "softmax"):
        return None
    place = ("model", model, "layers", len(layers) - 1, "activation")
    cure = 'one unit goes with activation = "sigmoid"; softmax needs one unit for each class'
    return place, "the softmax of one unit is always 1", cure


def _owner(lesson: Lesson, name: str, field: str) -> str:
    """The run that writes a field which another one takes over; itself if none does."""
    owner: str | None = name
    while owner is not None and field not in lesson.run[owner].written:
        owner = lesson.run[owner].like
    return owner or name


def _place_of(found: Findings, name: str, message: str) -> Place:
    """The field that a message is about: a checkpoint, or the setting that it begins with; else the run."""
    lesson, run = found.loaded.lesson, resolved(found.loaded.lesson, name)
    if run.start is not None and run.start in message:
        return ("run", _owner(lesson, name, "start"), "start")
    init = lesson.model[run.model].init if run.model in lesson.model else None
    if run.model is not None and isinstance(init, str) and init in message and init.endswith(".npz"):
        return ("model", run.model, "init")
    word = message.partition(" ")[0]
    field = _CALLED.get(word, word)
    owner = _owner(lesson, name, field)
    return ("run", owner, field) if field in lesson.run[owner].written else ("run", name)


def _folder(found: Findings) -> Path:
    return Path(found.loaded.path).parent
