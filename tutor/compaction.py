"""Old journals → one snapshot, so that a start with hundreds of sessions behind it reads one file.

A snapshot is a journal like any other: the same lines, so that reading knows nothing of it. Only what nobody will write
to any more is put together: journals that end with their last record, and those untouched for a week by the clock of
the machine that holds the files (a session begins a new file after a day's silence). A journal goes only when the
snapshot with its records is on the disk; a compactor that is killed leaves every record at least once, and two at once
leave some twice, which reading does not notice. What cannot be read whole stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from engine.atomic import sync_folder, write_atomically
from tutor.journal import MAX_FILE, Record, decoded_line, encoded, key, merged, names, opened_folder, read_journal
from tutor.progress import place_in

WEEK = 7 * 86_400.0
LEAST = 24
"""So many files are read quickly; fewer are not worth writing another one."""
MOST_BYTES = MAX_FILE // 4
_LEFT = re.compile(r"\.(?:snap|clock)-.*\.tmp")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def compact(path: Path, least: int = LEAST) -> int:
    """Puts the journals in a folder together that nobody writes to, if they are at least so many; how many went.

    A disk that fails changes nothing and is no error: nothing is lost, the next start tries again.
    """
    try:
        with opened_folder(path) as here:
            return _compacted(path, here, least)
    except OSError:
        return 0


def _compacted(path: Path, here: int, least: int) -> int:
    now = _server_time(here)
    _sweep(here, now)
    found = dict(_done_with(here, now))
    if len(found) < least:
        return 0
    for part in _parts(kept(merged(found.values()))):
        write_atomically(path / f"snap-{os.urandom(8).hex()}.jsonl", part)
    for name in found:
        with suppress(FileNotFoundError):  # another compactor was quicker
            os.unlink(name, dir_fd=here)
    sync_folder(here)
    return len(found)


def _server_time(here: int) -> float:
    """The time by the clock that dates the files, which need not be this machine's."""
    name = f".clock-{os.urandom(8).hex()}.tmp"
    file = os.open(name, _NEW, 0o600, dir_fd=here)
    try:
        return os.fstat(file).st_mtime
    finally:
        os.close(file)
        os.unlink(name, dir_fd=here)


def _sweep(here: int, now: float) -> None:
    """What killed compactors left goes after a week."""
    for name in os.listdir(here):
        if _LEFT.fullmatch(name):
            with suppress(FileNotFoundError):
                if now - os.stat(name, dir_fd=here, follow_symlinks=False).st_mtime > WEEK:
                    os.unlink(name, dir_fd=here)


def _done_with(here: int, now: float) -> Iterator[tuple[str, bytes]]:
    """The journals that nobody will write to, with their bytes."""
    size = 0
    for name in names(here):
        with suppress(OSError):
            status = os.stat(name, dir_fd=here, follow_symlinks=False)
            if status.st_size + size > MOST_BYTES or (_is_snapshot(name) and status.st_size > MOST_BYTES // 2):
                continue  # a snapshot that is half full stays: others begin
            data = read_journal(name, here)
            if len(data) == status.st_size and _is_over(name, data, now - status.st_mtime > WEEK):
                size += len(data)
                yield name, data


def _is_over(name: str, data: bytes, old: bool) -> bool:
    """Whether a journal can go: every line of it is understood, and it has ended or is old.

    Only a last line that has no end may be torn: a whole one that is not understood is a later version's.
    """
    *lines, torn = data.split(b"\n")
    whole = [decoded_line(line) for line in lines if line]
    records = [*whole, decoded_line(torn)] if torn else whole
    if None in whole or any(record is not None and key(record) is None for record in records):
        return False
    last = records[-1] if records else None
    return old or _is_snapshot(name) or (last is not None and last.get("kind") == "end")


def _is_snapshot(name: str) -> bool:
    return name.startswith("snap-")


def kept(records: Iterable[Record]) -> list[Record]:
    """Everything that was done; of a session's places in a lesson only the last, and the one at its end; of what was
    typed and not sent only the last word."""
    found = sorted(records, key=lambda record: key(record) or ("", 0))
    last: dict[tuple[object, ...], int] = {}
    for i, record in enumerate(found):
        last[_superseded(record) or (i,)] = i
    wanted = set(last.values())
    return [record for i, record in enumerate(found) if record.get("kind") != "end" and i in wanted]


def _superseded(record: Record) -> tuple[object, ...] | None:
    """What a later record of the same session makes this one superfluous for; None if nothing does."""
    where = repr(record.get("lesson")), repr(record.get("variant"))
    place = place_in(record)
    if place is not None:
        return place.session, *where, place.last
    if record.get("kind") == "draft":
        return repr(record.get("s")), *where, "draft", repr(record.get("question"))
    return None


def _parts(records: Iterable[Record]) -> Iterator[bytes]:
    """The lines of snapshots, none larger than what is put together at once."""
    lines: list[bytes] = []
    size = 0
    for record in records:
        line = encoded(record)
        if lines and size + len(line) > MOST_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield b"".join(lines)
