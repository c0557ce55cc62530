"""Whatever goes wrong in the thread that saves, it goes on with what comes after, and never calls saved what is not."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.atomic import write_atomically
from tutor import journal, recorder
from tutor.compaction import compact
from tutor.journal import Journal, read_records
from tutor.recorder import Recorder
from tutor.unsent import Unsent


def until(true: Callable[[], bool], what: str) -> None:
    """Waits for another thread: a minute on a busy machine."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.005)


def texts(folder: Path) -> list[object]:
    return [record["text"] for record in read_records(folder) if "text" in record]


def test_old_journals_that_cannot_be_put_together_end_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = threading.Event()

    def full(path: Path) -> int:
        tried.set()
        raise MemoryError

    monkeypatch.setattr(recorder, "QUIET", 0.01)
    monkeypatch.setattr(recorder, "compact", full)
    writer = Recorder(tmp_path, time.time)
    assert tried.wait(60)
    writer.note_sandbox(Unsent("after it"))
    assert writer.close()
    assert texts(tmp_path) == ["after it"]


@pytest.mark.parametrize("at", ["encoded", "_write_all"])
def test_a_record_that_meets_full_memory_is_kept_and_told_and_saved_once_there_is_room(
    at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bytes:
        raise MemoryError

    turns: list[bool] = []
    writer = Recorder(tmp_path, time.time, lambda: turns.append(writer.saved))
    with monkeypatch.context() as patch:
        patch.setattr(journal, at, full)
        writer.note_sandbox(Unsent("first"))
        until(lambda: writer.trouble != "", "trouble")
        assert writer.trouble == "the memory is full" and not writer.saved
        assert texts(tmp_path) == []
    writer.note_sandbox(Unsent("second"))
    until(lambda: writer.trouble == "", "end of the trouble")
    assert texts(tmp_path) == ["first", "second"]
    assert turns == [False, True]
    assert writer.close()


def test_a_record_that_nobody_can_write_holds_up_no_other_and_is_told(tmp_path: Path) -> None:
    writer = Recorder(tmp_path, time.time)
    writer._queue.put(("answer", {"text": object()}))
    writer.note_sandbox(Unsent("after it"))
    until(lambda: texts(tmp_path) == ["after it"], "second record")
    assert writer.trouble == "a fault (TypeError)"
    assert not writer.close()


def test_a_thread_that_has_ended_saves_nothing_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(Journal, "put", lambda *_, **__: sys.exit())
    writer = Recorder(tmp_path, time.time)
    writer.note_sandbox(Unsent("lost"))
    until(lambda: writer.trouble != "", "trouble")
    assert writer.trouble == "what saves has ended"
    assert not writer.saved and not writer.close()


def test_a_screen_that_is_gone_does_not_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise RuntimeError("the app has ended")

    writer = Recorder(tmp_path / "file" / "below", time.time, gone)
    (tmp_path / "file").touch()
    writer.note_sandbox(Unsent("first"))
    until(lambda: writer.trouble != "", "trouble")
    (tmp_path / "file").unlink()
    until(lambda: writer.trouble == "", "end of the trouble")
    assert writer.close() and writer.close()
    assert texts(tmp_path / "file" / "below") == ["first"]


def test_file_systems_that_sync_no_folders_keep_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync = os.fsync

    def no_folders(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        sync(file)

    monkeypatch.setattr(os, "fsync", no_folders)
    for i in range(3):
        made = Journal(tmp_path)
        assert made.put("draft", question="q", text=str(i), lesson=str(i))
        assert made.close()
    assert compact(tmp_path, least=2) == 3
    assert sorted(map(str, texts(tmp_path))) == ["0", "1", "2"]
    write_atomically(tmp_path / "file", b"x")
    assert (tmp_path / "file").read_bytes() == b"x"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_a_folder_that_cannot_be_synced_for_another_reason_is_not_saved(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(file: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", broken)
    assert not Journal(tmp_path).put("draft", text="x")
