"""Kill -9, or an error, at the N-th call to the file system, for every N: what was acknowledged must be there.

`python -m tests.disk_faults SCENARIO …` forks one child a case, so that thousands take seconds, and prints JSON.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLS = "open read write fsync fdatasync rename replace unlink mkdir close listdir scandir stat fstat".split()
ERRORS = "EIO ENOSPC EDQUOT ESTALE EACCES EROFS EINTR EMFILE".split()
KILLS = ("kill", "torn")
"""Killed before the call, and half way through a write."""

IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None
"""Waiting for a real disk would show nothing more. Some machines have no such place, or one for reading only."""

Say = Callable[[str], None]


class Injector:
    """Counts calls of `os` and lets the `at`-th one fail; with `lasting` every one from there on until `off`."""

    def __init__(self, at: int, how: str, lasting: bool = False) -> None:
        self.at, self.how, self.lasting, self.count = at, how, lasting, 0
        self.real = {name: getattr(os, name) for name in CALLS}

    def __enter__(self) -> Injector:
        for name in CALLS:
            setattr(os, name, self.replacement(name))
        return self

    def __exit__(self, *_: object) -> None:
        for name, function in self.real.items():
            setattr(os, name, function)

    def off(self) -> None:
        """The disk is good again."""
        self.at = -1

    def replacement(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.count += 1
            due = self.count == self.at or (self.lasting and 0 < self.at < self.count)
            return self.fail(name, args, options) if due else self.real[name](*args, **options)

        return call

    def fail(self, name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        half = name == "write" and self.how != "kill"
        if half:
            self.real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
        if self.how in KILLS:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "close":
            self.real["close"](*args)
        code = getattr(errno, self.how)
        raise OSError(code, os.strerror(code))


@dataclass(frozen=True)
class Scenario:
    """`prepare` a folder, `act` in a child on a failing disk, say what is acknowledged, `check` what is left.

    `check` gets the folder, what was said, and whether the child lived to its end; it yields violations.
    """

    prepare: Callable[[Path], None]
    act: Callable[[Path, Say, Injector], None]
    check: Callable[[Path, list[str], bool], Iterator[str]]


def campaign(scenario: Scenario, ways: list[str], lasting: bool = False) -> dict[str, Any]:
    """Every call × every way to fail; how many cases there were, and what went wrong."""
    wrong: list[str] = []
    cases = 0
    calls = one(scenario, 0, "kill")[1]
    for way in ways:
        for at in range(1, calls + 1):
            found, _ = one(scenario, at, way, lasting)
            wrong += [f"{way} at call {at}: {each}" for each in found]
            cases += 1
    return {"calls": calls, "cases": cases, "wrong": wrong}


def one(scenario: Scenario, at: int, way: str, lasting: bool = False) -> tuple[list[str], int]:
    """One case in a folder of its own; its violations, and how many calls were made."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as name:
        folder = Path(name, "state")
        folder.mkdir(mode=0o700)
        scenario.prepare(folder)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _child(scenario, folder, Injector(at, way, lasting), writing)
        os.close(writing)
        with open(reading) as pipe:
            said = pipe.read().split("\n")[:-1]
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        count = next((int(word.split()[1]) for word in said if word.startswith("calls ")), 0)
        wrong = [] if status in (0, -signal.SIGKILL) else [f"the process ended with {status}: {said[-1:]}"]
        try:
            wrong += scenario.check(folder, [word for word in said if not word.startswith("calls ")], status == 0)
        except Exception as error:
            wrong.append(f"the next start: {error!r}")
        return wrong, count


def _child(scenario: Scenario, folder: Path, injector: Injector, pipe: int) -> None:
    write = injector.real["write"]
    status = 1
    try:
        with injector:
            scenario.act(folder, lambda text: write(pipe, f"{text}\n".encode()), injector)
        write(pipe, f"calls {injector.count}\n".encode())
        status = 0
    except BaseException as error:
        write(pipe, f"{error!r}\n".encode())
    finally:
        os._exit(status)


# -- what is done on a failing disk


def _answer(journal: Any, name: str) -> bool:
    return bool(journal.put("answer", lesson="l", question=name, points=1.0))


def _earlier(folder: Path) -> None:
    from tutor.journal import Journal

    for i in range(2):
        journal = Journal(folder)
        assert _answer(journal, f"before-{i}")
        assert journal.close()


def _session(folder: Path, say: Say, disk: Injector) -> None:
    """Answers, each acknowledged when it is on the disk; at the end the disk is good again."""
    from tutor.journal import Journal

    journal = Journal(folder)
    for i in range(4):
        if _answer(journal, f"q{i}"):
            say(f"q{i}")
    disk.off()
    assert journal.flush()
    assert journal.error is None
    assert journal.close()


def _cut_off(folder: Path, say: Say, disk: Injector) -> None:
    """Answers on a disk that may never come back, and a kill: nobody can make good what was acknowledged too early."""
    from tutor.journal import Journal

    journal = Journal(folder)
    for i in range(3):
        if _answer(journal, f"q{i}"):
            say(f"q{i}")
    if disk.at:
        os.kill(os.getpid(), signal.SIGKILL)


def _session_left(folder: Path, said: list[str], ended: bool) -> Iterator[str]:
    from tutor.compaction import compact
    from tutor.journal import Journal, read_records

    wanted = {"before-0", "before-1", *said} | ({f"q{i}" for i in range(4)} if ended else set())

    def answers() -> list[str]:
        return [r["question"] for r in read_records(folder) if r["kind"] == "answer"]

    found = answers()
    if not wanted <= set(found) or len(found) != len(set(found)):
        yield f"lost or doubled: {wanted} in {found}"
    compact(folder, least=1)
    if sorted(answers()) != sorted(found):
        yield "putting together changed what is there"
    journal = Journal(folder)
    if not (_answer(journal, "after") and journal.close() and "after" in answers()):
        yield "the next session cannot save"


def _ended_and_old(folder: Path) -> None:
    from tutor.journal import Journal

    for i in range(4):
        journal = Journal(folder)
        assert _answer(journal, f"q{i}")
        assert journal.close()
    _earlier(folder)
    for i, path in enumerate(sorted(folder.iterdir())):
        if i % 2:
            os.utime(path, (0, 0))  # untouched for years


def _compaction(folder: Path, say: Say, disk: Injector) -> None:
    from tutor.compaction import compact

    for i in range(4):
        say(f"q{i}")
    compact(folder, least=2)
    disk.off()


def _checkpoint(number: int) -> Any:
    import numpy as np

    from engine.checkpoint import Checkpoint

    return Checkpoint({"w": np.full(100, float(number))}, epoch=number)


def _old_checkpoint(folder: Path) -> None:
    from engine.checkpoint import write_checkpoint

    write_checkpoint(folder / "run.npz", _checkpoint(1))


def _new_checkpoint(folder: Path, say: Say, disk: Injector) -> None:
    from engine.checkpoint import write_checkpoint
    from engine.errors import CheckpointError

    try:
        write_checkpoint(folder / "run.npz", _checkpoint(2))
        say("2")
    except CheckpointError:
        say("1")


def _checkpoint_left(folder: Path, said: list[str], ended: bool) -> Iterator[str]:
    from engine.checkpoint import read_checkpoint

    found = read_checkpoint((folder / "run.npz").read_bytes(), "run.npz")
    if float(found.weights["w"][0]) != found.epoch or str(found.epoch) < max(said, default="1"):
        yield f"epoch {found.epoch} after {said}"
    if ended and list(folder.iterdir()) != [folder / "run.npz"] and said == ["2"]:
        yield f"left over: {sorted(folder.iterdir())}"


def _old_export(folder: Path) -> None:
    (folder / "work.jsonl").write_bytes(b"old")


def _new_export(folder: Path, say: Say, disk: Injector) -> None:
    from tutor.files import write_atomic

    try:
        write_atomic(folder / "work.jsonl", b"new" * 1000)
        say("new")
    except OSError:
        return


def _export_left(folder: Path, said: list[str], ended: bool) -> Iterator[str]:
    found = (folder / "work.jsonl").read_bytes()
    if found not in (b"old", b"new" * 1000) or (said and found == b"old"):
        yield f"{len(found)} bytes after {said}"


SCENARIOS = {
    "session": Scenario(_earlier, _session, _session_left),
    "cut off": Scenario(_earlier, _cut_off, _session_left),
    "compaction": Scenario(_ended_and_old, _compaction, _session_left),
    "checkpoint": Scenario(_old_checkpoint, _new_checkpoint, _checkpoint_left),
    "export": Scenario(_old_export, _new_export, _export_left),
}


def main(names: list[str]) -> None:
    """Every scenario, or those named: kills, passing errors, and a disk that stays bad to the end."""
    told = {}
    for name in names or SCENARIOS:
        told[name] = campaign(SCENARIOS[name], [*KILLS, *ERRORS])
        told[f"{name}, lasting"] = campaign(SCENARIOS[name], ERRORS[:2], lasting=True)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
