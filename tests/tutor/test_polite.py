"""Manners on a machine that others use too: few threads, the lowest priority, bounded memory, nothing left behind."""

from __future__ import annotations

import os
import select
import subprocess
import sys
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
        assert session_nice(process.pid) in (5, None)
        assert limits(process.pid) == [str(MOST_CPU_SECONDS), str(MOST_DATA)]
        process.stdin.close()
        assert process.wait(60) == 0


def session_nice(pid: int | str) -> int | None:
    """How nice the kernel takes a process's whole session to be; None where it does not weigh that session.

    It weighs none where it has no such file, and tells nothing of the session that the machine itself started with.
    """
    path = Path(f"/proc/{pid}/autogroup")
    words = path.read_text().split() if path.exists() else []
    return int(words[-1]) if words else None


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
    assert nice == str(os.nice(0) + 7)
    assert after == ("4" if leads and before != "None" else before)


def test_the_process_that_marks_is_bounded_and_ends_with_its_screen(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "tutor.tui.marking.marker"]
    env = environment(tmp_path, TUTOR_LARGE="0")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=ROOT) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(encoded({"do": "nothing", "n": 1}))
        process.stdin.flush()
        assert b'"n":1' in process.stdout.readline()
        assert limits(process.pid) == [str(MOST_CPU_SECONDS), str(MOST_DATA)]
        process.stdin.close()
        assert process.wait(60) == 0


def limits(pid: int) -> list[str]:
    """What the system allows a process: seconds of the processor, bytes of data."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return [line.split()[3] for line in lines if "data size" in line or "cpu time" in line]
