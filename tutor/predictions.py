"""A walk in which each result stays hidden until the student has said what it will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.steps import Step as WalkStep

if TYPE_CHECKING:
    from tutor.marking import Mark
    from tutor.session import Session

Spot = tuple[int, int, int]
"""A step of a walk: the lesson's step, the data row, the cursor."""


SIGNS = {
    "right": ("✓ right", "right"),
    "imprecise": ("~ nearly", "warn"),
    "unreadable": ("? cannot be read", "warn"),
}
"""What is said of a prediction, and how it is coloured; everything else is `OTHERWISE`."""
OTHERWISE = ("✗ not that", "wrong")
AGAIN = "another try, or {key} shows it"


@dataclass(frozen=True)
class Prediction:
    """What was said of one result, and what came of it; `shown` once the result may be seen."""

    mark: Mark | None = None
    shown: bool = False

    @property
    def words(self) -> tuple[str, str]:
        """A sign and a word, and their style."""
        return OTHERWISE if self.mark is None else SIGNS.get(self.mark.verdict, OTHERWISE)

    def told(self) -> tuple[str, ...]:
        """What is said about a prediction that was not right, while the result is hidden."""
        if self.mark is None or self.shown:
            return ()
        if self.mark.diagnosis is not None and self.mark.diagnosis.fault == "unknown":
            return ()
        caret = set(self.mark.caret.splitlines())
        return tuple(text for text in self.mark.messages if text not in caret)


Predictions = Mapping[Spot, Prediction]


def spot(session: Session) -> Spot:
    """Where the session is, as a key of predictions."""
    return session.place, session.row, session.cursor


def is_open(session: Session, predictions: Predictions) -> bool:
    """Whether the present result is still hidden."""
    step = session.step
    if not step.predict or step.walk is None or not session.cursor:
        return False
    return asked(session) is not None and not predictions.get(spot(session), Prediction()).shown


def asked(session: Session) -> str | None:
    """The present result as a formula; None for what has no name, such as the gradient inside a node."""
    steps = session.walk_steps()
    shown = session.graph
    if shown is None or not session.cursor or session.cursor > len(steps):
        return None
    step: WalkStep = steps[session.cursor - 1]
    if step.direction == "forward":
        return shown.graph.names[step.key] if step.key else step.formula
    if step.key is None or step.key == shown.graph.output:
        return None
    return f"d({shown.graph.names[shown.graph.output]})/d({shown.graph.names[step.key]})"


def predicted(session: Session, text: str) -> Mark:
    """What is made of a prediction, for the chosen data row alone."""
    from tutor.marking import Context, mark
    from tutor.questions.question import Question

    shown, target = session.graph, asked(session)
    assert shown is not None and target is not None
    row = shown.rows[min(session.row, len(shown.rows) - 1)] if shown.rows else {}
    alone = replace(shown, rows=(), values={**shown.values, **row})
    kind = "array" if getattr(session.walk_steps()[session.cursor - 1].result, "ndim", 0) else "number"
    return mark(Question("prediction", kind, target=target), Context.of(alone), text)
