"""What a learner did, kept for ever: one append-only file a session, merged when read. No locks, nothing is rewritten.

A line is `["crc32 in hexadecimal", {record}]`, ASCII, ended by a newline and written by one `write`. A torn, empty or
foreign line costs only itself. A record says its format `v`, its session `s` and its number `n` in it, so that reading
is a fold over a set: in any order, with repetitions, with no clock. Old formats are read for ever.
"""

from __future__ import annotations

import json
import os
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from engine.atomic import make_private, not_own, sync_folder
from tutor.messages import state_folder

FORMAT = 1
MAX_FILE = 16 << 20
REOPENED_AFTER = 24 * 3600.0
"""Seconds without a record after which a session begins a new file, as its old one may be put together with others."""

NAME = re.compile(r"[0-9a-z.-]{1,120}\.jsonl")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_LISTINGS = 20  # of a folder that others tidy meanwhile

Record = dict[str, Any]


def encoded(record: Record) -> bytes:
    """One line for a record."""
    body = json.dumps(record, separators=(",", ":"), sort_keys=True)
    return f'["{zlib.crc32(body.encode()):08x}",{body}]\n'.encode("ascii")


def decoded(data: bytes) -> Iterator[Record]:
    """Every intact record of a journal's bytes."""
    return (record for line in data.split(b"\n") if (record := decoded_line(line)) is not None)


def decoded_line(line: bytes) -> Record | None:
    """The record in a line; None if it is torn, changed or something else."""
    with suppress(ValueError, RecursionError, TypeError):
        check, record = json.loads(line)
        body = json.dumps(record, separators=(",", ":"), sort_keys=True)
        if isinstance(record, dict) and check == f"{zlib.crc32(body.encode()):08x}":
            return record
    return None


def key(record: Record) -> tuple[str, int] | None:
    """Session and number, which no two records share; None for what no session wrote."""
    session, number = record.get("s"), record.get("n")
    return (session, number) if isinstance(session, str) and type(number) is int else None


def folder() -> Path:
    """Where this user's journals lie."""
    return state_folder() / "journal"


def open_folder(path: Path) -> int:
    """A descriptor of the journals' folder, made if need be. Raises PermissionError if it is not the user's alone."""
    make_private(path)
    found = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not_own(os.fstat(found)):
        os.close(found)
        raise PermissionError(f"{path} is not yours alone")
    return found


@contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    """As `open_folder`, closed again."""
    here = open_folder(path)
    try:
        yield here
    finally:
        os.close(here)


class Journal:
    """The one writer of one file. `put` says whether everything so far is on stable storage."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.session = _session_name()
        self.error: Exception | None = None
        self._name = self.session
        self._file = -1
        self._kept = 0  # records in the present file that are on the disk
        self._count = 0
        self._unsaved: list[bytes] = []
        self._written = 0.0

    def put(self, kind: str, **fields: Any) -> bool:
        """Appends a record and waits for the disk; on an error it is kept and written with the next one.

        Raises what hinders a line to be made of it, and then has not taken it.
        """
        record = {"v": FORMAT, "s": self.session, "n": self._count + 1, "kind": kind, **fields}
        self._unsaved.append(encoded(record))
        self._count += 1
        return self.flush()

    def flush(self) -> bool:
        """Tries to write what is not yet saved."""
        if not self._unsaved:
            return True
        try:
            self._open()
            _write_all(self._file, b"".join(self._unsaved))
            os.fdatasync(self._file)
        except Exception as error:  # memory can be full too: whatever was written, it stands in the next file again
            self._failed(error)
            return False
        self._kept += len(self._unsaved)
        self._unsaved.clear()
        self.error = None
        return True

    def close(self) -> bool:
        """The last record; whether everything is saved."""
        saved = self.put("end")
        try:
            self._leave()
        except OSError as error:
            self.error, saved = error, False
        return saved

    def _open(self) -> None:
        """The file to write to: the present one, or a new one after an error, a close or a day's silence."""
        now = _awake_and_asleep()
        if self._file >= 0 and now - self._written > REOPENED_AFTER:
            with suppress(OSError):
                self._leave()
        self._written = now
        if self._file >= 0:
            return
        with opened_folder(self.path) as here:
            self._file = os.open(f"{self._name}.jsonl", _WRITE, 0o600, dir_fd=here)
            sync_folder(here)

    def _leave(self) -> None:
        """Closes the file for good; a network's disk may say only now that it is full."""
        file, self._file, self._kept, self._name = self._file, -1, 0, _session_name()
        if file >= 0:
            os.close(file)

    def _failed(self, error: Exception) -> None:
        """A dead handle is given up: the next try makes a new file, in which the unsaved records stand again.

        Each record keeps the session and number it was made with, so one that did reach the disk counts once. A file
        of which nothing was acknowledged goes, so that a disk that is full for hours is not filled with empty ones.
        """
        self.error = error
        name, empty = self._name, self._kept == 0
        with suppress(OSError):
            self._leave()
        if empty:
            with suppress(OSError), opened_folder(self.path) as here:
                os.unlink(f"{name}.jsonl", dir_fd=here)


def _awake_and_asleep() -> float:
    """Seconds since the machine was started, of which a suspended one counts too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _session_name() -> str:
    host = re.sub(r"[^0-9a-z.-]", "-", os.uname().nodename.lower())[:40] or "host"
    return f"{host}-{os.getpid()}-{os.urandom(6).hex()}"


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def read_records(path: Path) -> list[Record]:
    """Every record of every journal in a folder, each once, by session and number. [] if there is none."""
    try:
        with opened_folder(path) as here:
            return merged(_listed(here))
    except OSError:
        return []


def merged(contents: Iterable[bytes]) -> list[Record]:
    """The records in the bytes of journals, each once, by session and number."""
    found: dict[tuple[str, int], Record] = {}
    for data in contents:
        for record in decoded(data):
            which = key(record)
            if which is not None:
                found.setdefault(which, record)
    return [found[which] for which in sorted(found)]


def _listed(here: int) -> list[bytes]:
    """The bytes of all journals; again from the start if one went meanwhile, as its records stand elsewhere now."""
    for _ in range(_LISTINGS):
        with suppress(FileNotFoundError):
            return [_bytes(name, here) for name in names(here)]
    return []


def names(here: int) -> list[str]:
    """The journals in a folder."""
    return sorted(name for name in os.listdir(here) if NAME.fullmatch(name))


def read_journal(name: str, here: int) -> bytes:
    """The bytes of one journal. Raises OSError."""
    file = os.open(name, _READ, dir_fd=here)
    try:
        parts: list[bytes] = []
        while part := os.read(file, MAX_FILE - sum(map(len, parts))):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(file)


def _bytes(name: str, here: int) -> bytes:
    """As `read_journal`; one that cannot be read costs only itself."""
    try:
        return read_journal(name, here)
    except FileNotFoundError:
        raise
    except OSError:
        return b""
