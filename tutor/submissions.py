"""Submissions: answers files, folders of them, and exported journals, found safely and read with bounds."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tutor.answers_file import Answers, answers_of
from tutor.errors import Problem, ProblemsError
from tutor.files import read_beneath, read_bytes
from tutor.journal import decoded
from tutor.toml_limits import parse

MAX_ANSWERS = 256 * 1024
MAX_EXPORT = 16 << 20
MAX_SUBMISSIONS = 100_000
ENDINGS = (".toml", ".jsonl")


@dataclass(frozen=True)
class Submission:
    """One file that was handed in: `folder` is the one it may not lead out of, if it was found in one."""

    path: str
    folder: str | None = None

    @property
    def shown(self) -> str:
        return self.path if self.folder is None else os.path.join(self.folder, self.path)


@dataclass(frozen=True)
class HandedIn:
    """What a submission says: answers to one lesson, and the SHA-256 of the lesson it was made with, if known.

    `tries` and `hints` count, by question, what an export tells of the way to the last answer.
    """

    answers: Answers
    sha256: str | None = None
    tries: dict[str, int] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)


class UnusableError(Exception):
    """A submission that cannot be marked; the reason is one line."""


def collect(names: Sequence[str]) -> Iterator[Submission]:
    """Every submission in the files and folders named, in a fixed order; hidden files and others are left out.

    Raises ProblemsError for a name that is neither a file nor a folder.
    """
    for name in names:
        if not os.path.lexists(name):
            raise ProblemsError((Problem(name, None, None, "no such file or folder"),))
        if not Path(name).is_dir():
            yield Submission(name)
            continue
        found = [
            os.path.relpath(os.path.join(folder, file), name)
            for folder, _, files in os.walk(name, followlinks=False)
            for file in files
            if file.endswith(ENDINGS) and not file.startswith(".")
        ]
        yield from (Submission(path, name) for path in sorted(found)[:MAX_SUBMISSIONS])


def read_submission(submission: Submission, lesson: str | None) -> HandedIn:
    """What was handed in for `lesson` (or for whatever lesson an answers file names).

    Raises UnusableError with the reason: no regular file, too large, no UTF-8, no TOML, another lesson's answers.
    """
    data = _bytes(submission)
    if submission.path.endswith(".jsonl"):
        return _from_journal(data, submission, lesson)
    return HandedIn(_from_toml(data, submission))


def _bytes(submission: Submission) -> bytes:
    limit = MAX_EXPORT if submission.path.endswith(".jsonl") else MAX_ANSWERS
    try:
        if submission.folder is None:
            return read_bytes(submission.path, limit)
        return read_beneath(submission.folder, submission.path, limit)
    except OSError as error:
        raise UnusableError(f"not read: {error.strerror or error}") from None


def _from_toml(data: bytes, submission: Submission) -> Answers:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableError(f"no UTF-8 at byte {error.start + 1}") from None
    try:
        return answers_of(parse(text, submission.path), submission.path)
    except ProblemsError as error:
        raise UnusableError("; ".join(problem.what for problem in error.problems)) from None


def _from_journal(data: bytes, submission: Submission, lesson: str | None) -> HandedIn:
    """The latest answers of an export; the scores in it are not looked at."""
    mine = [r for r in decoded(data) if lesson is None or r.get("lesson") == lesson]
    records = [r for r in mine if r.get("kind") == "answer"]
    if not records:
        raise UnusableError("no answer to this lesson in this export")
    latest: dict[str, str] = {}
    tries: dict[str, int] = {}
    for record in sorted(records, key=_when):
        question = str(record.get("question"))[:200]
        latest[question] = str(record.get("text", ""))[:4000]
        tries[question] = tries.get(question, 0) + 1
    last = max(records, key=_when)
    name = lesson if lesson is not None else str(last.get("lesson"))
    student = Path(submission.path).stem
    answers = Answers(name, latest, student, _text(last.get("variant")))
    return HandedIn(answers, _text(last.get("sha256")), tries, _hints(mine))


def _hints(records: Iterable[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in records:
        shown = record.get("shown")
        if record.get("kind") == "hint" and isinstance(shown, int):
            question = str(record.get("question"))[:200]
            found[question] = max(found.get(question, 0), min(shown, 100))
    return found


def lessons_in(submission: Submission) -> tuple[str, ...]:
    """The lessons that a submission answers: one for an answers file, any number for an export.

    Raises UnusableError as `read_submission` does.
    """
    if not submission.path.endswith(".jsonl"):
        return (read_submission(submission, None).answers.lesson,)
    found = (r.get("lesson") for r in decoded(_bytes(submission)) if r.get("kind") == "answer")
    return tuple(dict.fromkeys(sorted(name for name in found if isinstance(name, str))))


def _when(record: dict[str, Any]) -> tuple[float, str, int]:
    time, number = record.get("time", 0), record.get("n", 0)
    return (
        float(time) if isinstance(time, int | float) else 0.0,
        str(record.get("s")),
        number if isinstance(number, int) else 0,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
