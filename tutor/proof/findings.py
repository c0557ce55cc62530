"""What is wrong or weak about a lesson, each at its line and column."""

from __future__ import annotations

from dataclasses import dataclass, field

from tutor.errors import Problem
from tutor.lesson_file import LoadedLesson
from tutor.toml_positions import Path


@dataclass
class Findings:
    """Errors keep a lesson from being taken as it is meant, warnings are weak places."""

    loaded: LoadedLesson
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def error(self, path: Path, what: str, cure: str | None = None) -> None:
        """Something that must be mended, at a part of the file."""
        _add(self.errors, self._problem(path, what, cure))

    def warn(self, path: Path, what: str, cure: str | None = None, offset: int = 0) -> None:
        """Something that should be looked at, at a part of the file; `offset` is how far into a text it stands."""
        _add(self.warnings, self._problem(path, what, cure, offset))

    def _problem(self, path: Path, what: str, cure: str | None, offset: int = 0) -> Problem:
        line, column = self.loaded.places.inside(path, offset)
        return Problem(str(self.loaded.path), line, column, what, cure)


def _add(problems: list[Problem], problem: Problem) -> None:
    """Two runs of one model find the same thing once."""
    if problem not in problems:
        problems.append(problem)
