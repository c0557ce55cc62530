"""What lies around a lesson: the lessons that it needs, and the files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tutor.course import Entry, around
from tutor.errors import did_you_mean
from tutor.proof.findings import Findings

KNOWN_FILES = frozenset({"lesson.toml", "lesson.schema.json", "README.md"})
MOST_FILES = 200


def check_needs(found: Findings) -> None:
    """Lessons to do first exist, in its course or in the catalogue, and lead to no circle."""
    lesson = found.loaded.lesson
    entries = around(found.loaded.path)
    for k, need in enumerate(lesson.needs):
        if need == lesson.id:
            found.error(("needs", k), "the lesson needs itself", "leave it out")
        elif need not in entries:
            found.warn(("needs", k), f"the course has no lesson {need}", did_you_mean(need, entries))
        elif lesson.id in needed(entries, need):
            found.error(("needs", k), f"{need} needs this lesson in turn: a circle")


def needed(entries: Mapping[str, Entry], name: str) -> set[str]:
    """Everything that a lesson needs, directly or not; itself only if there is a circle."""
    found: set[str] = set()
    waiting = list(entries[name].needs)
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting.extend(entries[here].needs if here in entries else ())
    return found


def check_files(found: Findings) -> None:
    """Files beside the lesson that nothing uses."""
    lesson, path = found.loaded.lesson, Path(found.loaded.path)
    if path.name != "lesson.toml":
        return
    used = KNOWN_FILES | {data.file for data in lesson.data.values() if data.file}
    used |= {run.start for run in lesson.run.values() if run.start}
    used |= {model.init for model in lesson.model.values() if isinstance(model.init, str)}
    for entry in sorted(path.parent.iterdir())[:MOST_FILES]:
        if entry.is_file() and entry.name not in used and not entry.name.startswith("."):
            what = f"nothing uses the file {entry.name} beside the lesson"
            found.warn(("id",), what, "name it in the lesson, or take it away")
