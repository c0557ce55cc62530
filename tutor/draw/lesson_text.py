"""Lines of plain text for everything in a lesson: what headless runs, plain mode and explanations share."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING

from engine.numbers import counted, show_value
from engine.steps import Detail, Direction, Step, walk
from engine.trace import Trace
from tutor.draw.cells import text_of
from tutor.draw.figure_words import figure_words
from tutor.draw.plot import PlotOptions, Series, line_plot
from tutor.draw.trained_text import asks_lowest
from tutor.draw.training_words import curve_words
from tutor.draw.walk_text import step_lines
from tutor.figures.kinds import figure_or_reason
from tutor.figures.run_signs import run_places, sign_of
from tutor.lesson_graph import LessonGraph
from tutor.text import safe

if TYPE_CHECKING:
    from tutor.lesson import Step as LessonStep
    from tutor.marking import Mark
    from tutor.questions import Question
    from tutor.session import Session

WIDTH = 78
COLUMNS = 80
SHOWN_ROWS = 4
PLOT_HEIGHT = 16
MOST_STEPS = 60
"""Steps of one pass that are all told; of a longer one only both ends."""
SHOWN_ENDS = 10
MOST_GIVEN = 40
BOTH: tuple[Direction, ...] = ("forward", "backward")
WITNESSED = ("formula", "derivation")
"""Kinds of question for which a witness does not give the answer away."""
EMPHASIS = re.compile(r"(?<![\w*])\*([^\s*](?:[^*\n]{0,400}[^\s*])?)\*(?![\w*])")
"""Markdown's emphasis: its stars are noise where nothing is slanted."""
TICKED = re.compile(r"(?<!`)`([^`\n]{1,400})`(?!`)")
"""Markdown's words of code: nothing is set in another type here, and a screen reader reads the ticks aloud."""


def unmarked(text: str) -> str:
    """A text of a lesson without the signs that only a page shows otherwise."""
    return EMPHASIS.sub(r"\1", TICKED.sub(r"\1", text))


def fitted(line: str) -> list[str]:
    """The line made safe, broken where it is wider than a terminal; what follows is indented like its text."""
    shown = safe(line, 2000)
    if len(shown) <= COLUMNS:
        return [shown]
    start = re.match(r" *(?:\d+\. |[-*✓✗~?·] )?", shown)
    indent = " " * min(len(start[0]) if start is not None else 0, 20)
    return textwrap.wrap(shown, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def heading(text: str, line: str) -> Iterator[str]:
    """A title with a line of signs below it."""
    yield safe(text, WIDTH)
    yield line * min(len(safe(text, WIDTH)), WIDTH)


def wrapped(text: str, indent: str = "") -> Iterator[str]:
    """Paragraphs filled to the width; lines that start with a sign of a list or of code stay as they are."""
    for paragraph in text.strip().split("\n\n"):
        kept = paragraph.splitlines()
        if any(line.startswith(("    ", "- ", "* ", "|", "1.")) for line in kept):
            yield from (indent + line for line in kept)
        else:
            yield from _filled(" ".join(kept), indent)
        yield ""


def _filled(text: str, indent: str) -> list[str]:
    """Lines of the width; a voice that reads line by line does not take log-sum-exp apart."""
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def step_text(session: Session, step: LessonStep, number: int, *, picture: bool = True) -> Iterator[str]:
    """One step of the lesson, with its picture in words."""
    if step.say is not None:
        yield from wrapped(unmarked(step.say))
    elif step.walk is not None:
        yield from walk_text(session, step)
    elif step.ask is not None or step.bug is not None:
        question = session.question(step)
        assert question is not None
        yield from question_text(session, question)
    elif step.train is not None:
        yield from training_text(session, step)
    elif step.explore is not None:
        yield f"Free play with {step.explore}: change any value in the app, and watch what follows."
    if picture and step.picture is not None:
        yield ""
        yield from figure_words(figure_or_reason(session, step), lowest=not asks_lowest(step))


def training_text(session: Session, step: LessonStep) -> Iterator[str]:
    """The runs of a step: where the loss began, where it ended, and how; then the curves in words and on one plot."""
    names = step.train or []
    yield f"Training: {', '.join(names)}"
    yield from outcome_lines(session, names)
    wanted = step.plot or ["train_loss"]
    series = list(_series(session, names, wanted))
    if series and len(series[0].values) > 1:
        title = ", ".join(key.replace("_", " ") for key in wanted) + " by epoch"
        options = PlotOptions(title=title, marks=_best_epochs(session, names) if "validation_loss" in wanted else ())
        for one in series:
            yield from textwrap.wrap(
                curve_words(one.label, one.values), WIDTH, initial_indent="  ", subsequent_indent="    "
            )
        yield ""
        yield from text_of(line_plot(series, WIDTH, PLOT_HEIGHT, options)).splitlines()


def _series(session: Session, names: list[str], wanted: list[str]) -> Iterator[Series]:
    """The curves of a training step."""
    places = run_places(session.loaded.lesson)
    for name in names:
        history = session.runs[name].history if name in session.runs else {}
        for key in wanted:
            if key in history:
                label = name if len(wanted) == 1 else f"{name} {key.replace('_', ' ')}"
                yield Series(label, history[key], sign=sign_of(name, wanted, key, places))


def _best_epochs(session: Session, names: list[str]) -> list[float]:
    """Where a single run's validation loss was smallest; marks of several runs could not be told apart."""
    found = [session.runs[name].best for name in names if name in session.runs]
    return [float(best["epoch"]) for best in found if best is not None] if len(found) == 1 else []


def outcome_lines(session: Session, names: list[str]) -> Iterator[str]:
    """One paragraph a run."""
    for name in names:
        run = session.runs.get(name)
        if run is None:
            continue
        losses = run.history["train_loss"]
        line = f"  {name}: training loss {show_value(losses[0])} → {show_value(losses[-1])}"
        if run.best is not None:
            line += f", best validation loss {show_value(run.best['validation_loss'])} at epoch {run.best['epoch']:g}"
        yield from textwrap.wrap(line, WIDTH, subsequent_indent="    ")
        if "train_accuracy" in run.final:
            yield f"    accuracy {run.final['train_accuracy']:.1%}"
        yield from textwrap.wrap(run.sentence, WIDTH, initial_indent="    ", subsequent_indent="    ")


def walk_text(session: Session, step: LessonStep) -> Iterator[str]:
    """A walk step: the pass over every row of its graph."""
    shown = session.graph_of(step)
    assert shown is not None and step.walk is not None
    rows = tuple(walk(trace, step.walk, step.detail, step.to, step.of) for trace in shown.traces)
    yield from pass_lines(shown, step.walk, rows)


def whole_walk(shown: LessonGraph, detail: Detail = "node", directions: Sequence[Direction] = BOTH) -> Iterator[str]:
    """Forward and backward pass of a graph that the lesson does not walk by itself."""
    for direction in directions:
        yield ""
        steps = tuple(walk(trace, direction, detail) for trace in shown.traces)
        yield from pass_lines(shown, direction, steps)


def pass_lines(shown: LessonGraph, direction: Direction, rows: tuple[tuple[Step, ...], ...]) -> Iterator[str]:
    """One pass over all rows, then what the rows add up to."""
    title = "Forward pass" if direction == "forward" else "Backward pass"
    yield from heading(f"{title} of {shown.name}" if shown.name else title, "-")
    if shown.decimals is not None:
        yield f"(paper arithmetic: every node is rounded to {counted(shown.decimals, 'decimal')})"
    said: set[str] = set()
    for i, steps in enumerate(rows[:SHOWN_ROWS]):
        trace = shown.traces[i]
        if direction == "forward" or len(rows) > 1:
            yield from given_line(trace, f"Row {i + 1}: " if len(rows) > 1 else "Given: ")
        for step in steps if len(steps) <= MOST_STEPS else steps[:SHOWN_ENDS]:
            yield from _told_once(step, said)
        if len(steps) > MOST_STEPS:
            left_out = steps[SHOWN_ENDS:-SHOWN_ENDS]
            yield f"  ({len(left_out)} steps like these, from {left_out[0].left} to {left_out[-1].left})"
            for step in steps[-SHOWN_ENDS:]:
                yield from _told_once(step, said)
    if len(rows) > SHOWN_ROWS:
        yield f"({counted(len(rows) - SHOWN_ROWS, 'more row')})"
    if len(rows) > 1 and shown.trace.is_scalar:
        yield from total_lines(shown, direction)


def _told_once(step: Step, said: set[str]) -> Iterator[str]:
    """A step; a sentence that was said before is not said again."""
    yield from step_lines(replace(step, sentence="") if step.sentence in said else step, WIDTH)
    said.add(step.sentence)


def given_lines(shown: LessonGraph, start: str) -> Iterator[str]:
    """The values that a graph starts from: what all rows share, then each row's own."""
    own = [key for key in shown.graph.given if any(key in row for row in shown.rows)]
    if len(shown.traces) < 2 or not own:
        yield from given_line(shown.trace, start)
        return
    shared = [key for key in (*shown.graph.given, *shown.graph.weights) if key not in own]
    if shared:
        yield from given_line(shown.trace, start, shared)
    for i, trace in enumerate(shown.traces[:SHOWN_ROWS], start=1):
        yield from given_line(trace, f"  Row {i}: ", own)
    if len(shown.traces) > SHOWN_ROWS:
        yield f"  ({counted(len(shown.traces) - SHOWN_ROWS, 'more row')})"


def given_line(trace: Trace, start: str, keys: Sequence[str] = ()) -> Iterator[str]:
    """The values that a row starts from, or some of them."""
    graph = trace.graph
    keys = keys or (*graph.given, *graph.weights)
    pairs = [(graph.names[key], show_value(trace.value(key))) for key in keys]
    values = [f"{name} = {value}" for name, value in pairs] if len(pairs) <= MOST_GIVEN else list(_in_runs(pairs))
    if len(values) > MOST_GIVEN:
        left_out = f"… ({len(values) - MOST_GIVEN} more) …"
        values = [*values[: MOST_GIVEN // 2], left_out, *values[-MOST_GIVEN // 2 :]]
    yield from textwrap.wrap(start + ", ".join(values), WIDTH, subsequent_indent="    ", break_long_words=False)


def _in_runs(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Many names with their values: those that follow each other with one value are told at once."""
    for value, run in groupby(pairs, key=lambda pair: pair[1]):
        names = [name for name, _ in run]
        if len(names) < 4:
            yield from (f"{name} = {value}" for name in names)
        else:
            yield f"{names[0]} … {names[-1]} = {value} ({len(names)} numbers)"


def total_lines(shown: LessonGraph, direction: Direction) -> Iterator[str]:
    """What the rows add up to."""
    graph = shown.graph
    word = "Mean" if shown.mean else "Sum"
    output = graph.names[graph.output]
    if direction == "forward":
        yield f"{word} of {output} over {len(shown.traces)} rows = {show_value(shown.total_value)}"
        return
    yield f"{word} over {len(shown.traces)} rows:"
    for key in [*graph.weights, *graph.given]:
        yield f"  ∂{output}/∂{graph.names[key]} = {show_value(shown.total_gradient(key))}"


def question_text(session: Session, question: Question) -> Iterator[str]:
    """A question, its options, and what was made of the best answer."""
    hints = f", {counted(len(question.hints), 'hint')}" if question.hints else ""
    yield f"Question {question.id} ({counted(question.points, 'point')}{hints})"
    yield from wrapped(unmarked(question.ask), "  ")
    for i, option in enumerate(question.options, start=1):
        said = unmarked(option)
        yield from textwrap.wrap(said, WIDTH, initial_indent=f"    {i}. ", subsequent_indent="       ")
    if sum(choice.right for choice in question.choices) > 1:
        yield "    Several options may be right: answer with all of them."
    best = session.best(question.id)
    if best is not None:
        yield from mark_lines(best.mark, question.kind)


def mark_lines(mark: Mark, kind: str = "") -> Iterator[str]:
    """What was made of an answer."""
    signs = {"right": "✓", "wrong": "✗", "imprecise": "~", "unreadable": "?", "missing": "-", "unscored": "·"}
    written = unmarked(mark.read_as or "") if kind == "choice" else mark.read_as
    yield f"  {signs[mark.verdict]} {mark.verdict}: {mark.given}"
    if written and written != mark.given:
        yield f"    read as {written}"
    pointing = mark.caret.splitlines()
    for text in mark.messages:
        text = unmarked(text) if kind == "choice" else text
        if text in pointing:
            yield f"    {text}"
        else:
            yield from textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
    if mark.witness is not None and kind in WITNESSED:
        yield from textwrap.wrap(mark.witness.says, WIDTH, initial_indent="    ", subsequent_indent="    ")


def check_lines(shown: LessonGraph, several: bool) -> Iterator[str]:
    """The gradient check in one line."""
    if not shown.trace.is_scalar:
        return
    check = shown.gradient_check
    about = f" of {shown.name}" if several else ""
    yield ""
    yield f"Gradient check{about}: {counted(check.checked, 'derivative')} against finite differences,"
    yield f"  largest relative error {check.max_relative_error:.1e}"
    if check.at_kinks:
        yield f"  not compared, on a kink: {', '.join(check.at_kinks[:8])}"
