"""Submissions: answers files, folders of them, and exported journals, found safely and read with bounds."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.numbers import counted
from tutor.answers_file import Answers, answers_in
from tutor.errors import Problem, ProblemsError, wrong
from tutor.files import BYTE_ORDER_MARK, read_beneath, read_bytes
from tutor.journal import decoded
from tutor.text import safe

MAX_ANSWERS = 256 * 1024
MAX_EXPORT = 16 << 20
MAX_SUBMISSIONS = 100_000
ENDINGS = (".toml", ".jsonl")
ENDS = "answers files end in .toml, exported work in .jsonl"
MOST_NAMED = 5
BREAK = 1800.0
"""Seconds without any record after which a student was away, not thinking."""


@dataclass(frozen=True)
class Submission:
    """One file that was handed in: `folder` is the one it may not lead out of, if it was found in one."""

    path: str
    folder: str | None = None
    called: str | None = None

    @property
    def shown(self) -> str:
        return self.path if self.folder is None else os.path.join(self.folder, self.path)

    @property
    def label(self) -> str:
        """Whom it is from where it does not say so: its name, with the folder inside `folder` that it lies in.

        `called`, if that is given.
        """
        if self.called is not None:
            return self.called
        path = Path(self.path)
        return path.stem if self.folder is None else str(path.with_suffix(""))


@dataclass(frozen=True)
class HandedIn:
    """What a submission says: answers to one lesson, and the SHA-256 of the lesson it was made with, if known.

    `tries`, `hints` and `seconds` tell, by question, of the way to the last answer, where an export knows it.
    """

    answers: Answers
    sha256: str | None = None
    tries: dict[str, int] = field(default_factory=dict)
    hints: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    note: str = ""


class UnusableError(Exception):
    """A submission that cannot be marked; the reason is one line."""


def collect(names: Sequence[str]) -> Iterator[Submission]:
    """Every submission in the files and folders named, in a fixed order; hidden files and others are left out.

    What cannot be read, such as a link or a folder in a submission's place, is among them: marking says why.
    Raises ProblemsError for a name that is neither a file nor a folder, and for a folder with too many files.
    """
    for name in names:
        if not os.path.lexists(name):
            raise wrong(name, "no such file or folder")
        if not Path(name).is_dir():
            yield Submission(name)
            continue
        found = sorted(path for path, is_one in _paths(name) if is_one)
        if len(found) > MAX_SUBMISSIONS:
            cure = "grade its parts one after the other"
            raise wrong(name, f"more than {MAX_SUBMISSIONS} submissions", cure)
        yield from (Submission(path, name) for path in found)


def handed_in(names: Sequence[str]) -> list[Submission]:
    """Every submission named. Raises ProblemsError as `collect` does, and where there is none."""
    found = list(collect(names))
    if not found:
        raise wrong(names[0], "no submission here", ENDS)
    return found


def left_out(names: Sequence[str]) -> str:
    """What is said of files in the folders named that are no submissions by their names; "" if there are none.

    Hidden ones are not counted.
    """
    folders = (name for name in names if Path(name).is_dir())
    others = sorted(path for name in folders for path, is_one in _paths(name) if not is_one)
    if not others:
        return ""
    return f"{counted(len(others), 'file')} left out ({listed(others)}): {ENDS}"


def listed(names: Sequence[str]) -> str:
    """The first few of many names, safe to show."""
    shown = ", ".join(safe(name, 200) for name in names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown}, and {len(names) - MOST_NAMED} more"


def told_apart(found: Sequence[Submission]) -> list[Submission]:
    """Submissions with labels of their own: two files of one name are called by as much of their paths as it takes."""
    alike: dict[str, list[str]] = {}
    for submission in found:
        alike.setdefault(submission.label, []).append(submission.shown)
    tails = {path: tail for paths in alike.values() if len(set(paths)) > 1 for path, tail in distinct(paths).items()}
    return [replace(one, called=tails[one.shown]) if one.shown in tails else one for one in found]


def distinct(paths: Sequence[str]) -> dict[str, str]:
    """Each path with its last parts: as many of them as tell all of the paths apart."""
    parts = {path: Path(path).parts for path in paths}
    for count in range(1, max(map(len, parts.values()))):
        tails = {path: "/".join(own[-count:]) for path, own in parts.items()}
        if len(set(tails.values())) == len(tails):
            return tails
    return {path: path for path in parts}


def _paths(name: str) -> Iterator[tuple[str, bool]]:
    """Every file below a folder, relative to it, and whether it is a submission by its name.

    So are links to folders with such a name, and folders that cannot be opened.
    """
    closed: list[str] = []
    for folder, folders, files in os.walk(name, onerror=lambda e: closed.append(str(e.filename)), followlinks=False):
        links = [inner for inner in folders if inner.endswith(ENDINGS) or os.path.islink(os.path.join(folder, inner))]
        for file in (*files, *links):
            if not file.startswith("."):
                yield os.path.relpath(os.path.join(folder, file), name), file.endswith(ENDINGS)
    if name in closed:
        raise wrong(name, "this folder cannot be opened")
    yield from ((os.path.relpath(folder, name), True) for folder in closed)


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
        text = data.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableError(f"no UTF-8 at byte {error.start + 1}") from None
    try:
        return answers_in(text, submission.path)
    except ProblemsError as error:
        raise UnusableError("; ".join(map(_said, error.problems))) from None


def _said(problem: Problem) -> str:
    """A problem of a file that is named already."""
    place = "" if problem.line is None else f"line {problem.line}, column {problem.column or 1}: "
    return f"{place}{problem.what}" + (f"; {problem.cure}" if problem.cure else "")


def _from_journal(data: bytes, submission: Submission, lesson: str | None) -> HandedIn:
    """The latest answers of an export, those with the latest numbers; the scores in it are not looked at."""
    everything = in_time(decoded(data))
    mine = [r for r in everything if lesson is None or r.get("lesson") == lesson]
    answers = [r for r in mine if r.get("kind") == "answer"]
    if not answers:
        raise UnusableError("no answer to this lesson in this export")
    last = answers[-1]
    name = lesson if lesson is not None else str(last.get("lesson"))
    own = [r for r in answers if r.get("variant") == last.get("variant")]
    latest = {_question(r): str(r.get("text", ""))[:4000] for r in own}
    tries: dict[str, int] = {}
    for record in own:
        tries[_question(record)] = tries.get(_question(record), 0) + 1
    found = Answers(name, latest, None, _text(last.get("variant")))
    others = len(answers) - len(own)
    note = f"left out: answers with the numbers of another variant ({others})" if others else ""
    return HandedIn(found, _text(last.get("sha256")), tries, _hints(mine), _seconds(everything, name), note)


def in_time(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records as they were made, each once: sessions by their typical time, inside a session by number.

    A clock that jumps while a session lasts does not change their order.
    """
    sessions: dict[str, dict[int, dict[str, Any]]] = {}
    for record in records:
        number = record.get("n")
        sessions.setdefault(str(record.get("s")), {}).setdefault(number if isinstance(number, int) else 0, record)
    order = sorted((statistics.median(_time(r) for r in found.values()), name) for name, found in sessions.items())
    return [found[n] for _, name in order for found in (sessions[name],) for n in sorted(found)]


def _seconds(records: Sequence[dict[str, Any]], lesson: str) -> dict[str, float]:
    """Time for each question: from the record before to each of its answers and hints, breaks left out.

    Where the clock went back or jumped ahead, that one step counts nothing.
    """
    found: dict[str, float] = {}
    for before, after in pairwise(records):
        if after.get("kind") not in ("answer", "hint") or after.get("lesson") != lesson:
            continue
        spent = _time(after) - _time(before)
        if before.get("s") == after.get("s") and 0 <= spent <= BREAK:
            found[_question(after)] = found.get(_question(after), 0.0) + spent
    return found


def _hints(records: Iterable[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in records:
        shown = record.get("shown")
        if record.get("kind") == "hint" and isinstance(shown, int):
            question = _question(record)
            found[question] = max(found.get(question, 0), min(shown, 100))
    return found


def _question(record: dict[str, Any]) -> str:
    return str(record.get("question"))[:200]


def lessons_in(submission: Submission) -> tuple[str, ...]:
    """The lessons that a submission answers: one for an answers file, any number for an export.

    Raises UnusableError as `read_submission` does.
    """
    if not submission.path.endswith(".jsonl"):
        return (read_submission(submission, None).answers.lesson,)
    found = (r.get("lesson") for r in decoded(_bytes(submission)) if r.get("kind") == "answer")
    return tuple(dict.fromkeys(sorted(name for name in found if isinstance(name, str))))


def _time(record: dict[str, Any]) -> float:
    """Seconds; 0 for a time that is none."""
    time = record.get("time")
    return float(time) if isinstance(time, int | float) and abs(time) < 1e15 else 0.0


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
