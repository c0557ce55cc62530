"""A class at once: many sessions through real pseudo-terminals, each a student who reads and presses a key.

    python -m tests.bench.load_screens --sessions 100 --training 10 --minutes 10 --most-p95 60 --most-memory 6000

Prints the 50th and 95th percentile from a key to the last byte of its answer (of the sessions that do not train), the
memory of all processes together (PSS: pages that several share count once), their use of the processor, and failures:
sessions that ended, and keys that nothing answered. Exit status 1 if there were failures, or if more milliseconds or
megabytes were needed than the limits say.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import pty
import random
import selectors
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from dataclasses import dataclass, field
from fcntl import ioctl
from pathlib import Path

from tests.terminal import ROOT, alive, descendants, environment, status

PROGRAM = [sys.executable, "-c", "from tutor.launch import main; main()"]
QUESTION, ANSWER = b"\x1b[6n", b"\x1b[1;1R"
TRAINING = ROOT / "tests" / "bench" / "long_training.toml"
"""Its run lasts longer than any class does."""
COLUMNS, ROWS = 80, 24
QUIET = 0.1
"""Seconds without a byte after which an answer is complete."""
UNANSWERED = 10.0
STARTING = 60.0


@dataclass
class Student:
    """One session: its process, the terminal's end, the keys to press in turn, and what came of them."""

    number: int
    keys: tuple[bytes, ...]
    trains: bool
    process: subprocess.Popen[bytes]
    master: int
    due: float
    pressed: float = 0.0
    heard: float = 0.0
    count: int = 0
    bytes: int = 0
    times: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def take(self, data: bytes, now: float) -> None:
        """What the program wrote; questions are answered as terminals do."""
        self.bytes += len(data)
        self.heard = now
        for _ in range(data.count(QUESTION)):
            os.write(self.master, ANSWER)

    def look(self, now: float, pause: float) -> None:
        """An answer may be complete, or be missing; a key may be due."""
        if self.pressed and self.heard > self.pressed and now - self.heard > QUIET:
            self.times.append(self.heard - self.pressed)
            self.pressed = 0.0
        elif self.pressed and now - self.pressed > UNANSWERED:
            if self.heard <= self.pressed:
                self.failures.append(f"no answer to key {self.count}")
            self.pressed = 0.0
        if now >= self.due and not self.pressed and self.bytes:
            opening = len(OPENING) if self.trains else 0
            at = self.count if self.count < opening else opening + (self.count - opening) % (len(self.keys) - opening)
            os.write(self.master, self.keys[at])
            self.count += 1
            self.pressed = now
            self.due = now + pause


READING = (b"\x1b[C", b"\x1b[C", b"\x1b[D", b"\x1b[D")  # each of them changes the screen at every step
OPENING = (b"\x1b[C", b" ")
WATCHING = (*OPENING, b"t")


def started(number: int, trains: bool, lesson: str, home: Path, due: float) -> Student:
    """A session in a terminal of its own, with a state folder of its own."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    env = environment(XDG_STATE_HOME=str(home / str(number)))

    def in_child() -> None:
        os.setsid()
        ioctl(slave, termios.TIOCSCTTY, 0)

    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    process = subprocess.Popen([*PROGRAM, "run", lesson], env=env, preexec_fn=in_child, **streams)  # type: ignore
    os.close(slave)
    os.set_blocking(master, False)
    return Student(number, WATCHING if trains else READING, trains, process, master, due)


def run(students: list[Student], seconds: float, pause: float, seed: int = 1) -> None:
    """Keys go in and answers are taken, until the time is over."""
    moments = random.Random(seed)
    selector = selectors.DefaultSelector()
    for student in students:
        selector.register(student.master, selectors.EVENT_READ, student)
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        for key, _ in selector.select(0.01):
            student = key.data
            try:
                data = os.read(student.master, 1 << 16)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                student.take(data, time.monotonic())
            else:
                selector.unregister(student.master)
                student.failures.append(f"ended after {student.count} keys")
                student.due = float("inf")
        for student in students:
            with contextlib.suppress(OSError):
                student.look(now, moments.uniform(0.5, 1.5) * pause)


def processes(students: list[Student]) -> list[int]:
    """All processes of the sessions, keepers and trainings among them."""
    keepers = [student.process.pid for student in students]
    return keepers + descendants(*keepers)


def measured(pids: list[int]) -> tuple[float, float]:
    """Megabytes (PSS) and seconds of the processor of these processes."""
    memory = spent = 0.0
    for pid in pids:
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            memory += float(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
            spent += sum(map(int, status(pid)[11:13])) / os.sysconf("SC_CLK_TCK")
    return memory, spent


def end(students: list[Student]) -> None:
    """Connections drop; who is still there after a while counts as a failure."""
    pids = processes(students)
    for student in students:
        os.close(student.master)
    deadline = time.monotonic() + STARTING
    for student in students:
        with contextlib.suppress(subprocess.TimeoutExpired):
            student.process.wait(max(0.1, deadline - time.monotonic()))
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        students[0].failures.append(f"process {pid} goes on after the connection dropped")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for student in students:
        student.process.wait()


def main() -> int:
    """Starts the class, lets it work, and prints how it went."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--sessions", type=int, default=100)
    wanted.add_argument("--training", type=int, default=10)
    wanted.add_argument("--minutes", type=float, default=10.0)
    wanted.add_argument("--pause", type=float, default=5.0, help="seconds between two keys of a student")
    wanted.add_argument("--lesson", default="relu-sigmoid")
    wanted.add_argument("--most-p95", type=float, default=math.inf, help="milliseconds of the 95th percentile")
    wanted.add_argument("--most-memory", type=float, default=math.inf, help="megabytes of all processes together")
    chosen = wanted.parse_args()
    with tempfile.TemporaryDirectory() as home:
        students: list[Student] = []
        for number in range(chosen.sessions):
            trains = number < chosen.training
            lesson = str(TRAINING) if trains else chosen.lesson
            students.append(started(number, trains, lesson, Path(home), time.monotonic() + 2.0))
            run(students, 0.3, chosen.pause)  # students come in one after the other, and those who are there work
        warm = [len(student.times) for student in students]
        (_, before), begun = measured(processes(students)), time.monotonic()
        run(students, 60.0 * chosen.minutes, chosen.pause)
        pids = processes(students)
        memory, spent = measured(pids)
        share = (spent - before) / (time.monotonic() - begun)
        end(students)
    times = [t for s, n in zip(students, warm, strict=True) if not s.trains for t in s.times[n:]]
    failures = [f"session {s.number}: {each}" for s in students for each in s.failures]
    cuts = statistics.quantiles(times, n=20) if len(times) > 1 else [0.0] * 19
    print(
        f"{chosen.sessions} sessions, {chosen.training} of them training, {chosen.minutes:g} minutes, {len(times)} keys"
    )
    p50, p95, most = (1e3 * each for each in (cuts[9], cuts[18], max(times, default=0.0)))
    print(f"key to repaint: p50 {p50:.0f} ms, p95 {p95:.0f} ms; most {most:.0f} ms")
    print(f"{len(pids)} processes, {memory:.0f} MB PSS, {share:.2f} cores; {len(failures)} failures")
    over = [f"p95 is over {chosen.most_p95:g} ms"] * (p95 > chosen.most_p95)
    over += [f"memory is over {chosen.most_memory:g} MB"] * (memory > chosen.most_memory)
    print("\n".join([*failures[:20], *over]))
    return 1 if failures or over or not times else 0


if __name__ == "__main__":
    sys.exit(main())
