"""A disk that is full is said at once, without a key, and so is that everything is saved after all."""

import errno
import os
import sys

from tests.terminal import Terminal, environment
from tests.tutor.tui.stages import HERE, opened, press
from tutor.journal import folder, read_records

LOOKS = 1000


async def said(pilot, text: str) -> None:
    """Until the screen says it, by itself: some ten seconds on a busy machine."""
    for _ in range(LOOKS):
        if text in pilot.app.screen.message:
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{text!r} is not said, but {pilot.app.screen.message!r}")


async def test_what_cannot_be_saved_is_said_and_saved_once_there_is_room(monkeypatch):
    write = os.write

    def full(file: int, data: bytes) -> int:
        if b'"kind"' in data:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    async with opened("lesson.toml") as pilot:
        monkeypatch.setattr(os, "write", full)
        await press(pilot, "right")
        await said(pilot, "not saved yet: No space left on device; it is tried again")
        assert "place" not in {record["kind"] for record in read_records(folder())}
        monkeypatch.setattr(os, "write", write)
        await said(pilot, "everything is saved again")
        assert {record["kind"] for record in read_records(folder())} >= {"start", "place"}


async def test_a_disk_that_does_not_answer_is_said(monkeypatch):
    async with opened("lesson.toml") as pilot:
        await press(pilot, "right")
        monkeypatch.setattr(type(pilot.app.memory), "trouble", "not saved yet: the disk does not answer")
        pilot.app.look_after_terminal()
        assert "the disk does not answer; it is tried again" in pilot.app.screen.message
        monkeypatch.undo()


def test_what_could_not_be_saved_at_all_is_said_when_one_leaves():
    """On the screen that was there before, which stays; nobody can write below /proc."""
    program = [sys.executable, "-P", "-m", "tutor", "run", str(HERE / "lesson.toml")]
    with Terminal(program, env=environment(XDG_STATE_HOME="/proc/nowhere")) as screen:
        screen.wait_for("Two inputs")
        screen.type(".")
        screen.wait_for("not saved yet")
        screen.type("\x11")
        assert screen.wait_exit() == 0
        after = screen.raw.rpartition(b"\x1b[?1049l")[2]
        assert b"what you did last could not be saved" in after
