"""Commands that need no screen: the whole lesson, a formula explained, the catalogue."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tutor.errors import ExitCode, unknown_format, wrong
from tutor.request import Request
from tutor.text import quoted, safe

if TYPE_CHECKING:
    from tutor.session import Session


def run_headless(request: Request) -> int:
    """Runs a whole lesson and writes it to stdout; 1 if an answer was wrong or a run diverged."""
    from tutor.opening import open_lesson
    from tutor.outputs import OUTPUTS

    if request.format not in OUTPUTS:
        raise unknown_format(request.format, OUTPUTS)
    handed = None
    if request.answers is not None:
        from tutor.answers_file import answered, read_answers

        handed = read_answers(request.answers)
        request = replace(request, variant=request.variant or handed.variant or handed.student)
    session = open_lesson(request)
    if handed is not None:
        session = answered(session, handed, str(request.answers))
    session = _trained(session, None if request.out is None else Path(request.out))
    sys.stdout.write(OUTPUTS[request.format](session))
    sys.stdout.flush()
    wrong = any(a.mark.verdict not in {"right", "unscored"} for tried in session.attempts.values() for a in tried)
    diverged = any(run.diverged for run in session.runs.values())
    return int(ExitCode.failed if wrong or diverged else ExitCode.done)


def _trained(session: Session, out: Path | None) -> Session:
    """The session with every run that a step trains; with `out` their files are written there."""
    from tutor.lesson_run import train, trained_names
    from tutor.run_cache import trained_once

    loaded = session.loaded
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    runs = {}
    for name in trained_names(loaded.lesson):
        if out is None:
            runs[name] = trained_once(loaded, session.graphs, name, _meter(name))
        else:
            runs[name] = train(loaded.lesson, name, session.graphs, loaded.path.parent, out, _meter(name))
            from tutor.outputs.json_output import plain
            from tutor.run_files import write_results

            write_results(out, name, plain(runs[name].to_dict()), runs[name].history)
    return replace(session, runs=runs)


def _meter(name: str) -> Callable[[int, int, float], None]:
    """A line of progress on stderr where that is a terminal: epoch, loss, time left."""
    started = time.monotonic()

    def show(epoch: int, epochs: int, loss: float) -> None:
        if sys.stderr.isatty():
            left = (time.monotonic() - started) * (epochs - epoch) / max(epoch, 1)
            end = "" if epoch < epochs else "\n"
            print(f"\r{name}: epoch {epoch}/{epochs}, loss {loss:.5g}, {left:.0f} s left  ", end=end, file=sys.stderr)

    return show


def explain_formula(formula: str, settings: Sequence[str], detail: str) -> int:
    """`tutor explain`: both passes of a formula, and the gradient check."""
    from tutor.explain import explained
    from tutor.outputs.text_output import explanation

    if detail not in ("op", "node"):
        raise wrong("--detail", f"{quoted(detail)} is neither op nor node")
    sys.stdout.write(explanation(explained(formula, settings), "op" if detail == "op" else "node"))
    return int(ExitCode.done)


def list_catalogue(path: str | None = None) -> int:
    """`tutor list`: units, lessons, minutes; of the course in a folder or zip, if one is named.

    1 if a place where courses are looked for is not there. Raises ProblemsError for a `path` without lessons.
    """
    from tutor.course import chosen, course
    from tutor.course_sources import sources
    from tutor.messages import say

    catalogue = course() if path is None else chosen(path)
    _, problems = sources()
    for problem in problems:
        say(str(problem))
    for unit in catalogue.units:
        print(safe(unit.title, 78))
        for entry in unit.lessons:
            print(f"  {safe(entry.id, 34):34} {entry.minutes:3} min  {safe(entry.title, 60)}"[:110].rstrip())
    return int(ExitCode.failed if problems else ExitCode.done)
