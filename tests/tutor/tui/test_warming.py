"""Kernels are compiled while a session is idle: by one process a user, which harms nobody and outlives nothing."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine import warmth
from engine.jit import cache_state
from engine.kernel_folder import FOLDER, SHARED
from tests.terminal import Terminal, alive, children, command_of, descendants, environment
from tests.tutor.tui.stages import HERE, opened
from tutor import kernel_check
from tutor.kernel_warmer import DONE, IN_VAIN, LATER, PLACE, PLACES
from tutor.tui import warming
from tutor.tui.settings import Settings, read_settings
from tutor.tui.warming import IDLE, MODULE, wanted

ROOT = Path(warmth.__file__).parents[1]
WARMER = [sys.executable, "-m", MODULE]
LONGEST = 600
"""Seconds in which everything is compiled, by a process that gets only time that nobody else wants."""


@pytest.fixture
def cold(tmp_path, monkeypatch):
    """A cache folder with nothing in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(SHARED, str(tmp_path / "none"))
    return tmp_path / "cache"


def started(lesson: str = "lesson.toml") -> Terminal:
    command = [sys.executable, "-P", "-m", "tutor", "run", str(HERE / lesson)]
    return Terminal(command, env=environment(TUTOR_WARM="now", **{SHARED: os.environ[SHARED]}))


def warmers(screen: Terminal) -> list[int]:
    """The processes of a session that compile ahead."""
    return [pid for pid in descendants(screen.process.pid) if alive(pid) and MODULE in command_of(pid)]


# -- looking whether there is anything to do


def test_a_look_reads_only_and_imports_nothing_heavy(cold):
    code = "import json, sys\nfrom engine.warmth import compiling, is_warm\nsaid = [is_warm(), compiling()]\n"
    code += "print(json.dumps([said, [name for name in ('numpy', 'numba', 'llvmlite') if name in sys.modules]]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[False, None], []]
    assert not cold.exists()


def test_what_is_noted_holds_as_long_as_its_kernels_and_the_sources_are_there(cold, monkeypatch):
    kernels = cold / FOLDER / "kernels-1"
    kernels.mkdir(parents=True)
    warmth.note_warm(kernels)
    assert not warmth.is_warm()
    (kernels / "a.kernel").touch()
    assert warmth.is_warm()
    monkeypatch.setattr(warmth, "SETTINGS", ("HOME",))
    assert not warmth.is_warm()
    monkeypatch.undo()


def test_a_cache_for_all_users_that_is_noted_is_enough(cold, tmp_path, monkeypatch):
    kernels = tmp_path / "shared" / "kernels-1"
    kernels.mkdir(parents=True)
    (kernels / "a.kernel").touch()
    warmth.note_warm(kernels)
    assert not warmth.is_warm()
    monkeypatch.setenv(SHARED, str(tmp_path / "shared"))
    assert warmth.is_warm()


@pytest.mark.parametrize("note", [b"", b"..", b"/etc", b"\xff", b"x" * 500])
def test_a_note_that_is_none_is_no_note(cold, note):
    home = cold / FOLDER
    home.mkdir(parents=True)
    (home / warmth._note()).write_bytes(note)
    assert not warmth.is_warm()


# -- the process


def test_it_compiles_what_is_missing_says_nothing_and_leaves_a_note(cold):
    """Into a folder where most is there already, as one processor for all tests would take a minute to fill it."""
    source = cache_state().folder
    if source is not None:
        shutil.copytree(source, cold / FOLDER / source.name)
        for folder in (cold / FOLDER, cold / FOLDER / source.name):
            folder.chmod(0o700)
    assert not warmth.is_warm()
    assert ended_warmer() == (DONE, b"")
    assert warmth.is_warm()


def ended_warmer() -> tuple[int, bytes]:
    """Exit status and output of the process, by itself; its input, which is the screen's end, stays open."""
    reading, writing = os.pipe()
    streams = {"stdin": reading, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        done = subprocess.run(WARMER, cwd=ROOT, timeout=LONGEST, check=False, **streams)
    finally:
        os.close(reading)
        os.close(writing)
    return done.returncode, done.stdout


def test_where_nothing_can_be_kept_it_ends_in_vain(cold):
    cold.mkdir()
    (cold / FOLDER).write_text("in the way")
    assert ended_warmer() == (IN_VAIN, b"")


def test_where_many_compile_on_the_machine_already_it_leaves_that_for_later(cold):
    with ExitStack() as held:
        for i in range(len(os.sched_getaffinity(0))):
            held.enter_context(socket.socket(socket.AF_UNIX)).bind(PLACE.format(os.environ[PLACES], i))
        assert ended_warmer() == (LATER, b"")
    assert not list(cold.rglob("*.kernel"))


def test_only_one_process_has_the_lock_and_the_doctor_names_it(cold):
    assert warmth.compiling() is None
    with warmth.locked() as mine, warmth.locked() as too:
        assert (mine, too) == (True, False)
        assert warmth.compiling() == os.getpid()
        assert f"process {os.getpid()} compiles" in kernel_check.warming().says
    assert warmth.compiling() is None


# -- sessions


def test_two_sessions_have_one_process_and_when_its_session_is_killed_the_other_goes_on(cold):
    with started() as first, started() as second:
        for screen in (first, second):
            screen.wait_for("Two inputs")
        first.wait_until(warmth.compiling, "process that compiles")
        one = warmth.compiling()
        owner, other = (first, second) if one in descendants(first.process.pid) else (second, first)
        other.wait_until(lambda: not warmers(other), "end of the second process")
        assert warmers(owner) == [one]
        assert os.getpriority(os.PRIO_PROCESS, one) == 19
        assert os.sched_getscheduler(one) == idlest()
        owner.type("n")
        owner.wait_for("Which unit")
        for pid in (owner.process.pid, *children(owner.process.pid)):
            os.kill(pid, signal.SIGKILL)
        other.wait_until(lambda: not alive(one), "end of what the killed session began")
        other.wait_until(lambda: warmers(other), "process of the other session")
        two = warmers(other)
        other.type("\x11")
        assert other.wait_exit() == 0
        other.wait_until(lambda: not any(map(alive, two)), "end of the other process")


def idlest() -> int:
    """How a process is scheduled that asks for nothing but time nobody wants; a container may forbid to ask."""
    code = "import contextlib, os\nwith contextlib.suppress(OSError):\n"
    code += "    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nprint(os.sched_getscheduler(0))"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_it_is_gone_before_a_training_begins(cold):
    """By force: a process that is stopped ends neither by itself nor when it is asked to."""
    with started("training.toml") as screen:
        screen.wait_for("Before.")
        screen.wait_until(lambda: warmers(screen), "process that compiles")
        found = warmers(screen)
        for pid in found:
            os.kill(pid, signal.SIGSTOP)
        screen.type("n")
        screen.wait_for("training")
        screen.wait_until(lambda: not any(map(alive, found)), "its end")
        assert warmers(screen) == []
        screen.type("\x11\x11")
        screen.wait_exit()


# -- when


@pytest.mark.parametrize(
    ("said", "setting", "how"),
    [("", "on", "on"), ("", "off", "off"), ("0", "on", "off"), ("false", "on", "off"), ("off", "on", "off"),
     ("1", "off", "on"), ("on", "off", "on"), ("now", "off", "now")],
)  # fmt: skip
def test_the_environment_goes_before_the_setting(said, setting, how):
    assert wanted({"TUTOR_WARM": said}, setting) == how


def test_the_setting_may_be_written_as_a_word_or_as_true_and_false(tmp_path):
    for written, value in (("true", "on"), ("false", "off"), ('"off"', "off"), ("3", "on")):
        (tmp_path / "settings.toml").write_text(f"warm = {written}\n")
        assert read_settings(tmp_path / "settings.toml") == Settings(warm=value)


async def begun() -> asyncio.subprocess.Process:
    """The process of this app, as soon as there is one."""
    end = time.monotonic() + 60
    while not warming.GIVING_WAY:
        assert time.monotonic() < end, "no process within a minute"
        await asyncio.sleep(0)
    return next(iter(warming.GIVING_WAY))


async def test_it_waits_for_quiet_and_a_free_processor_and_ends_where_it_is_not_wanted(cold, monkeypatch):
    monkeypatch.delenv("TUTOR_WARM", raising=False)
    async with opened() as pilot:
        found = pilot.app.warming
        crowded = [True]
        monkeypatch.setattr(warming, "is_crowded", lambda: crowded[0])
        found.look("on")
        assert found.task is None
        found.heard = time.monotonic() - IDLE
        found.look("on")
        assert found.task is None
        crowded[0] = False
        found.look("off")
        assert found.task is None
        found.look("on")
        task = found.task
        assert task is not None
        process = await begun()
        found.look("off")
        assert (await asyncio.wait((task,), timeout=60))[0], "it goes on"
        assert process.returncode == -signal.SIGKILL
        found.look("on")
        assert found.task is None  # not again at once
