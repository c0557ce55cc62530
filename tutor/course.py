"""The catalogue: which lessons there are, and in which order; and what a name of the command line stands for."""

from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import lessons
from tutor.course_sources import CHOSEN, choose, course_folder, lesson_files, not_one, sources
from tutor.errors import closest, wrong
from tutor.text import quoted

HEADER_LIMIT = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """What the catalogue shows of a lesson, before it is opened."""

    id: str
    title: str
    unit: str
    path: Path
    summary: str = ""
    minutes: int = 15
    needs: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unit:
    """A part of the course."""

    id: str
    title: str
    lessons: tuple[Entry, ...]


@dataclass(frozen=True)
class Course:
    """Units in order, and every lesson by id."""

    title: str
    units: tuple[Unit, ...]
    entries: dict[str, Entry] = field(default_factory=dict)


def shipped_folder() -> Path:
    """The folder of the lessons that come with the program."""
    return Path(lessons.__file__).resolve().parent


def folders() -> tuple[Path, ...]:
    """Every folder that is searched for lessons: the shipped one first; a course that was chosen takes its place."""
    found, _ = sources()
    more = tuple(source.folder for source in found)
    return more if os.environ.get(CHOSEN) and more else (shipped_folder(), *more)


@cache
def course() -> Course:
    """The catalogue. Lessons that cannot be read are left out here; `tutor check` tells why."""
    return _course(folders())


def chosen(path: str) -> Course:
    """The course in a folder or a zip, which becomes the catalogue. Raises ProblemsError if there is none."""
    choose(path)
    course.cache_clear()
    return course()


def _course(searched: tuple[Path, ...]) -> Course:
    entries = {entry.id: entry for folder in searched for entry in _entries(folder)}
    units: list[Unit] = []
    placed: set[str] = set()
    title = "Backpropagation"
    for folder in searched:
        plan = _read(folder / "course.toml")
        title = str(plan.get("title", title))
        for unit in _tables(plan.get("unit")):
            ids = [i for i in _texts(unit.get("lessons")) if i in entries and i not in placed]
            placed.update(ids)
            if ids:
                found = tuple(entries[i] for i in ids)
                units.append(Unit(str(unit.get("id", "")), str(unit.get("title", "")), found))
    rest = [entry for key, entry in entries.items() if key not in placed]
    for name in dict.fromkeys(entry.unit for entry in rest):
        found = tuple(entry for entry in rest if entry.unit == name)
        units.append(Unit(name, name.replace("-", " ").capitalize() or "More lessons", found))
    return Course(title, tuple(units), entries)


def _tables(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _texts(value: object) -> tuple[str, ...]:
    return tuple(part for part in value if isinstance(part, str)) if isinstance(value, list) else ()


def around(path: Path) -> dict[str, Entry]:
    """The lessons that a lesson may need: those of the catalogue, and of the course that its file lies in."""
    above = [folder for folder in list(Path(path).absolute().parents)[:4] if (folder / "course.toml").is_file()]
    own = _entries(above[0]) if above else ()
    return {**course().entries, **{entry.id: entry for entry in own}}


def _entries(folder: Path) -> list[Entry]:
    found: list[Entry] = []
    for path in lesson_files(folder):
        header = _read(path)
        if isinstance(header.get("id"), str) and isinstance(header.get("title"), str):
            found.append(_entry(header, path))
    return found


def _entry(header: dict[str, Any], path: Path) -> Entry:
    minutes = header.get("minutes", 15)
    return Entry(
        header["id"],
        header["title"],
        str(header.get("unit") or ""),
        path,
        str(header.get("summary", "")),
        minutes if isinstance(minutes, int) else 15,
        _texts(header.get("needs")),
        _texts(header.get("covers")),
    )


def _read(path: Path) -> dict[str, Any]:
    """The part of a file before its first table, which holds what the catalogue shows; {} if unreadable."""
    try:
        with path.open("rb") as file:
            text = file.read(HEADER_LIMIT).decode()
    except (OSError, UnicodeDecodeError):
        return {}
    if path.name == "lesson.toml":
        text = _head(text)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return {}


def _head(text: str) -> str:
    kept = []
    for line in text.splitlines():
        if line.startswith("["):
            break
        if len(line) <= 2000:
            kept.append(line)
    return "\n".join(kept)


def find(name: str) -> Path:
    """The lesson file that a command line names: a file, a folder with a lesson.toml, or a catalogue id.

    A course (a folder of lessons, or a zip) that holds one lesson stands for it.
    Raises ProblemsError with a near id.
    """
    path = Path(name or "\0")  # an empty name is not the folder one is in
    if path.is_dir() and (path / "lesson.toml").is_file():
        return path / "lesson.toml"
    if name and is_course(name):
        found = _entries(course_folder(path))
        if len(found) != 1:
            raise not_one(name, [entry.id for entry in found])
        return found[0].path
    folder = path.is_dir()
    if not folder and (path.exists() or name.endswith(".toml") or os.sep in name):
        return path
    entries = course().entries
    if name in entries:  # before a folder of that name, such as one of submissions
        return entries[name].path
    if folder:
        cure = "`tutor new NAME` writes a lesson"
        raise wrong(name, "there is no lesson.toml in this folder", cure)
    near = closest(name, entries)
    cure = f"did you mean {quoted(near)}?" if near else "`tutor list` shows the lessons"
    raise wrong(name, "no such lesson file or id", cure)


def is_course(name: str) -> bool:
    """Whether a name of the command line is a whole course: a zip, or a folder without a lesson but with some below."""
    path = Path(name)
    if path.suffix == ".zip":
        return path.is_file()
    if not path.is_dir() or (path / "lesson.toml").is_file():
        return False
    with suppress(OSError):  # a folder that goes while it is looked through
        return (path / "course.toml").is_file() or any(path.glob("*/lesson.toml")) or any(path.glob("*/*/lesson.toml"))
    return False


def lessons_of(name: str) -> tuple[str, ...]:
    """What a name of the command line stands for: every lesson of a course, in its order; else itself."""
    if not is_course(name):
        return (name,)
    found = _course((course_folder(Path(name)),))
    return tuple(str(entry.path) for unit in found.units for entry in unit.lessons)
