"""What really goes over the wire: how much a key costs, and that nothing foreign is in it."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal, environment, foreign
from tests.tutor.tui.stages import HERE

START = "import sys; from tutor.cli import main; sys.exit(main(['run', sys.argv[1]]))"
PASTE = "\x1b[200~\x1b]52;c;eA==\x07\u202e\x9b31m a[i][/j]\x1b[201~"


def running(lesson: str, home: Path, **environ: str) -> Terminal:
    env = environment(XDG_STATE_HOME=str(home), **environ)
    return Terminal([sys.executable, "-c", START, str(HERE / lesson)], env=env)


def cost(screen: Terminal, key: str) -> int:
    """How many bytes a key brings."""
    before = len(screen.raw)
    screen.type(key)
    screen.settle()
    return len(screen.raw) - before


@pytest.mark.parametrize("sent", ["\x1b]22;default\x07", "\x1b[?2048$p", "\x1b[=1u", "\x1b[?1u", "\x1b[1;2;3H", "\t"])
def test_what_the_program_never_sends_is_foreign(sent):
    """Some of it harmless, and sent by programs that are made as this one is."""
    assert foreign(b"\x1b[2J\x1b[1;1Ha" + sent.encode() + b"b\r\n") != ""
    assert foreign(b"\x1b[2J\x1b[1;1Hab\r\n") == ""


def test_a_step_costs_little_and_the_end_is_clean(tmp_path):
    with running("lesson.toml", tmp_path) as screen:
        screen.wait_for("Graph main")
        screen.settle()
        assert len(screen.raw) < 10_000
        screen.type("..")
        screen.settle()
        steps = [cost(screen, "n") for _ in range(5)]
        assert max(steps) <= 900, steps
        cost(screen, "t")
        moves = [cost(screen, "j") for _ in range(3)]
        assert max(moves) <= 300, moves
        screen.type("q")
        assert screen.wait_exit() == 0
        assert screen.left_on() == []
        assert foreign(screen.raw) == ""


TERMINALS = {"ansi": {}, "none": {"NO_COLOR": "1"}, "true": {"COLORTERM": "truecolor"}, "console": {"TERM": "linux"}}


@pytest.mark.parametrize("environ", TERMINALS.values(), ids=TERMINALS)
def test_a_hostile_lesson_sends_nothing_of_its_own(environ, tmp_path):
    with running("hostile.toml", tmp_path, **environ) as screen:
        screen.wait_for("html")
        for keys in (".", "a", "\r", "b", "\r", "t", ".", "\x1bOQ", PASTE, "\r"):
            screen.type(keys)
            screen.settle()
        assert foreign(screen.raw) == ""
        if "NO_COLOR" in environ:
            assert not re.search(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7])[;m]", screen.raw)
        if environ.get("TERM") == "linux":
            assert not re.search("[─-╿▀-▟⠀-⣿]", bytes(screen.raw).decode())


def test_bytes_that_are_no_text_do_not_end_it(tmp_path):
    with running("lesson.toml", tmp_path) as screen:
        screen.wait_for("Graph main")
        for data in (b"\xff", b"\xe9a", b"\x9bA", b"\x00", b"\x1bP1$r0 q\x1b\\", b"\x1b]11;rgb:0/0/q\x07"):
            screen.type(data)
            screen.settle()
        assert screen.process.poll() is None
        screen.type("n")
        screen.wait_for("Which unit")


def test_terminate_ends_it_with_143_and_the_modes_off(tmp_path):
    with running("lesson.toml", tmp_path) as screen:
        screen.wait_for("Graph main")
        screen.settle()
        screen.process.send_signal(signal.SIGTERM)
        assert screen.wait_exit() == 143
        assert screen.left_on() == []
