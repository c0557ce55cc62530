"""What a learner did, kept for ever: one append-only file a session, merged when read. No locks, nothing is rewritten.

A line is `["crc32 in hexadecimal", {record}]`, ASCII, ended by a newline and written by one `write`. A torn, empty or
foreign line costs only itself. A record says its format `v`, its session `s` and its number `n` in it, so that reading
is a fold over a set: in any order, with repetitions, with no clock. Old formats are read for ever.
"""

from __future__ import annotations

import json
import os
import queue
import re
import secrets
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tutor.messages import state_folder

if TYPE_CHECKING:
    from tutor.session import Session

FORMAT = 1
MAX_FILE = 16 << 20
MAX_FILES = 20_000
_NAME = re.compile(r"[0-9a-z.-]{1,120}\.jsonl")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC

Record = dict[str, Any]


def encoded(record: Record) -> bytes:
    """One line for a record."""
    body = json.dumps(record, separators=(",", ":"), sort_keys=True)
    return f'["{zlib.crc32(body.encode()):08x}",{body}]\n'.encode("ascii")


def decoded(data: bytes) -> Iterator[Record]:
    """Every intact record of a journal's bytes."""
    for line in data.split(b"\n"):
        with suppress(ValueError, RecursionError, TypeError):
            check, record = json.loads(line)
            body = json.dumps(record, separators=(",", ":"), sort_keys=True)
            if isinstance(record, dict) and check == f"{zlib.crc32(body.encode()):08x}":
                yield record


def folder() -> Path:
    """Where this user's journals lie."""
    return state_folder() / "journal"


def open_folder(path: Path) -> int:
    """A descriptor of the journals' folder, made if need be. Raises PermissionError if it is not the user's alone."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    status = os.fstat(found)
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        os.close(found)
        raise PermissionError(f"{path} is not yours alone")
    return found


class Journal:
    """The one writer of one file. `put` says whether everything so far is on stable storage."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.session = _session_name()
        self.error: OSError | None = None
        self._name = self.session
        self._file = -1
        self._count = 0
        self._unsaved: list[bytes] = []

    def put(self, kind: str, **fields: Any) -> bool:
        """Appends a record and waits for the disk; on an error it is kept and written with the next one."""
        self._count += 1
        record = {"v": FORMAT, "s": self.session, "n": self._count, "kind": kind, **fields}
        self._unsaved.append(encoded(record))
        return self.flush()

    def flush(self) -> bool:
        """Tries to write what is not yet saved."""
        if not self._unsaved:
            return True
        try:
            if self._file < 0:
                self._open()
            _write_all(self._file, b"".join(self._unsaved))
            os.fdatasync(self._file)
        except OSError as error:
            self._failed(error)
            return False
        self._unsaved.clear()
        self.error = None
        return True

    def close(self) -> bool:
        """The last record; whether everything is saved."""
        saved = self.put("end")
        if self._file >= 0:
            try:
                os.close(self._file)
            except OSError as error:
                self.error, saved = error, False
            self._file = -1
        return saved

    def _open(self) -> None:
        here = open_folder(self.path)
        try:
            self._file = os.open(f"{self._name}.jsonl", _WRITE, 0o600, dir_fd=here)
            os.fsync(here)
        finally:
            os.close(here)

    def _failed(self, error: OSError) -> None:
        """A dead handle is given up: the next try makes a new file, in which the unsaved records stand again.

        Each record keeps the session and number it was made with, so one that did reach the disk counts once.
        """
        self.error = error
        if self._file >= 0:
            with suppress(OSError):
                os.close(self._file)
            self._file = -1
        self._name = _session_name()


def _session_name() -> str:
    host = re.sub(r"[^0-9a-z.-]", "-", os.uname().nodename.lower())[:40] or "host"
    return f"{host}-{os.getpid()}-{secrets.token_hex(6)}"


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def read_records(path: Path) -> list[Record]:
    """Every record of every journal in a folder, each once, by session and number. [] if there is none."""
    try:
        here = open_folder(path)
    except OSError:
        return []
    found: dict[tuple[str, int], Record] = {}
    try:
        for name in sorted(os.listdir(here))[:MAX_FILES]:
            if _NAME.fullmatch(name):
                for record in decoded(_bytes(name, here)):
                    with suppress(TypeError, KeyError):
                        found.setdefault((str(record["s"]), int(record["n"])), record)
    finally:
        os.close(here)
    return [found[key] for key in sorted(found)]


def _bytes(name: str, here: int) -> bytes:
    try:
        with open(os.open(name, _READ, dir_fd=here), "rb") as file:
            return file.read(MAX_FILE)
    except OSError:
        return b""


# -- progress: a fold over all records


@dataclass
class LessonProgress:
    """What the journals say of one lesson: best points by question, tries, faults found, the last place and when."""

    points: dict[str, float] = field(default_factory=dict)
    of: float = 0.0
    tries: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    done: bool = False
    place: int = 0
    cursor: int = 0
    time: float = 0.0
    session: str = ""

    @property
    def earned(self) -> float:
        """The best points together."""
        return sum(self.points.values())


def progress(records: Iterable[Record]) -> dict[str, LessonProgress]:
    """Progress by lesson id. The order of the records does not matter."""
    lessons: dict[str, LessonProgress] = {}
    for record in sorted(records, key=lambda r: (str(r.get("s")), int(r.get("n", 0)))):
        with suppress(KeyError, TypeError, ValueError):
            _fold(lessons.setdefault(str(record["lesson"]), LessonProgress()), record)
    return lessons


def _fold(found: LessonProgress, record: Record) -> None:
    kind = record["kind"]
    if kind == "answer":
        question = str(record["question"])
        found.points[question] = max(found.points.get(question, 0.0), float(record["points"]))
        found.tries[question] = found.tries.get(question, 0) + 1
        if record.get("fault"):
            found.faults[str(record["fault"])] = found.faults.get(str(record["fault"]), 0) + 1
    elif kind == "place" and (float(record["time"]), str(record["s"]), int(record["n"])) >= (
        found.time,
        found.session,
        0,
    ):
        found.place, found.cursor = int(record["place"]), int(record["cursor"])
        found.time, found.session = float(record["time"]), str(record["s"])
        found.done = found.done or bool(record.get("last"))
    if "of" in record and kind == "place":
        found.of = float(record["of"])


# -- following a session


class Recorder:
    """Writes what changes from session to session, on a thread of its own, so that no disk ever holds up a key."""

    def __init__(self, path: Path, clock: Any) -> None:
        self.journal = Journal(path)
        self.clock = clock
        self.saved = True
        self._before: Session | None = None
        self._queue: queue.SimpleQueue[tuple[str, Record] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True, name="journal")
        self._thread.start()

    def follow(self, session: Session) -> None:
        """Records the answers, hints and the place that are new in `session`."""
        lesson = session.loaded.lesson
        about = {"lesson": lesson.id, "sha256": session.loaded.sha256, "variant": session.variant}
        for kind, fields in changes(self._before, session):
            self._queue.put((kind, {**about, **fields, "time": self.clock()}))
        self._before = session

    def adopt(self, session: Session) -> None:
        """Goes on from a session that the journals hold already: nothing of it is written again."""
        self._before = session

    def close(self, wait: float = 2.0) -> bool:
        """Writes what is left; whether everything is on disk."""
        self._queue.put(None)
        self._thread.join(wait)
        return not self._thread.is_alive() and self.saved

    def _work(self) -> None:
        while True:
            try:
                item = self._queue.get(timeout=1.0 if not self.saved else None)
            except queue.Empty:
                self.saved = self.journal.flush()
                continue
            if item is None:
                self.saved = self.journal.close()
                return
            self.saved = self.journal.put(item[0], **item[1])


def changes(before: Session | None, after: Session) -> Iterator[tuple[str, Record]]:
    """What happened between two states of a lesson, as records."""
    if before is None or before.loaded.lesson.id != after.loaded.lesson.id:
        yield "start", {}
        before = None
    for question, tried in after.attempts.items():
        known = len(before.attempts.get(question, ())) if before is not None else 0
        for attempt in tried[known:]:
            mark = attempt.mark
            fault = mark.diagnosis.fault if mark.diagnosis is not None else None
            yield (
                "answer",
                {
                    "question": question,
                    "text": attempt.answer[:4000],
                    "verdict": mark.verdict,
                    "points": mark.points,
                    "of": mark.of,
                    "fault": fault,
                    "hints": after.hints.get(question, 0),
                },
            )
    for question, shown in after.hints.items():
        if before is None or before.hints.get(question, 0) != shown:
            yield "hint", {"question": question, "shown": shown}
    at = (0, 0) if before is None else (before.place, before.cursor)
    if (after.place, after.cursor) != at:  # a lesson that is only opened keeps the place of the time before
        last = after.place + 1 == len(after.steps)
        yield "place", {"place": after.place, "cursor": after.cursor, "last": last, "of": after.possible_points}


def resumed(session: Session, records: Iterable[Record]) -> Session:
    """The session where the learner left the same lesson: answers marked again, hints shown, the last place."""
    lesson = session.loaded.lesson.id
    mine = [r for r in records if r.get("lesson") == lesson and r.get("variant") == session.variant]
    steps = {session.question_id(step): step for step, _ in session.questions()}
    for record in mine:
        if record["kind"] == "answer" and record.get("question") in steps:
            session = session.answer(str(record["text"]), steps[record["question"]])
    where = progress(mine).get(lesson)
    return session if where is None else session.go(where.place).go_in_walk(where.cursor)
