"""What is read: texts that fit a screen of 80 × 24, and formulas that can be drawn."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from engine.printing import show
from tutor.draw.cells import cell_width
from tutor.draw.mathematics import gains, latex, typeset
from tutor.lesson import Step
from tutor.proof.findings import Findings
from tutor.session import Session

LINES_OF_A_PAGE = 16
LINES_OF_A_HINT = 6
COLUMNS = 76
CUT = 78
LINES_OF_A_FORMULA = 2
UNBOUNDED = 100_000


def check_pages(found: Findings, session: Session) -> None:
    """Every step's text, the header, and the formulas of every graph."""
    lesson = found.loaded.lesson
    for field, most in (("title", 70), ("summary", 140)):
        if len(text := getattr(lesson, field)) > most:
            what = f"this {field} has {len(text)} characters; the catalogue has room for {most}"
            found.warn((field,), what, "shorten it")
    for i, step in enumerate(session.steps):
        _check_texts(found, i, step)
    for name in session.graphs:
        _check_formulas(found, session, name)


def _check_texts(found: Findings, i: int, step: Step) -> None:
    options = [option.text for option in step.choice or ()]
    for part in ("say", "ask"):
        text = getattr(step, part) or ""
        lines = list(_lines(text)) + [line for option in options if part == "ask" for line in _lines(option)]
        if len(lines) > LINES_OF_A_PAGE:
            said = "this text" if not (options and part == "ask") else "this question with its options"
            what = f"{said} fills {len(lines)} lines; a screen of 80 × 24 shows {LINES_OF_A_PAGE}"
            found.warn(("step", i, part), what, "make two steps of it")
        _check_code(found, ("step", i, part), text)
        if getattr(step, part) is not None and not text.strip():
            found.warn(("step", i, part), "this text is empty", "write it, or leave the step out")
    for k, hint in enumerate(step.hints):
        if len(list(_lines(hint))) > LINES_OF_A_HINT:
            found.warn(("step", i, "hints", k), f"this hint is longer than {LINES_OF_A_HINT} lines", "make two of it")
    for fault, said in (step.feedback or {}).items():
        if len(list(_lines(said))) > LINES_OF_A_HINT:
            found.warn(
                ("step", i, "feedback", fault), f"this feedback is longer than {LINES_OF_A_HINT} lines", "cut it"
            )


def _lines(text: str) -> Iterator[str]:
    """The text as lines of a page."""
    for paragraph in text.strip().splitlines():
        yield from textwrap.wrap(paragraph, COLUMNS) or [""]


def _check_code(found: Findings, place: tuple[str | int, ...], text: str) -> None:
    """Lines of code are not filled: what is too wide is cut."""
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if (fenced or line.startswith("    ")) and cell_width(line) > CUT:
            found.warn(place, f"a line of code is {cell_width(line)} cells wide; {CUT} are shown", "break it")
            return


def _check_formulas(found: Findings, session: Session, name: str) -> None:
    """Whether nodes can be drawn in two dimensions, and are not too long to be taken in."""
    spec, graph = found.loaded.lesson.graph[name], session.graphs[name].graph
    for k, node in enumerate(list(graph.nodes.values())[: len(spec.nodes)]):
        source = latex(node.expr, graph.names, node.spelling) if gains(node.expr) else ""
        if source and typeset(source, UNBOUNDED, UNBOUNDED) is None and "^}" not in source:
            what = "this formula cannot be drawn in two dimensions"
            found.warn(("graph", name, "nodes", k), what, "write it in parts")
        line = f"{node.spelling} = {show(node.expr, graph.names)}"
        if cell_width(line) > LINES_OF_A_FORMULA * CUT:
            what = f"this formula fills more than {LINES_OF_A_FORMULA} lines of a screen"
            found.warn(("graph", name, "nodes", k), what, "make two nodes of it")
