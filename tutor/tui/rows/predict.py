"""A walk in which each result stays hidden until the student has said what it will be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.steps import Step as WalkStep
from tutor.draw.cells import Row, Run
from tutor.tui.rows.flow import run, wrap

if TYPE_CHECKING:
    from tutor.marking import Mark
    from tutor.session import Session

Spot = tuple[int, int, int]
"""A step of a walk: the lesson's step, the data row, the cursor."""


@dataclass(frozen=True)
class Prediction:
    """What was said of one result, and what came of it; `shown` once the result may be seen."""

    mark: Mark | None = None
    shown: bool = False


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


def prediction_rows(found: Prediction, width: int, *, why: bool = False) -> list[Row]:
    """What came of the last prediction; `why`: with what is said about it."""
    if found.mark is None:
        return []
    signs = {
        "right": ("✓ right", "right"),
        "imprecise": ("~ nearly", "warn"),
        "unreadable": ("? cannot be read", "warn"),
    }
    words, style = signs.get(found.mark.verdict, ("✗ not that", "wrong"))
    rest = run(f"  {found.mark.given}", limit=200)
    note = Run("" if found.shown else "   another try, or → shows it", "dim")
    rows = wrap([Run(f"  {words}", style), rest, note], width, rest="     ")
    caret = set(found.mark.caret.splitlines())
    unexplained = found.mark.diagnosis is not None and found.mark.diagnosis.fault == "unknown"
    told = [text for text in found.mark.messages if text not in caret]
    told = told if why and not found.shown and not unexplained else []
    return rows + [row for text in told for row in wrap([run(text, "text", 400)], width, first="    ")]
