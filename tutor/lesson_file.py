"""A lesson file → a lesson, or everything that is wrong with it at once, each with its line and column."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tutor import lesson_names, lesson_reader
from tutor.errors import Problem, ProblemsError
from tutor.files import decode, read_bytes, unreadable
from tutor.lesson import Lesson
from tutor.toml_limits import MAX_BYTES, oversized, parse
from tutor.toml_positions import Finding, Places

MAX_PROBLEMS = 100
MAX_REPAIRS = 3


@dataclass(frozen=True)
class LoadedLesson:
    """A lesson with its origin: the places of its parts, the path it was read from, and the bytes of the file."""

    lesson: Lesson
    places: Places
    path: pathlib.Path
    source: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        """The file's SHA-256 in hexadecimal digits."""
        import hashlib  # loads OpenSSL, which no first screen needs

        return hashlib.sha256(self.source).hexdigest()


@dataclass(frozen=True)
class Reading:
    """What became of a file: its problems, and the lesson, or the sound rest of it (None where nothing is left)."""

    loaded: LoadedLesson | None
    problems: tuple[Problem, ...]


def load(path: str | pathlib.Path) -> LoadedLesson:
    """The lesson in the file `path`. Raises ProblemsError with everything that is wrong with it."""
    reading = read(path)
    if reading.loaded is None or reading.problems:
        raise ProblemsError(reading.problems)
    return reading.loaded


def problems(path: str | pathlib.Path) -> tuple[Problem, ...]:
    """Everything that is wrong with the file, in reading order; its formulas are the graph's business."""
    return read(path).problems


def read(path: str | pathlib.Path) -> Reading:
    """The file's problems and what is sound of it, so that further checks can add theirs. Raises nothing of its own."""
    try:
        return read_data(read_bytes(path, MAX_BYTES), path)
    except (OSError, ValueError) as error:
        return Reading(None, (unreadable(path, error),))


def read_data(source: bytes, path: str | pathlib.Path) -> Reading:
    """As `read`, for the bytes of a file; `path` is only named in problems."""
    file = str(path)
    try:
        text = decode(source, file)
        data = parse(text, file)
    except ProblemsError as error:
        return Reading(None, error.problems)
    places = Places(text.encode("utf-8"))
    lesson, findings = _check(data)
    loaded = None if lesson is None else LoadedLesson(lesson, places, pathlib.Path(path), source)
    return Reading(loaded, _in_order(findings, places, file))


def _check(data: dict[str, Any]) -> tuple[Lesson | None, list[Finding]]:
    """The lesson (or its sound rest), and what the sizes, the schema and the names have against the data."""
    findings = oversized(data)
    if findings and any(len(finding.path) < 2 for finding in findings):
        return None, findings
    lesson, more = _validated(data)
    too_large = {finding.path for finding in findings}
    findings += [finding for finding in more if finding.path not in too_large]
    sound, wrong = data, findings
    for _ in range(MAX_REPAIRS if lesson is None else 0):  # taking out one thing can uncover the next
        from tutor.lesson_repair import repaired  # only for a broken lesson, as what explains it

        sound = repaired(sound, wrong)
        lesson, wrong = _validated(sound)
    if lesson is not None:
        known = {kind: _names(data.get(kind)) + _names(sound.get(kind)) for kind in ("graph", "run", "model", "data")}
        findings += lesson_names.findings(lesson, known)
    return lesson, findings


def _validated(data: dict[str, Any]) -> tuple[Lesson | None, list[Finding]]:
    try:
        return lesson_reader.read(Lesson, data), []
    except lesson_reader.DoubtError as doubt:
        from tutor.lesson_problems import findings  # only a broken lesson waits for what explains it

        return None, findings(Lesson, data, MAX_PROBLEMS + 1) or [Finding((), str(doubt))]


def _names(table: object) -> list[str]:
    return list(table) if isinstance(table, dict) else []


def _in_order(findings: Iterable[Finding], places: Places, file: str) -> tuple[Problem, ...]:
    """Each problem once, as the file is read; a hopeless file says that there are more."""
    found = dict.fromkeys(findings)
    placed = dict.fromkeys(places.problem(file, finding) for finding in list(found)[:MAX_PROBLEMS])
    shown = sorted(placed, key=lambda problem: problem.place)
    if len(found) > MAX_PROBLEMS:
        shown.append(Problem(file, None, None, "and more problems"))
    return tuple(shown)
