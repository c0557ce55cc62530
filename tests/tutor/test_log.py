"""The log: private, small, safe to print, and without anything that was typed unless one asks for it."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import ROOT, environment, tutor
from tutor import log
from tutor.journal import Journal
from tutor.recorder import Recorder

TYPED = "what-a-student-typed"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(log.DEBUG, raising=False)
    log.logger.cache_clear()
    yield
    log.logger.cache_clear()


@pytest.fixture
def careless() -> Iterator[None]:
    """Whatever names no mode of its own is open to all users."""
    before = os.umask(0)
    yield
    os.umask(before)


def until(met: Callable[[], bool], what: str) -> None:
    """Waits for another thread."""
    end = time.monotonic() + 60
    while not met():
        assert time.monotonic() < end, f"no {what} within a minute"


def crashed(folder: Path) -> Path | None:
    try:
        raise ValueError(f"could not convert {TYPED} \x1b[31m")
    except ValueError as error:
        return log.crash(folder, error)


def test_a_crash_is_told_without_what_was_typed(tmp_path: Path) -> None:
    assert crashed(tmp_path) == tmp_path / log.FILE
    text = (tmp_path / log.FILE).read_text("utf-8")
    assert "ValueError" in text and "in crashed" in text and str(os.getpid()) in text
    assert TYPED not in text


def test_debugging_tells_more_and_still_no_escapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(log.DEBUG, "1")
    crashed(tmp_path)
    text = (tmp_path / log.FILE).read_text("utf-8")
    assert TYPED in text
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.usefixtures("careless")
def test_files_are_private_and_bounded(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "tutor"
    for i in range(6000):
        log.logger(folder).warning("%s %s", i, "x" * 300)
    sizes = {path.name: path.stat() for path in folder.iterdir()}
    assert sorted(sizes) == [log.FILE, f"{log.FILE}.1", f"{log.FILE}.2"]
    assert sum(found.st_size for found in sizes.values()) <= 3 * log.MAX_BYTES
    assert {stat.S_IMODE(found.st_mode) for found in sizes.values()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("spoil", ["file", "link", "fifo", "folder"])
def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path, spoil: str) -> None:
    folder = tmp_path / "tutor"
    if spoil == "file":
        folder.write_text("")
    else:
        folder.mkdir()
        (tmp_path / "precious").write_text("precious")
        {
            "link": lambda path: path.symlink_to(tmp_path / "precious"),
            "fifo": os.mkfifo,
            "folder": os.mkdir,
        }[spoil](folder / log.FILE)
    assert crashed(folder) is None
    assert spoil == "file" or (tmp_path / "precious").read_text() == "precious"


def test_a_disk_that_fails_and_recovers_is_in_the_log_but_no_answer_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    write = os.write

    def full(file: int, data: bytes) -> int:
        if b"answer" in data:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    recorder = Recorder(tmp_path / "journal", lambda: 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        recorder._queue.put(("answer", {"lesson": "l", "question": "q", "text": TYPED}))
        until(lambda: recorder.trouble != "", "trouble with a full disk")
        assert recorder.trouble == "No space left on device"
    until(lambda: recorder.trouble == "", "end of the trouble")
    assert recorder.close()
    text = (tmp_path / "tutor" / log.FILE).read_text("utf-8")
    assert "not saved yet: No space left" in text and "saved again" in text
    assert TYPED not in text


FULL = """
import resource, sys, time
from pathlib import Path
from tutor import log
from tutor.journal import read_records
from tutor.recorder import Recorder
from tutor.unsent import Unsent

folder, hard = Path(sys.argv[1]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
assert log.crash(folder, ValueError()) is None
recorder = Recorder(folder / "journal", time.time)
recorder.note_sandbox(Unsent("y = x"))
end = time.monotonic() + 60
while not recorder.trouble:
    assert time.monotonic() < end, "a disk that takes nothing is no trouble"
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(recorder.close(), [record.get("text") for record in read_records(folder / "journal")])
"""


def test_where_no_file_can_grow_the_log_is_silent_and_what_is_done_is_saved_once_there_is_room(tmp_path: Path) -> None:
    """Also closing a file says that the disk is full; in the thread that saves, that was its end."""
    command = [sys.executable, "-c", FULL, str(tmp_path / "tutor")]
    env = environment(tmp_path)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("True ['y = x', None]\n", "")


def test_what_a_student_does_is_not_in_the_log(tmp_path: Path) -> None:
    lessons.written(tmp_path, lessons.UNIT)
    done = tutor(tmp_path, "run", str(tmp_path / "lesson.toml"), "--plain", given=f"{TYPED}\n" * 30)
    assert "Traceback" not in done.err
    kept = [path for path in (tmp_path / "state").rglob(f"{log.FILE}*") if TYPED in path.read_text("utf-8")]
    assert kept == []


@pytest.mark.usefixtures("careless")
def test_what_is_kept_of_a_student_is_private_whatever_new_files_are_otherwise(tmp_path: Path) -> None:
    lessons.written(tmp_path, lessons.UNIT)
    command = ["--debug", "run", str(tmp_path / "lesson.toml"), "--plain"]
    assert tutor(tmp_path, *command, given=f"{TYPED}\n\nquit\n").status == 0
    found = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert {path.suffix for path in found} == {".log", ".jsonl"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in found} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in found} == {0o700}


def test_debug_is_an_option_of_every_command(tmp_path: Path) -> None:
    assert tutor(tmp_path, "--debug", "list").status == 0
    text = (tmp_path / "state" / "tutor" / log.FILE).read_text("utf-8")
    assert "DEBUG list: " in text and "numpy" in text
    assert tutor(tmp_path / "..", "list", env={"XDG_STATE_HOME": str(tmp_path / "quiet")}).status == 0
    assert not (tmp_path / "quiet" / "tutor" / log.FILE).exists()


def test_a_journal_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a file server that is gone: the write neither ends nor fails."""
    from threading import Event

    going, asked = Event(), Event()

    def hangs(self: Journal, kind: str, **fields: object) -> bool:
        asked.set()
        return going.wait(60)

    monkeypatch.setattr(Journal, "put", hangs)
    recorder = Recorder(tmp_path, lambda: 0.0)
    recorder._queue.put(("answer", {}))
    assert asked.wait(60)
    assert recorder.trouble == ""
    recorder._since = (recorder._since or 0.0) - 2.0  # two seconds later
    assert recorder.trouble == "the disk does not answer"
    going.set()
