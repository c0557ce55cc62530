"""`tutor check`: runs the proof over lessons, says what it found, and watches files."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tutor.course import course, find
from tutor.errors import ExitCode, ProblemsError
from tutor.lesson_check import Checked, check_lessons
from tutor.messages import say
from tutor.text import safe

POLL_SECONDS = 0.5


def check_all(names: Sequence[str], jobs: int | None, watch: bool) -> int:
    """Errors and warnings to stderr, one line a lesson to stdout.

    2 if a file cannot be used as a lesson, 1 if there are warnings, else 0.
    """
    wanted = [entry.id for unit in course().units for entry in unit.lessons] if list(names) == ["all"] else list(names)
    if watch:
        return _watch(wanted, jobs)
    return _once(wanted, jobs)


def _once(names: Sequence[str], jobs: int | None) -> int:
    worst = ExitCode.done
    for found in check_lessons(names, jobs):
        _report(found)
        if found.errors:
            worst = ExitCode.usage
        elif found.warnings:
            worst = max(worst, ExitCode.failed)
    return int(worst)


def _report(found: Checked) -> None:
    for problem in found.errors:
        say(str(problem))
    for problem in found.warnings:
        say(f"{problem} (warning)")
    errors, warnings = len(found.errors), len(found.warnings)
    state = "sound" if not errors + warnings else f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    print(f"{safe(found.path, 300)}: {state}")
    sys.stdout.flush()


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _watch(names: Sequence[str], jobs: int | None) -> int:
    """Checks again after each save, until interrupted."""
    seen: dict[Path, float] = {}
    while True:
        changed = [name for name in names if _is_newer(name, seen)]
        if changed:
            _once(changed, jobs)
        time.sleep(POLL_SECONDS)


def _is_newer(name: str, seen: dict[Path, float]) -> bool:
    try:
        path = find(name)
        saved = path.stat().st_mtime
    except (OSError, ProblemsError):
        path, saved = Path(name), 0.0
    newer = seen.get(path) != saved
    seen[path] = saved
    return newer
