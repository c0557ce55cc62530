"""The console entry: standard streams, exit statuses, and a terminal that is restored whatever happens."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal, alive, children, environment
from tutor.launch import no_screen, wants_screen

TUTOR = [sys.executable, "-m", "tutor"]
SMALL = [sys.executable, str(Path(__file__).parent / "small_screen.py")]
EXPLAIN = [*TUTOR, "explain", "L = (sigmoid(w*x+b) - y)^2", "x=1", "y=0", "w=0.5", "b=0"]


@pytest.fixture
def home(tmp_path):
    return environment(HOME=str(tmp_path), XDG_STATE_HOME="", XDG_DATA_HOME="", XDG_CACHE_HOME="", XDG_CONFIG_HOME="")


def small(home, *arguments, **options):
    return Terminal([*SMALL, *arguments], env=home, **options)


# -- which face


@pytest.mark.parametrize(
    ("arguments", "screen"),
    [
        ("", True),
        ("run relu-sigmoid", True),
        ("run relu-sigmoid --seed 3", True),
        ("run relu-sigmoid --headless", False),
        ("run relu-sigmoid --plain", False),
        ("run --help", False),
        ("run", False),
        ("list", False),
        ("--version", False),
    ],
)
def test_what_opens_the_screen(arguments, screen):
    assert wants_screen(arguments.split()) is screen


@pytest.mark.parametrize(
    ("environ", "kinds", "says"),
    [
        ({"TERM": "xterm"}, ("terminal", "terminal"), ""),
        ({"TERM": "dumb"}, ("terminal", "terminal"), "TERM=dumb"),
        ({}, ("terminal", "terminal"), "TERM=unset"),
        ({"TERM": "xterm"}, ("text", "terminal"), "input"),
        ({"TERM": "xterm"}, ("terminal", "text"), "stderr"),
        ({"TERM": "xterm", "TUTOR_PLAIN": "1"}, ("terminal", "terminal"), "TUTOR_PLAIN"),
        ({"TERM": "xterm", "TUTOR_PLAIN": "0"}, ("terminal", "terminal"), ""),
    ],
)
def test_why_there_is_no_screen(environ, kinds, says):
    assert says in no_screen(environ, kinds)
    assert bool(no_screen(environ, kinds)) is bool(says)


# -- standard streams


def ran(command, home, **options):
    return subprocess.run(command, env=home, stderr=subprocess.PIPE, timeout=60, check=False, **options)


def test_a_reader_that_goes_away_is_no_error(home):
    reading, writing = os.pipe()
    os.close(reading)
    done = ran(EXPLAIN, home, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_is_told_once(home):
    with open("/dev/full", "wb") as full:
        done = ran(EXPLAIN, home, stdout=full)
    assert done.returncode == 74
    assert done.stderr.decode().splitlines() == ["tutor: the output could not be written: No space left on device"]


def test_a_closed_output_is_told_once(home):
    done = ran(["sh", "-c", 'exec "$@" >&-', "sh", *EXPLAIN], home)
    assert done.returncode == 74
    assert done.stderr.decode().splitlines() == ["tutor: the output could not be written: stdout is closed"]


def test_a_closed_input_and_a_closed_stderr_change_nothing(home):
    there = ran(EXPLAIN, home, stdout=subprocess.PIPE)
    without = ran(["sh", "-c", 'exec "$@" <&- 2>&-', "sh", *EXPLAIN], home, stdout=subprocess.PIPE)
    assert there.returncode == without.returncode == 0
    assert there.stdout == without.stdout != b""


def test_a_poor_encoding_loses_no_letter_and_no_line(home):
    done = ran(EXPLAIN, home | {"PYTHONIOENCODING": "ascii"}, stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert b"\\u2202" in done.stdout


# -- no screen to be had


def test_nothing_to_read_keys_from_is_refused_in_one_line(home):
    done = ran([*TUTOR, "run", "relu-sigmoid"], home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.decode().count("\n") == 1
    assert "--headless" in done.stderr.decode()


def test_without_a_terminal_a_lesson_goes_on_line_by_line(home):
    done = ran([*TUTOR, "run", "relu-sigmoid"], home, input=b"quit\n", stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert b"line by line" in done.stderr
    assert b"Backpropagation" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr


def test_a_dumb_terminal_gets_no_escape(home):
    with Terminal([*TUTOR, "run", "relu-sigmoid"], env=home | {"TERM": "dumb"}) as terminal:
        terminal.wait_for("Type help")
        terminal.type("quit\n")
        assert terminal.wait_exit() == 0
        assert b"TERM=dumb" in terminal.raw
        assert b"\x1b" not in terminal.raw


def test_a_dumb_terminal_and_no_lesson_is_refused_with_what_to_do(home):
    with Terminal(TUTOR, env=home | {"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 2
        assert b"tutor list" in terminal.raw


def test_a_folder_full_of_traps_is_not_imported(home, tmp_path):
    for name in ("typer", "tomllib", "tutor", "platformdirs", "signal"):
        (tmp_path / f"{name}.py").write_text("open('sprung', 'w')\n")
    program = Path(__file__).parents[2] / "tutor"
    done = ran([sys.executable, str(program), "list"], home, cwd=tmp_path, stdout=subprocess.PIPE)
    assert not (tmp_path / "sprung").exists()
    assert done.returncode == 0


# -- the keeper of the terminal


def test_an_ordinary_end(home):
    with small(home) as terminal:
        terminal.wait_for("keys 0")
        terminal.type("xx")
        terminal.wait_for("keys 2")
        terminal.type("q")
        assert terminal.wait_exit() == 3
        assert terminal.left_on() == []


@pytest.mark.parametrize(("name", "status"), [("TERM", 143), ("HUP", 129), ("QUIT", 131), ("USR1", 138), ("INT", 0)])
def test_a_signal_to_the_keeper_ends_both_and_restores_the_terminal(home, name, status):
    with small(home) as terminal:
        terminal.wait_for("keys 0")
        (child,) = children(terminal.process.pid)
        os.kill(terminal.process.pid, getattr(signal, f"SIG{name}"))
        assert terminal.wait_exit() == status
        assert terminal.left_on() == []
        assert not alive(child)


@pytest.mark.parametrize("name", ["SEGV", "KILL", "ABRT", "BUS", "TERM"])
def test_whatever_ends_the_screen_restores_the_terminal(home, name):
    number = getattr(signal, f"SIG{name}")
    with small(home) as terminal:
        terminal.wait_for("keys 0")
        (child,) = children(terminal.process.pid)
        os.kill(child, number)
        assert terminal.wait_exit() == 128 + number
        assert terminal.left_on() == []
        said = f"ended by SIG{name}".encode() in terminal.raw
        assert said is (name != "TERM")  # the screen ends by itself when asked to


def test_a_screen_that_does_not_end_when_asked_is_killed(home):
    with small(home, "stubborn") as terminal:
        terminal.wait_for("keys 0")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.wait_exit() == 128 + signal.SIGKILL
        assert terminal.left_on() == []


def test_a_screen_whose_keeper_is_killed_ends(home):
    with Terminal(["sh", "-c", '"$@"; cat', "sh", *SMALL], env=home) as terminal:
        terminal.wait_for("keys 0")
        (keeper,) = children(terminal.process.pid)
        (child,) = children(keeper)
        os.kill(keeper, signal.SIGKILL)
        terminal.wait_until(lambda: not alive(child), "end of the screen")
        terminal.settle()
        assert set(terminal.left_on()) <= {"settings"}  # a shell puts those back at its prompt


@pytest.mark.parametrize("nohup", [False, True])
def test_a_dropped_connection_ends_both(home, nohup):
    with small(home, nohup=nohup) as terminal:
        terminal.wait_for("keys 0")
        (child,) = children(terminal.process.pid)
        terminal.hang_up()
        assert terminal.wait_exit() == 129
        assert not alive(child)


def test_stop_and_go_on_in_a_shell(home):
    with Terminal(["bash", "--norc", "-i"], env=home | {"PS1": "ready> "}) as terminal:
        terminal.wait_for("ready>")
        terminal.type(f"{' '.join(SMALL)}\r")
        terminal.wait_for("keys 0")
        terminal.type("x")
        terminal.wait_for("keys 1")
        for count in (2, 3):
            terminal.type("\x1a")
            terminal.wait_for("Stopped")
            terminal.type("echo $((20 + 3))$TERM\r")
            terminal.wait_for("23xterm")
            assert "alternate screen" not in terminal.left_on()
            terminal.type("fg\r")
            terminal.wait_for(f"keys {count - 1}")
            terminal.settle()
            terminal.type("x")
            terminal.wait_for(f"keys {count}")
            terminal.screen.reset()
        terminal.type("q")
        terminal.wait_for("ready>")
        terminal.type("echo status $?\r")
        terminal.wait_for("status 3")


def test_a_screen_that_is_stopped_from_outside_gives_the_terminal_back_and_returns(home):
    with Terminal(["bash", "--norc", "-i"], env=home | {"PS1": "ready> "}) as terminal:
        terminal.wait_for("ready>")
        terminal.type(f"{' '.join(SMALL)}\r")
        terminal.wait_for("keys 0")
        (keeper,) = children(terminal.process.pid)
        (child,) = children(keeper)
        os.kill(child, signal.SIGSTOP)
        terminal.wait_for("Stopped")
        assert set(terminal.left_on()) <= {"bracketed paste", "settings"}  # the shell's own
        terminal.screen.reset()
        terminal.type("fg\r")
        terminal.wait_for("keys 0")
        terminal.settle()
        terminal.type("x")
        terminal.wait_for("keys 1")


def test_a_byte_that_is_no_letter_does_no_harm(home):
    with small(home) as terminal:
        terminal.wait_for("keys 0")
        for bad in (b"\xff", b"\xe9x", b"\x1b[200~caf\xe9 \x1b[201~", b"\0"):
            terminal.type(bad)
            terminal.settle(0.2)
        terminal.type("x")
        terminal.wait_for("keys 2")


def test_a_fault_of_the_screen_leaves_a_sane_terminal_and_a_true_status(home):
    with small(home) as terminal:
        terminal.wait_for("keys 0")
        terminal.type("f")
        assert terminal.wait_exit() != 0
        assert terminal.left_on() == []


# -- the program itself


def test_the_screen_opens_answers_and_closes(home):
    with Terminal(TUTOR, env=home) as terminal:
        terminal.wait_for("leave")
        terminal.settle()
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert terminal.left_on() == []


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_screen_is_drawn_whatever_encoding_was_set_for_other_output(home, encoding):
    with Terminal(TUTOR, env=home | {"PYTHONIOENCODING": encoding}) as terminal:
        terminal.wait_for("leave")
        terminal.settle()
        assert "───" in terminal.text()
        assert b"\\u" not in terminal.raw


def test_a_lesson_that_is_not_there_is_told_on_the_screen_that_was_there_before(home):
    with Terminal([*TUTOR, "run", "relu-sigmod"], env=home) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.left_on() == []
        after = terminal.raw.rsplit(b"\x1b[?1049l", 1)[-1]
        assert b"relu-sigmoid" in after
        assert b"Traceback" not in terminal.raw
