"""A lesson as a Jupyter notebook (nbformat 4.5): its text, its graphs in PyTorch, a cell for each answer. Not run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tutor.draw.inert import in_markdown
from tutor.exports.markdown import answer_lines, graph_lines, picture_lines, question_lines, step_lines
from tutor.exports.pytorch import definitions, functions
from tutor.lesson import Step
from tutor.lesson_run import trained_names
from tutor.session import Session

Cell = dict[str, Any]


def write(session: Session, answers: bool) -> str:
    """The notebook's JSON; with `answers` each question is followed by what is right."""
    cells = [{**cell, "id": f"cell-{i:03d}"} for i, cell in enumerate(_cells(session, answers))]
    about = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": about, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=True) + "\n"


def _cells(session: Session, answers: bool) -> Iterator[Cell]:
    lesson = session.loaded.lesson
    yield _text(f"# {in_markdown(lesson.title)}\n\n{in_markdown(lesson.summary)}")
    yield _text("What follows rebuilds the lesson in PyTorch: `pip install torch`, then run this cell first.")
    yield _code(definitions(session))
    for name, shown in session.graphs.items():
        yield _text("\n".join(graph_lines(name, shown)))
    yield from _run_cells(session)
    for step in session.steps:
        yield from _step(session, step, answers)


def _run_cells(session: Session) -> Iterator[Cell]:
    if not trained_names(session.loaded.lesson):
        return
    from tutor.exports.torch_run import run_source

    yield _code("trained = {}")
    for name in trained_names(session.loaded.lesson):
        call, lines = run_source(session, name, functions(session))
        yield _code("\n".join([*lines, "", f"trained[{name!a}] = {call}"]))


def _step(session: Session, step: Step, answers: bool) -> Iterator[Cell]:
    question = session.question(step)
    shown = session.graph_of(step)
    if question is not None:
        asked = [*question_lines(session, step, question, answers=False), *picture_lines(session, step, answers)]
        yield _text("\n".join(asked))
        yield _code('answer = ""')
        if answers:
            yield _text("\n".join(answer_lines(session, step, question)))
    elif step.walk is not None and shown is not None:
        function = functions(session)[shown.name]
        part = "values" if step.walk == "forward" else "gradients"
        yield _text(f"The {step.walk} pass of {in_markdown(shown.name)}:")
        yield _code(f'for row in run_graph({function}, {function}_about)["rows"]:\n    print(plain(row.get({part!r})))')
    elif step.train is not None:
        yield from (_code(f'plain(trained[{name!a}]["history"])') for name in step.train)
    else:
        text = "\n".join(step_lines(session, step, answers))
        if text.strip():
            yield _text(text)


def _text(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source.splitlines(keepends=True)}


def _code(source: str) -> Cell:
    lines = source.strip("\n").splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines}
