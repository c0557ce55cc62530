"""Manners on a machine that others use too: few threads, the lowest priority, bounded memory, nothing left behind."""

from __future__ import annotations

import os
import resource
import select
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.tutor.commands import ROOT, environment
from tutor.launch import THREADS
from tutor.parallel import workers_for
from tutor.run_cost import MOST_CPU_SECONDS, MOST_DATA
from tutor.tui.training.lines import encoded

SHOW = f"""
import atexit, os
atexit.register(lambda: print(*(os.environ[name] for name in {THREADS})))
from tutor.launch import main
main()
"""


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"TUTOR_THREADS": "3"}, "3")])
def test_libraries_start_one_thread_unless_one_asks_for_more(
    tmp_path: Path, given: dict[str, str], threads: str
) -> None:
    env = {name: value for name, value in environment(tmp_path, **given).items() if name not in THREADS}
    command = [sys.executable, "-c", SHOW, "help", "exit-codes"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split() == [threads] * len(THREADS)


def test_processes_at_once_are_settable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TUTOR_THREADS", raising=False)
    assert workers_for(None, 1000) == len(os.sched_getaffinity(0))
    monkeypatch.setenv("TUTOR_THREADS", "7")
    assert (workers_for(None, 1000), workers_for(2, 1000), workers_for(None, 3)) == (7, 2, 3)
    monkeypatch.setenv("TUTOR_THREADS", "many")
    assert workers_for(None, 1000) == len(os.sched_getaffinity(0))


def test_a_training_process_is_nice_bounded_and_ends_with_its_screen(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "tutor.tui.training.workshop"]
    env = environment(tmp_path, TUTOR_LARGE="0")
    own = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(command, env=env, cwd=ROOT, **own) as process:  # type: ignore[call-overload]
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(encoded({"do": "open", "lesson": "no-such-lesson", "runs": []}))
        process.stdin.flush()
        assert select.select([process.stdout], [], [], 60)[0]  # it says that there is no such lesson
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == 19
        assert session_nice(process.pid) == (5 if sessions_can_be_lowered() else new_session()[0])
        assert limits(process.pid) == allowed()
        process.stdin.close()
        assert process.wait(60) == 0


def session_nice(pid: int | str) -> int | None:
    """How nice the kernel takes a process's whole session to be; None where it does not weigh that session.

    It weighs none where it has no such file, and tells nothing of the session that the machine itself started with.
    """
    path = Path(f"/proc/{pid}/autogroup")
    words = path.read_text().split() if path.exists() else []
    return int(words[-1]) if words else None


NEW_SESSION = """
from tests.tutor.test_polite import session_nice
nice = session_nice("self")
try:
    with open("/proc/self/autogroup", "w") as file:
        file.write(str(nice))
except BlockingIOError:
    print(nice, True)
except OSError:
    print(nice, False)
else:
    print(nice, True)
"""
"""It tells the kernel what the kernel told; one that is busy with what others say would hear it another time."""


@cache
def new_session() -> tuple[int | None, bool]:
    """How nice a new session is, and whether a process may say so; a machine may have that file for reading only."""
    command = [sys.executable, "-c", NEW_SESSION]
    done = subprocess.run(command, cwd=ROOT, start_new_session=True, capture_output=True, text=True, check=True)
    nice, settable = done.stdout.split()
    return (None if nice == "None" else int(nice)), settable == "True"


def sessions_can_be_lowered() -> bool:
    """Whether this machine weighs new sessions, and lets them be told apart."""
    nice, settable = new_session()
    return nice is not None and settable


LOWERED = """
import os
from engine.priority import lower_priority
from tests.tutor.test_polite import session_nice
before = session_nice("self")
lower_priority(7, session=4)
print(os.nice(0), before, session_nice("self"))
"""


@pytest.mark.parametrize("leads", [True, False])
def test_a_session_is_made_nicer_by_the_process_that_leads_it_only(leads: bool) -> None:
    """The screen that a process was started from must not become slower with it."""
    command = [sys.executable, "-c", LOWERED]
    done = subprocess.run(command, cwd=ROOT, start_new_session=leads, capture_output=True, text=True, check=True)
    nice, before, after = done.stdout.split()
    assert nice == str(min(19, os.nice(0) + 7))
    assert after == ("4" if leads and sessions_can_be_lowered() else before)


def test_the_process_that_marks_is_bounded_and_ends_with_its_screen(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "tutor.tui.marking.marker"]
    env = environment(tmp_path, TUTOR_LARGE="0")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(encoded({"do": "nothing", "n": 1}))
        process.stdin.flush()
        assert b'"n":1' in process.stdout.readline()
        assert limits(process.pid) == allowed()
        process.stdin.close()
        assert process.wait(60) == 0


def limits(pid: int) -> list[str]:
    """What the system allows a process: seconds of the processor, bytes of data."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return [line.split()[3] for line in lines if "data size" in line or "cpu time" in line]


def allowed() -> list[str]:
    """What a process of the program may have: less than it would take, where the machine gives nobody so much."""
    most = ((resource.RLIMIT_CPU, MOST_CPU_SECONDS), (resource.RLIMIT_DATA, MOST_DATA))
    given = [(limit, resource.getrlimit(what)[1]) for what, limit in most]
    return [str(limit if hard == resource.RLIM_INFINITY else min(limit, hard)) for limit, hard in given]
