"""Training runs as lines of plain text, without a plot, for who hears them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from engine.errors import EngineError
from tutor.draw.training_words import course_words, curve_words, layer_words, measured_words, run_words, weight_words
from tutor.errors import ProblemsError

if TYPE_CHECKING:
    from tutor.lesson import Step
    from tutor.session import Session

TOLD = ("_loss", "_accuracy")
"""How the histories end that are told of every run, whatever is plotted."""


def shows_trained(session: Session) -> bool:
    """Whether the picture of this step has only curves that the step before, a training, has told of."""
    picture, before = session.step.picture, session.steps[max(session.place - 1, 0)]
    if picture is None or not picture.runs or picture.labels or picture.best or before.train is None:
        return False
    told = {*(before.plot or ()), "train_loss", "validation_loss"}
    return {*picture.runs} <= {*before.train} and {*(picture.plot or ())} <= told


def asks_lowest(step: Step) -> bool:
    """Whether a step asks for the lowest validation loss of a run, or for its epoch."""
    return step.result in ("best_epoch", "best_loss")


def runs_asked_for(session: Session) -> frozenset[str]:
    """The runs of which a question asks that, unless it has been answered rightly."""
    found = [(step.run, session.best(session.question_id(step))) for step in session.steps if asks_lowest(step)]
    return frozenset(run for run, best in found if run and (best is None or best.mark.verdict != "right"))


def trained_words(session: Session, names: list[str], known: Collection[str] = ()) -> Iterator[str]:
    """The same runs without a plot, for who hears them; of those known from another step only the end."""
    yield f"Training: {', '.join(names)}"
    asked = runs_asked_for(session)
    for name in names:
        try:
            run = session.trained(name)
        except (EngineError, ProblemsError) as error:
            yield f"{name}: {error}"
            continue
        shown = [key for key in session.step.plot or () if key in run.history and not key.endswith(TOLD)]
        if name in known:
            yield f"{name}: the same run as before. {run.sentence}"
        else:
            yield f"{name}:"
            told = run_words(run.history, run.sentence, session.step.diagnose, lowest=name not in asked)
            more = (layer_words(run.history), weight_words(run.weights))
            yield from (f"  {line}" for line in (*told, *more) if line)
        for key in shown:
            yield f"  {curve_words(measured_words(key).capitalize(), run.history[key])}"
            yield from (f"  {course}" for course in [course_words(run.history[key])] if course)
