"""`tutor export`: a lesson, a formula or the sandbox as a PyTorch script, a notebook, a handout, or a lesson file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.names import normalise
from tutor.course import course, find
from tutor.errors import ExitCode, ProblemsError, did_you_mean, wrong
from tutor.explain import explained, lines_of
from tutor.exports import EXPORTS
from tutor.files import decode, read_bytes, write_atomic
from tutor.lesson_file import LoadedLesson, read_data
from tutor.lesson_graph import LessonGraph, build_graph
from tutor.lesson_values import is_slug
from tutor.lesson_writer import lesson_text, lesson_to_go_on
from tutor.messages import say, state_folder
from tutor.opening import checked, open_loaded
from tutor.request import Request
from tutor.text import quoted, safe
from tutor.toml_limits import MAX_BYTES

SANDBOX = "sandbox"
LESSON = "lesson"
MOST_ASKED = 3


@dataclass(frozen=True)
class Typed:
    """Formulas and numbers that somebody typed, and the graph that they make."""

    lines: Sequence[str]
    numbers: dict[str, Any]
    shown: LessonGraph


def export_lesson(
    lesson: str, to: str, answers: bool, variant: str | None, out: str | None, values: Sequence[str] = ()
) -> int:
    """Writes the lesson in another form to stdout, or whole to the file `out`.

    `lesson` is a file, an id, a formula with its `values`, or "sandbox" for what was typed there last.
    Raises ProblemsError for an unknown form and for a lesson that is not sound, EngineError for a formula that is not.
    """
    forms = (*EXPORTS, LESSON)
    if to not in forms:
        raise wrong("--to", f"unknown form {quoted(to)}", did_you_mean(to, forms))
    typed = _typed(lesson, values)
    if to == LESSON:
        text = _source(lesson, variant) if typed is None else _to_go_on(typed, out)
    else:
        loaded = checked(find(lesson)) if typed is None else _loaded(typed)
        text = EXPORTS[to](open_loaded(loaded, Request(lesson, variant=variant)), answers)
    if out is None:  # a lesson's own text goes to files and pipes as it is, to a terminal only what can be seen
        sys.stdout.write(safe(text, 8 * len(text), lines=True) if sys.stdout.isatty() else text)
    else:
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(Path(out), text.encode("utf-8", "backslashreplace"), 0o644)
        say(f"{safe(out, 200)} is written")
    return int(ExitCode.done)


def _typed(lesson: str, values: Sequence[str]) -> Typed | None:
    """What was typed, here or in the sandbox; None for a lesson."""
    is_lesson = Path(lesson).exists() or lesson in course().entries
    if lesson == SANDBOX and not is_lesson:
        return _sandbox()
    if values or ("=" in lesson and not is_lesson):
        lines, numbers = lines_of(lesson, values)
        return Typed(lines, numbers, explained(lesson, values))
    return None


def _sandbox() -> Typed:
    """What the sandbox kept last. Raises ProblemsError if that is nothing."""
    path = state_folder() / SANDBOX / "lesson.toml"
    if not path.exists():
        cure = "`tutor`, then s, opens it"
        raise wrong(SANDBOX, "nothing was kept in the sandbox yet", cure)
    spec = checked(path).lesson.graph["main"]
    return Typed(spec.nodes, dict(spec.given), build_graph("main", spec))


def _to_go_on(typed: Typed, out: str | None) -> str:
    """A lesson for an author; where it is written to FOLDER/lesson.toml, FOLDER is its id."""
    shown = typed.shown
    folder = Path(out).absolute().parent.name if out is not None and Path(out).name == "lesson.toml" else ""
    name = folder if is_slug(folder) else "my-lesson"
    output = shown.graph.names[shown.graph.output]
    asked = [key for key in typed.numbers if shown.trace.is_scalar and _is_number(shown, key)][:MOST_ASKED]
    title = name.replace("-", " ").capitalize()
    return lesson_to_go_on(name, title, typed.lines, typed.numbers, output, asked)


def _is_number(shown: LessonGraph, name: str) -> bool:
    """Whether ∂output/∂name is one number that is not 0."""
    gradient = shown.trace.gradient(normalise(name))
    return isinstance(gradient, float) and gradient != 0 and gradient - gradient == 0


def _loaded(typed: Typed) -> LoadedLesson:
    text = lesson_text("formula", "A formula", typed.lines, typed.numbers)
    reading = read_data(text.encode(), "formula")
    if reading.loaded is None or reading.problems:
        raise ProblemsError(reading.problems)
    return reading.loaded


def _source(lesson: str, variant: str | None) -> str:
    """A lesson's own file. Raises ProblemsError for a broken one, and for a variant, which is no file."""
    if variant is not None:
        cure = "leave --variant out; [vary] draws the numbers"
        raise wrong("--variant", "a lesson file holds every variant", cure)
    path = find(lesson)
    checked(path)
    return decode(read_bytes(path, MAX_BYTES), str(path))
