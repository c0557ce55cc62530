"""Pictures: each can be drawn on a screen of 80 × 24, and what keeps one from it is named at its field."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError, did_you_mean
from engine.trace import to_reference
from tutor.draw.figure_fits import crowded_pictures, unfit_pictures
from tutor.lesson_graph import LessonGraph
from tutor.lesson_picture import PictureSpec
from tutor.proof.findings import Findings
from tutor.session import Session
from tutor.toml_positions import Path

FIELDS = ("across", "classes", "run", "data", "width", "log")
"""Where a message may belong besides what is drawn."""


def check_pictures(found: Findings, session: Session) -> None:
    """Every picture; without the runs that a broken one needs there is nothing to say."""
    named = set()
    for i, step in enumerate(session.steps):
        picture = step.picture
        shown = session.pictured(step)
        if picture is not None and shown is not None:
            for field, what in _no_inputs(shown, picture):
                named.add(i)
                found.error(("step", i, "picture", *field), what)
    for i, what in () if found.errors else unfit_pictures(session):
        picture = session.steps[i].picture
        if picture is not None and i not in named:
            found.error(("step", i, "picture", *_place(picture, what)), what)
    for i, what in crowded_pictures(session):
        found.warn(("step", i, "picture"), what, "make two steps of it")


def _no_inputs(shown: LessonGraph, picture: PictureSpec) -> Iterator[tuple[Path, str]]:
    """What cannot stand along an axis: anything but one given number or weight.

    A curve without ends goes over rows or entries, where any formula will do.
    """
    for k, text in enumerate(picture.across or ()) if picture.line is not None or picture.from_ is not None else ():
        field: Path = ("across", k) if len(picture.across or ()) > 1 else ("across",)
        graph = shown.graph
        try:
            meant = to_reference(graph, graph.read(text))
        except EngineError:
            continue  # said where formulas are read
        inputs = [graph.names[key] for key in (*graph.given, *graph.weights)]
        if meant is None or meant.key not in shown.values:
            hint = did_you_mean(text, inputs) or f"; it has {', '.join(inputs[:12])}"
            yield field, f"across = {text} is no given value or weight of this graph{hint}"
        elif meant.entry is None and graph.shape(meant.key):
            yield field, f"across = {text} is an array; name one entry of it, such as {text}[0]"


def _place(picture: PictureSpec, what: str) -> Path:
    """The field that a message is about, as far as it names its text; else the picture."""
    for field in (picture.kind, *FIELDS):
        said = getattr(picture, field, None)
        texts = said if isinstance(said, list) else [said]
        for k, text in enumerate(texts):
            if isinstance(text, str) and text and f" {text} " in f" {what.replace(';', ' ').replace(',', ' ')} ":
                return (field, k) if len(texts) > 1 else (field,)
        if field in picture.written and f" {field} = " in f" {what} ":
            return (field,)
    return (picture.kind,) if picture.kind in picture.written else ()
