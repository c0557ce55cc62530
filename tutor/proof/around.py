"""What lies around a lesson: the lessons that it needs, its unit and exercises, and the files beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tutor.course import Entry, around, course
from tutor.errors import ProblemsError, closest, did_you_mean
from tutor.files import read_text_file
from tutor.proof.findings import Findings
from tutor.text import quoted
from tutor.toml_limits import MAX_BYTES, parse

EXERCISE = re.compile(r"s[0-9]+(?:-[a-z0-9]+)+")
"""How the curriculum calls its exercises: set, number, part."""
LEVELS = 4
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


def check_place(found: Findings) -> None:
    """The lesson's unit is one of its course, and the exercises that it covers are known."""
    lesson = found.loaded.lesson
    plan = next((f for f in (p / "course.toml" for p in above(found.loaded.path)) if f.is_file()), None)
    units = [unit.id for unit in course().units if unit.id] if plan is None else units_of(plan)
    is_own = plan is None and closest(lesson.unit or "", units) is None  # a lesson on its own makes a unit of its own
    if lesson.unit is not None and units and lesson.unit not in units and not is_own:
        found.warn(("unit",), f"the course has no unit {lesson.unit}", did_you_mean(lesson.unit, units))
    for k, exercise in enumerate(lesson.covers):
        if not EXERCISE.fullmatch(exercise):
            found.warn(("covers", k), f"{quoted(exercise)} is no exercise of the curriculum", "an id such as s2-2b")


def above(path: Path) -> list[Path]:
    """The folders in which a course that a lesson belongs to may lie."""
    return list(Path(path).absolute().parents)[:LEVELS]


def units_of(plan: Path) -> list[str]:
    """The ids of a course's units; none where its file cannot be read, which is not the lesson's fault."""
    try:
        tables = parse(read_text_file(plan, MAX_BYTES), str(plan)).get("unit")
    except (OSError, ProblemsError):
        return []
    listed = tables if isinstance(tables, list) else []
    return [table["id"] for table in listed if isinstance(table, dict) and isinstance(table.get("id"), str)]
