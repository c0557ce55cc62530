"""Submissions: answers files, folders of them, and exported journals, found safely and read with bounds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tutor.answers_file import Answers, answers_of
from tutor.errors import ProblemsError
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
    """What a submission says: answers to one lesson, and the SHA-256 of the lesson it was made with, if known."""

    answers: Answers
    sha256: str | None = None


class UnusableError(Exception):
    """A submission that cannot be marked; the reason is one line."""


def collect(names: Sequence[str]) -> Iterator[Submission]:
    """Every submission in the files and folders named, in a fixed order; hidden files and others are left out."""
    for name in names:
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
    limit = MAX_EXPORT if submission.path.endswith(".jsonl") else MAX_ANSWERS
    try:
        if submission.folder is None:
            data = read_bytes(submission.path, limit)
        else:
            data = read_beneath(submission.folder, submission.path, limit)
    except OSError as error:
        raise UnusableError(f"not read: {error.strerror or error}") from None
    if submission.path.endswith(".jsonl"):
        return _from_journal(data, submission, lesson)
    return HandedIn(_from_toml(data, submission))


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
    records = [r for r in decoded(data) if r.get("kind") == "answer" and (lesson is None or r.get("lesson") == lesson)]
    if not records:
        raise UnusableError("no answer to this lesson in this export")
    latest: dict[str, str] = {}
    for record in sorted(records, key=_when):
        latest[str(record.get("question"))[:200]] = str(record.get("text", ""))[:4000]
    last = max(records, key=_when)
    name = lesson if lesson is not None else str(last.get("lesson"))
    student = Path(submission.path).stem
    answers = Answers(name, latest, student, _text(last.get("variant")))
    return HandedIn(answers, _text(last.get("sha256")))


def _when(record: dict[str, Any]) -> tuple[float, str, int]:
    time, number = record.get("time", 0), record.get("n", 0)
    return (
        float(time) if isinstance(time, int | float) else 0.0,
        str(record.get("s")),
        number if isinstance(number, int) else 0,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
