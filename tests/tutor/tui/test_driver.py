"""The gate before the terminal, and a writer that never waits for it."""

import fcntl
import os
import pty
import threading

import pytest

from tests.terminal import foreign
from tests.tutor.test_hostile import PAYLOADS
from tutor.tui.driver import MOST_QUEUED, Writer, let_out

OURS = [
    "\x1b[?1049h", "\x1b[?25l", "\x1b[?1004h", "\x1b[>25u", "\x1b[<u", "\x1b[?2026$p", "\x1b[?2004h", "\x1b[?7l",
    "\x1b[?2026h", "\x1b[H", "\x1b[12;7Htext ─│ ∂ é", "\x1b[0m", "\x1b[1;38;2;86;180;233m", "\x1b[38;5;31mx\x1b[0m",
    "\x1b[6n", "\x1b[2J", "\x1b[K", "\n", "e\u0301", "",
]  # fmt: skip
FOREIGN = [
    "\x1b]52;c;eA==\x07", "\x1b]0;title\x1b\\", "\x1b]8;;http://x\x1b\\", "\x1bP1$r\x1b\\", "\x1bc", "\x1b(0", "\x1b7",
    "\x1b[5n", "\x1b[c", "\x1b[?47h", "\x1b[?1049", "\x1b[1;2r", "\x1b[20t", "\x1b[4h", "\x1b[1;1;1;1;1$r", "\x1b",
    "\x1b[?1049;5h", "\x1b[ q", "\x1b[1 m", "\x1b[:m", "\x1b[\x1b[m", "\x9b31m", "\x9d0;x\x9c", "\x90q\x9c", "\x07",
    "\x08", "\x0e", "\x00", "\t", "\x0b", "\x7f", "\x85", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u2028",
    "\u061c", "\ud800", "\x1b[?1049;25h", "\U000e0041",
]  # fmt: skip


@pytest.mark.parametrize("text", OURS)
def test_what_the_program_makes_leaves(text):
    assert let_out(text) == text


@pytest.mark.parametrize("text", [*FOREIGN, *PAYLOADS.values()])
def test_nothing_else_leaves(text):
    for around in ("", "ab", "\x1b[1;1H", "\x1b[0m"):
        out = let_out(around + text + around)
        assert text not in FOREIGN or "\ufffd" in out
        assert foreign(out.encode()) == ""


class Pipe:
    """Our end of a terminal of which nobody reads."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.file = os.fdopen(self.slave, "w", encoding="utf-8")

    def read(self, until: bytes) -> bytes:
        data = b""
        while until not in data:
            data += os.read(self.master, 65536)
        return data

    def close(self):
        self.file.close()
        os.close(self.master)


@pytest.fixture
def pipe():
    made = Pipe()
    yield made
    made.close()


def test_a_terminal_that_stops_reading_holds_nothing_up_and_gets_few_stale_frames(pipe):
    writer, again = Writer(pipe.file), threading.Event()
    writer.caught_up = again.set
    writer.start()
    for i in range(3_000):
        writer.write(f"\x1b[1;1Hframe {i:06} " + "x" * 180)
    writer.write("\x1b[?1004l")
    writer.write("\x1b[?25h")
    got = pipe.read(b"\x1b[?25h")
    assert again.wait(20)
    assert b"\x1b[?1004l" in got  # modes are never skipped
    assert got.count(b"frame") < 3_000
    writer.write("\x1b[1;1Hnew")
    assert b"new" in pipe.read(b"new")
    writer.stop()


def test_a_terminal_that_was_made_non_blocking_gets_everything(pipe):
    fcntl.fcntl(pipe.slave, fcntl.F_SETFL, fcntl.fcntl(pipe.slave, fcntl.F_GETFL) | os.O_NONBLOCK)
    writer = Writer(pipe.file)
    writer.start()
    writer.write("\x1b[?25l" + "y" * 300_000 + "end")
    assert pipe.read(b"end").count(b"y") == 300_000
    writer.stop()


def test_a_terminal_that_is_gone_ends_nothing():
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file:
        writer = Writer(file)
        os.close(reading)
        writer.start()
        for _ in range(2 * MOST_QUEUED):
            writer.write("x")
        writer.stop()
        assert not writer.is_alive()
