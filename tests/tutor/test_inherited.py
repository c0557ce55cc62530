"""What a program inherits from whoever started it: ignored signals, closed streams; and signals that have no name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.terminal import Terminal, children, environment
from tests.tutor.test_launch import SMALL, TUTOR
from tutor.launch import signal_name

DEAF = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"


@pytest.fixture
def home(tmp_path):
    return environment(HOME=str(tmp_path), XDG_STATE_HOME="", XDG_DATA_HOME="", XDG_CACHE_HOME="", XDG_CONFIG_HOME="")


def test_a_screen_ends_well_where_nobody_wants_to_hear_of_children(home):
    with Terminal([sys.executable, "-c", DEAF, *SMALL], env=home) as screen:
        screen.wait_for("keys 0")
        screen.type("q")
        assert screen.wait_exit() == 3  # as this screen says
        assert "Traceback" not in screen.text() and not screen.left_on()


AFTER = "import subprocess; from tutor.launch import command; command(['list']); subprocess.run(['false'], check=True)"


def test_a_command_sees_how_its_processes_end_where_nobody_wants_to_hear_of_them(home):
    """Without that, whatever becomes of a process counts as good."""
    command = [sys.executable, "-c", DEAF, sys.executable, "-c", AFTER]
    done = subprocess.run(command, env=home, capture_output=True, text=True, timeout=300, check=False)
    assert "returned non-zero exit status 1" in done.stderr, done.stderr


def test_a_signal_without_a_name_is_told_by_its_number(home):
    """As a real-time signal; most are such."""
    with Terminal(SMALL, env=home) as screen:
        screen.wait_for("keys 0")
        (child,) = children(screen.process.pid)
        os.kill(child, signal.SIGRTMIN + 6)
        assert screen.wait_exit() == 128 + signal.SIGRTMIN + 6
        assert f"ended by signal {signal.SIGRTMIN + 6}" in screen.text() and "Traceback" not in screen.text()


def test_names_of_signals():
    assert [signal_name(number) for number in (9, 15, 40, 0, 77)] == [
        "SIGKILL", "SIGTERM", "signal 40", "signal 0", "signal 77",
    ]  # fmt: skip


@pytest.mark.parametrize("arguments", ["run nonsense --headless", "rnu", "check nonsense", "grade nonsense x", "run"])
@pytest.mark.parametrize("where", ["a pipe that nobody reads", "a full disk"])
def test_bad_usage_that_nobody_hears_of_is_still_bad_usage(arguments, where, home):
    reading, writing = os.pipe()
    os.close(reading)
    with open("/dev/full", "wb") as full:
        said = full if where == "a full disk" else writing
        command = [*TUTOR, *arguments.split()]
        done = subprocess.run(command, env=home, stdout=subprocess.PIPE, stderr=said, timeout=60, check=False)
    os.close(writing)
    assert done.returncode == 2


STREAMS = """
import os
from tutor.streams import OutputLostError, check_streams
try:
    check_streams()
except OutputLostError:
    lost = "lost"
else:
    lost = ""
said = [os.readlink(f"/proc/self/fd/{fd}") == os.devnull and os.get_inheritable(fd) for fd in (0, 1, 2)]
print(lost, *said, sorted(map(int, os.listdir("/proc/self/fd")))[:-1], file=open(os.environ["SAID"], "w"))
"""


@pytest.mark.parametrize(
    ("closed", "says"),
    [
        ("<&-", " True False False [0, 1, 2]"),
        ("2>&-", " False False True [0, 1, 2]"),
        ("<&- 2>&-", " True False True [0, 1, 2]"),
        (">&-", "lost False True False [0, 1, 2]"),
        ("<&- >&- 2>&-", "lost True True True [0, 1, 2]"),
    ],
)
def test_a_closed_stream_gets_a_place_that_started_programs_have_too(closed, says, tmp_path, home):
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", sys.executable, "-c", STREAMS]
    env = {**home, "SAID": str(tmp_path / "said")}
    subprocess.run(command, env=env, stdin=subprocess.PIPE, capture_output=True, check=True)
    assert (tmp_path / "said").read_text().rstrip("\n") == says
