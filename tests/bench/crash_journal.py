"""Sessions killed at random, and at every system call: no acknowledged answer may be lost, nothing may be unreadable.

    python -m tests.bench.crash_journal --kills 1000        two sessions and a compactor at once, killed at random
    python -m tests.bench.crash_journal --syscalls          strace: a kill, and eight errors, at each call of a session

Exit status 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

from tests.disk_faults import ERRORS, IN_MEMORY, SCENARIOS, Injector, Scenario
from tutor.compaction import compact
from tutor.journal import Journal, read_records

SYSCALLS = "openat write fsync fdatasync rename unlink unlinkat close mkdir getdents64 fstat newfstatat read".split()
IN_ONE_FOLDER = 25
"""Rounds after which everything is checked, and a new folder is begun."""


def answers(folder: Path) -> set[str]:
    return {record["question"] for record in read_records(folder) if record["kind"] == "answer"}


# -- random kills


def kills(rounds: int, seed: int, folder: Path) -> tuple[int, int, set[str]]:
    """So many rounds of two sessions that write unique answers while old journals are put together.

    How many processes were killed, how many answers acknowledged, and which of those were lost.
    """
    moments = random.Random(seed)
    killed = count = 0
    lost: set[str] = set()
    for start in range(0, rounds, IN_ONE_FOLDER):
        acknowledged: set[str] = set()
        place = folder / str(start)
        for number in range(start, min(rounds, start + IN_ONE_FOLDER)):
            names = (f"{number}a", f"{number}b")
            processes = [forked(partial(endless, place, name)) for name in names]
            if moments.random() < 0.5:
                processes.append(forked(partial(tidy, place)))
            time.sleep(moments.uniform(0.0, 0.02))
            for process, pipe in processes:
                os.kill(process, signal.SIGKILL)
                killed += os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
                with open(pipe) as said:
                    acknowledged |= {line.strip() for line in said if line.endswith("\n")}
        lost |= acknowledged - answers(place)
        count += len(acknowledged)
        shutil.rmtree(place)
    return killed, count, lost


def forked(do: Callable[[Callable[[str], None]], object]) -> tuple[int, int]:
    """A process that does this and ends, and the pipe on which it says what it acknowledges."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            do(lambda text: os.write(writing, f"{text}\n".encode()) and None)
        finally:
            os._exit(0)
    os.close(writing)
    return process, reading


def endless(folder: Path, name: str, say: Callable[[str], None]) -> None:
    """Sessions of three answers each, one after the other, so that some are closed and can be put together."""
    count = 0
    while True:
        journal = Journal(folder)
        for _ in range(3):
            count += 1
            if journal.put("answer", lesson="l", question=f"{name}-{count}", points=1.0):
                say(f"{name}-{count}")
        journal.close()


def tidy(folder: Path, say: Callable[[str], None]) -> None:
    compact(folder, least=2)


# -- every system call


def child(folder: Path, name: str) -> NoReturn:
    """What strace watches: the acts of one scenario between two marks, acknowledging on stdout."""
    idle, scenario = Injector(0, "kill"), SCENARIOS[name]
    with tempfile.TemporaryDirectory() as elsewhere:  # so that everything is imported before the mark
        scenario.prepare(Path(elsewhere))
        scenario.act(Path(elsewhere), lambda text: None, idle)
    os.write(1, b"START\n")
    with contextlib.suppress(AssertionError):  # the disk stays bad to the end here, and saving says so
        scenario.act(folder, lambda text: os.write(1, f"{text}\n".encode()) and None, idle)
    os.write(1, b"END\n")
    os._exit(0)


def traced(folder: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-m", "tests.bench.crash_journal", "--child", str(folder), name]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(["strace", "-qq", *options, *command], capture_output=True, text=True, env=environment)


def points(scenario: Scenario, name: str) -> Iterator[tuple[str, int]]:
    """Each call to the file system between the marks, as its name and its number since the start of the process."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = Path(place, "state")
        folder.mkdir(mode=0o700)
        scenario.prepare(folder)
        log = Path(place, "log")
        traced(folder, name, "-o", str(log), "-e", f"trace={','.join(SYSCALLS)}")
        counts: dict[str, int] = {}
        inside = False
        for line in log.read_text(errors="replace").splitlines():
            call = re.match(r"(\w+)\(", line)
            if call is None:
                continue
            counts[call[1]] = counts.get(call[1], 0) + 1
            if '"START' in line:
                inside = True
            elif '"END' in line:
                return
            elif inside and not line.startswith("write(1,"):  # which acknowledges
                yield call[1], counts[call[1]]


def syscalls(names: list[str]) -> list[str]:
    """Every call × (kill, eight errors) of some scenarios; what went wrong."""
    wrong: list[str] = []
    for name in names:
        scenario = SCENARIOS[name]
        found = list(points(scenario, name))
        started = time.perf_counter()
        for call, number in found:
            for how in ("signal=SIGKILL", *(f"error={error}" for error in ERRORS)):
                wrong += [
                    f"{name}: {how} at {call} {number}: {each}" for each in injected(scenario, name, call, number, how)
                ]
        cases = len(found) * (1 + len(ERRORS))
        print(f"{name}: {len(found)} calls, {cases} cases in {time.perf_counter() - started:.0f} s, {len(wrong)} wrong")
    return wrong


def injected(scenario: Scenario, name: str, call: str, number: int, how: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as place:
        folder = Path(place, "state")
        folder.mkdir(mode=0o700)
        scenario.prepare(folder)
        done = traced(folder, name, "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:{how}:when={number}")
        said = [line for line in done.stdout.splitlines() if line not in ("START", "END")]
        if done.returncode not in (0, -signal.SIGKILL, 128 + signal.SIGKILL):
            yield f"ended with {done.returncode}: {done.stderr[-300:]}"
        yield from scenario.check(folder, said, False)


def main() -> int:
    """Prints what was done and what was lost."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--kills", type=int, default=0, metavar="ROUNDS")
    wanted.add_argument("--seed", type=int, default=1)
    wanted.add_argument("--syscalls", nargs="*", choices=list(SCENARIOS))
    wanted.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = wanted.parse_args()
    if chosen.child:
        child(Path(chosen.child[0]), chosen.child[1])
    wrong: list[str] = []
    if chosen.kills:
        with tempfile.TemporaryDirectory(dir=IN_MEMORY) as place:
            killed, count, lost = kills(chosen.kills, chosen.seed, Path(place, "journal"))
            print(f"{chosen.kills} rounds, {killed} processes killed, {count} answers acknowledged, {len(lost)} lost")
            wrong += sorted(lost)
    if chosen.syscalls is not None:
        wrong += syscalls(chosen.syscalls or list(SCENARIOS))
    print("\n".join(wrong[:20]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
