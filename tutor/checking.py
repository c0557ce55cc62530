"""`tutor check`: runs the proof over lessons, says what it found, and watches files."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.errors import EngineError
from tutor.course import course, find, lessons_of
from tutor.course_sources import as_named
from tutor.draw.lesson_text import step_text
from tutor.errors import ExitCode, Problem, ProblemsError
from tutor.lesson import Step
from tutor.lesson_check import Checked, check_lessons, own_answer
from tutor.messages import INTERNAL, log_fault, say
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.session import Session
from tutor.text import safe

POLL_SECONDS = 0.5
MOST_WATCHED = 50
LINES = 12
"""Lines of a step that are shown when watching begins."""
RULE = 60


def check_all(names: Sequence[str], jobs: int | None, watch: bool) -> int:
    """Errors and warnings to stderr, one line a lesson to stdout; a whole course may stand among the names.

    2 if a file cannot be used as a lesson, 1 if there are warnings, else 0; 70 if checking one failed by itself.
    """
    everything = [entry.id for unit in course().units for entry in unit.lessons]
    wanted = everything if list(names) == ["all"] else [one for name in names for one in lessons_of(name)]
    if watch:
        return _watch(wanted, jobs)
    return _once(wanted, jobs)


def _once(names: Sequence[str], jobs: int | None) -> int:
    worst = int(ExitCode.done)
    meter = sys.stderr.isatty() and len(names) > 1
    for i, found in enumerate(check_lessons(names, jobs), start=1):
        if meter:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        _report(found)
        if found.fault:
            worst = INTERNAL
        elif found.errors:
            worst = max(worst, int(ExitCode.usage))
        elif found.warnings:
            worst = max(worst, int(ExitCode.failed))
        if meter and i < len(names):
            print(f"{i} of {len(names)} checked", end="", file=sys.stderr, flush=True)
    return worst


def _report(found: Checked) -> None:
    for problem in found.errors:
        say(str(_as_named(problem)))
    for problem in found.warnings:
        say(f"{_as_named(problem)} (warning)")
    errors, warnings = len(found.errors), len(found.warnings)
    state = "sound" if not errors + warnings else f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    print(f"{safe(as_named(found.path), 300)}: {state}")
    sys.stdout.flush()


def _as_named(problem: Problem) -> Problem:
    return replace(problem, file=as_named(problem.file))


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _watch(names: Sequence[str], jobs: int | None) -> int:
    """Checks again after each save and shows the lesson, until interrupted."""
    seen: dict[str, Seen] = {}
    say("watching; Ctrl+C ends it")
    while True:
        changed = [name for name in names if _is_newer(name, seen)]
        if changed:
            _once(changed, jobs)
        for name in changed:
            for line in shown_since(name, seen[name]):
                print(line)
        sys.stdout.flush()
        time.sleep(POLL_SECONDS)


@dataclass
class Seen:
    """A lesson that is watched: when its files were saved, and its steps as they were shown last."""

    saved: tuple[tuple[str, float], ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()


def _is_newer(name: str, seen: dict[str, Seen]) -> bool:
    here = seen.setdefault(name, Seen())
    saved = _saved(name)
    newer = here.saved != saved
    here.saved = saved
    return newer


def _saved(name: str) -> tuple[tuple[str, float], ...]:
    """The lesson's file and those beside it, each with the time of its last change."""
    try:
        path = find(name)
        beside = sorted(path.parent.iterdir())[:MOST_WATCHED] if path.name == "lesson.toml" else [path]
        return tuple((str(file), file.stat().st_mtime) for file in beside if not file.name.startswith("."))
    except (OSError, ProblemsError):
        return ((name, 0.0),)


def _answer(session: Session, step: Step) -> Iterator[str]:
    """What the engine would answer, for the author."""
    question = session.question(step)
    own = None if question is None or step.asked_runs else own_answer(session, step, question)
    if own is not None:
        yield f"  (right: {safe(own, 200)})"


def shown_since(name: str, seen: Seen) -> Iterator[str]:
    """The steps that read otherwise than when they were shown last, as a student sees them; nothing of a broken one.

    Whatever goes wrong, watching goes on.
    """
    try:
        session = open_lesson(Request(name))
        steps = tuple((*step_text(session, step, i), *_answer(session, step)) for i, step in enumerate(session.steps))
    except (EngineError, ProblemsError):
        return  # its check has said what is wrong
    except Exception as error:
        log_fault()
        say(f"{safe(name, 300)}: not shown: an error of the program itself ({type(error).__name__})")
        return
    changed = [i for i, lines in enumerate(steps) if i >= len(seen.shown) or lines != seen.shown[i]]
    first, seen.shown = not seen.shown, steps
    for i in changed:
        yield f"-- step {i + 1} of {len(steps)} ".ljust(RULE, "-")
        yield from steps[i][:LINES] if first else steps[i]
        if first and len(steps[i]) > LINES:
            yield f"… {len(steps[i]) - LINES} more lines; whole once it changes"
