"""Questions that runs decide: the number that is asked for, and which option of a choice is right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import EngineError
from tutor.questions import Question
from tutor.run_results import Trained, result_of

if TYPE_CHECKING:
    from tutor.lesson import Step

WORDS = {
    "best_epoch": "the epoch with the smallest validation loss",
    "best_loss": "the smallest validation loss",
    "epochs": "the number of epochs",
    "train_loss": "the last training loss",
    "validation_loss": "the last validation loss",
    "train_accuracy": "the last training accuracy",
    "validation_accuracy": "the last validation accuracy",
}
"""Results by which a wrong answer may be explained."""


def is_open(step: Step) -> bool:
    """Whether runs decide what is right here."""
    return step.result is not None or step.lowest is not None or step.highest is not None


def settled(question: Question, step: Step, trained: Callable[[str], Trained]) -> Question:
    """The question with its answer, for which its runs are trained. Raises EngineError where a run gave none."""
    if step.result is not None and step.run is not None:
        run = trained(step.run)
        value = result_of(run, step.result, step.epoch)
        if not math.isfinite(value):
            raise EngineError(f"{step.result} of run {step.run} is no finite number")
        return replace(question, target=repr(value), others=tuple(_others(run, step.result, value)))
    asked = step.lowest or step.highest
    if asked is None:
        return question
    values = [result_of(trained(option.run), asked) for option in question.choices if option.run is not None]
    if len(values) != len(question.choices) or not any(map(math.isfinite, values)):
        raise EngineError(f"the runs do not decide which option is right by {asked}")
    best = (min if step.lowest else max)(value for value in values if math.isfinite(value))
    choices = [replace(option, right=value == best) for option, value in zip(question.choices, values, strict=True)]
    return replace(question, choices=tuple(choices))


def _others(run: Trained, asked: str, value: float) -> Iterator[tuple[str, float]]:
    """The run's other results: an answer may be one of them by mistake."""
    for key, words in WORDS.items():
        try:
            found = result_of(run, key)
        except EngineError:
            continue
        if found != value and math.isfinite(found):
            yield words, found
    losses = run.history["train_loss"]
    if asked == "best_epoch":
        finite = [(loss, i) for i, loss in enumerate(losses) if math.isfinite(loss)]
        lowest = min(finite, default=(0.0, 0))[1]
        if lowest != value:
            yield "the epoch with the smallest training loss", float(lowest)
        yield "that epoch counted from 1; index 0 is before the first update", value + 1
