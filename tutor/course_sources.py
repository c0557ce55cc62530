"""Where courses are looked for: a course that was asked for, the shipped one, installed packages, TUTOR_LESSONS."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tutor.errors import Problem, ProblemsError, wrong
from tutor.text import quoted

GROUP = "tutor.courses"
"""The entry points of installed packages that are courses: `name = "package"`, whose folder holds lessons."""
CHOSEN = "TUTOR_COURSE"
"""Set by `tutor --course PATH`, for this process and those that it starts."""
MORE = "TUTOR_LESSONS"
_ZIPS: dict[Path, str] = {}
"""The folders that zips were unpacked into by this process, with the zips' names."""
MOST_LESSONS, MOST_FOLDERS, MOST_LEVELS = 2000, 20_000, 5


@dataclass(frozen=True)
class Source:
    """A folder of lessons, and how it came to be looked at."""

    folder: Path
    by: str


def choose(path: str) -> None:
    """Makes the course in a folder or a zip the catalogue. Raises ProblemsError if there is none."""
    folder = course_folder(Path(path))
    if not lesson_files(folder):
        cure = "a course is a folder of folders with a lesson.toml, or a zip of one"
        raise wrong(path, "there is no lesson in it", cure)
    os.environ[CHOSEN] = os.path.abspath(path)


def course_folder(path: Path) -> Path:
    """The folder of a course, which may be a zip. Raises ProblemsError with what is wrong."""
    if path.suffix == ".zip" and not path.is_dir():
        from tutor.course_zip import unpacked

        folder = unpacked(path)
        _ZIPS[folder] = str(path)
        return folder
    if not path.is_dir():
        raise wrong(str(path), "no such folder or zip")
    return path


def as_named(path: str) -> str:
    """A file as its author knows it: inside the zip that it was unpacked from, not in the cache."""
    for folder, name in _ZIPS.items():
        if Path(path).is_relative_to(folder):
            return os.path.join(name, Path(path).relative_to(folder))
    return path


def lesson_files(folder: Path) -> tuple[Path, ...]:
    """Every lesson.toml in a folder, a few levels deep, in order; links to folders and hidden ones are left alone."""
    found: list[Path] = []
    top = len(folder.parts)
    for looked, (here, folders, files) in enumerate(os.walk(folder)):
        deep = len(Path(here).parts) - top
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if deep < MOST_LEVELS else []
        if "lesson.toml" in files:
            found.append(Path(here) / "lesson.toml")
        if len(found) >= MOST_LESSONS or looked >= MOST_FOLDERS:
            break
    return tuple(sorted(found))


def sources() -> tuple[tuple[Source, ...], tuple[Problem, ...]]:
    """Every folder that is searched besides the shipped one, and what is wrong with others that were named."""
    found: list[Source] = []
    problems: list[Problem] = []
    named = [*((name, f"entry point {name}") for name in installed())]
    named += [(name, MORE) for name in os.environ.get(MORE, "").split(os.pathsep) if name]
    if chosen := os.environ.get(CHOSEN):
        named = [(chosen, "--course")]
    for name, by in named:
        try:
            found.append(Source(course_folder(Path(name)), by))
        except ProblemsError as error:
            problems.extend(error.problems)
    return tuple(found), tuple(problems)


@cache
def installed() -> tuple[str, ...]:
    """The folders of installed courses; the packages are found, and not imported."""
    return tuple(_folders()) if _may_be_installed() else ()


def _may_be_installed() -> bool:
    """Whether the metadata of any installed package name our group: to read them all takes 15 ms, to look takes 2."""
    return any(os.path.isfile(place) or _named_in(place or os.curdir) for place in sys.path)  # a zip says nothing here


def _named_in(place: str) -> bool:
    with suppress(OSError), os.scandir(place) as entries:
        folders = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
        return any(_names_group(os.path.join(folder, "entry_points.txt")) for folder in folders)
    return False


def _names_group(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return GROUP.encode() in file.read()
    except OSError:
        return False


def _folders() -> Iterator[str]:
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        try:
            spec = find_spec(point.module.partition(".")[0])
        except (ImportError, ValueError, AttributeError):
            spec = None
        parts = point.module.split(".")[1:]
        yield from (os.path.join(place, *parts) for place in (spec and spec.submodule_search_locations) or ())


def not_one(path: str, ids: list[str]) -> ProblemsError:
    """A course was given where one lesson is wanted."""
    shown = ", ".join(ids[:5]) + (", …" if len(ids) > 5 else "")
    cure = f"tutor --course {quoted(path)} …, and one of its lessons: {shown}"
    return wrong(path, "this is a whole course", cure)
