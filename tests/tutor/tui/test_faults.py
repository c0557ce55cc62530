"""A fault anywhere in a screen, a signal or a lost connection: a sane terminal, a true status, work to go on with."""

import os
import re
import signal
import sys

import pytest

from tests.terminal import Terminal, alive, cache_home, children, descendants, environment, foreign, status
from tests.tutor.tui.stages import HERE

FAULTY = [sys.executable, "-P", str(HERE.parent / "faulty_screen.py")]
TUTOR = [sys.executable, "-P", "-m", "tutor"]
LESSON, TRAINING = str(HERE / "lesson.toml"), str(HERE / "training.toml")


@pytest.fixture
def home(tmp_path):
    """A home of one's own, but for compiled kernels."""
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("STATE", "DATA", "CONFIG")}
    return environment(HOME=str(tmp_path), XDG_CACHE_HOME=cache_home(), **own)


def gone(screen: Terminal, family: list[int]) -> None:
    """Every process of it, within ten seconds."""
    screen.wait_until(lambda: not any(map(alive, family)), "end of all its processes", 10)


# -- faults


@pytest.mark.parametrize(
    "kind",
    ["key", "key_of_the_disk", "key_of_a_formula", "painting", "timer", "thread", "worker", "keyboard", "start"],
)
def test_a_fault_is_logged_and_told_and_the_session_can_be_gone_on_with(home, tmp_path, kind):
    lesson = TRAINING if kind == "worker" else LESSON
    with Terminal([*FAULTY, kind, lesson], env=home) as screen:
        if kind not in {"timer", "thread", "start"}:
            screen.wait_for("Before." if lesson == TRAINING else "Two inputs")
            screen.type("n" if lesson == TRAINING else ".")
            screen.settle(0.2)
            screen.type("h")
        assert screen.wait_exit() == 70
        assert screen.left_on() == []
        assert foreign(screen.raw) == ""
        told = re.sub(r"\s", "", screen.raw.rpartition(b"\x1b[?1049l")[2].decode())
    log = next((tmp_path / "state" / "tutor").glob("*.log"))
    assert str(log) in told and "Traceback" not in told
    assert re.search("RuntimeError|FileNotFoundError|EngineError", log.read_text())
    assert "\x1b" not in log.read_text()
    if kind in {"key", "painting", "keyboard"}:
        with Terminal([*TUTOR, "run", lesson], env=home) as screen:
            screen.wait_for("Last time you came to step 2")


# -- signals while a network trains


@pytest.fixture
def training(home):
    """A run that is going on, and all its processes."""
    with Terminal([*TUTOR, "run", TRAINING], env=home) as screen:
        screen.wait_for("Before.")
        screen.type("n")
        screen.wait_for("training")
        screen.wait_for("ready")
        screen.type(" ")
        screen.wait_for("running")
        family = descendants(screen.process.pid)
        assert len(family) == 2  # the screen and the training process
        yield screen, family


@pytest.mark.parametrize(("name", "status"), [("TERM", 143), ("HUP", 129), ("QUIT", 131)])
def test_a_signal_to_the_keeper_while_training(training, name, status):
    screen, family = training
    os.kill(screen.process.pid, getattr(signal, f"SIG{name}"))
    assert screen.wait_exit() == status
    assert screen.left_on() == []
    gone(screen, family)


@pytest.mark.parametrize("name", ["SEGV", "KILL"])
def test_a_signal_to_the_screen_while_training(training, name):
    screen, family = training
    (child,) = children(screen.process.pid)
    os.kill(child, getattr(signal, f"SIG{name}"))
    assert screen.wait_exit() == 128 + getattr(signal, f"SIG{name}")
    assert screen.left_on() == []
    gone(screen, family)


def test_a_killed_screen_whose_runs_rest(training):
    """A process that has nothing to report finds out only by the end of its input that nobody is there any more."""
    screen, family = training
    screen.type(" ")
    screen.wait_for("paused")
    os.kill(children(screen.process.pid)[0], signal.SIGKILL)
    assert screen.wait_exit() == 128 + signal.SIGKILL
    gone(screen, family)


def test_a_training_process_that_hangs_holds_up_neither_keys_nor_the_end(training):
    screen, family = training
    (child,) = children(screen.process.pid)
    os.kill(next(pid for pid in family if pid != child), signal.SIGSTOP)
    screen.type("?")
    screen.wait_for("Training ─")
    screen.type("\x1b")
    screen.wait_for("training")
    screen.type("\x11\x11")
    assert screen.wait_exit() == 0
    assert screen.left_on() == []
    gone(screen, family)


def test_a_killed_keeper_while_training(training):
    screen, family = training
    os.kill(screen.process.pid, signal.SIGKILL)
    gone(screen, family)


def test_a_dropped_connection_while_training(training):
    screen, family = training
    screen.hang_up()
    assert screen.wait_exit() == 129
    gone(screen, family)


def test_a_dropped_connection_that_nobody_tells_of(home):
    """Under nohup there is no SIGHUP: the screen sees by itself that its terminal is gone, and does not spin."""
    with Terminal([*TUTOR, "run", LESSON], env=home, nohup=True) as screen:
        screen.wait_for("Two inputs")
        family = descendants(screen.process.pid)
        screen.hang_up()
        assert screen.wait_exit() == 129
        gone(screen, family)


def test_a_stop_and_going_on_while_training(training):
    """From outside, as `kill -STOP` or a batch system does it; nothing of it is lost or left on meanwhile."""
    screen, family = training
    os.kill(children(screen.process.pid)[0], signal.SIGTSTP)
    screen.wait_until(lambda: status(screen.process.pid)[:1] == ["T"], "stop")
    assert set(screen.left_on()) <= {"settings"}
    screen.screen.reset()
    os.kill(screen.process.pid, signal.SIGCONT)
    screen.wait_for("training")
    screen.type("\x11\x11")
    assert screen.wait_exit() == 0
    gone(screen, family)


def test_what_was_being_typed_when_the_connection_dropped_is_there_again(home):
    with Terminal([*TUTOR, "run", LESSON], env=home) as screen:
        screen.wait_for("Two inputs")
        screen.type("....")
        screen.wait_for("Give three significant digits")
        screen.type("0.2099")
        screen.wait_for("0.2099")
        screen.hang_up()
        assert screen.wait_exit() == 129
    with Terminal([*TUTOR, "run", LESSON], env=home) as screen:
        screen.wait_for("Press o to go on there")
        screen.type("o")
        screen.wait_for("0.2099")
