"""Deliberately broken builds: every promise of the README's table on trust is seen to fail where its rule is taken out.

    python -m tests.bench.break_promises                what each broken build fails by; some ten minutes
    python -m tests.bench.break_promises --only gate    those whose promise, name or test holds this word

`broken_builds.toml` lists them: a small change of one file that takes out one rule of the program, and the test (or the
benchmark) that must see it. In a copy of the tree each of these is run once unbroken, where it must pass, and once for
each broken build, where it must fail: by an assertion of its own, not by an error of importing or naming. Exit status
1 if a broken build passes, if anything fails unbroken, or if a text to replace does not stand in its file exactly once.

Kernels compiled by a broken build never come into the user's cache.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import xml.etree.ElementTree as Xml
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.kernel_folder import kernel_sources
from tests.terminal import descendants

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("broken_builds.toml")
TREE = ("engine", "lessons", "tutor", "tests", ".ci", ".pictures", "pyproject.toml", "README.md", "LICENSE")
PROGRAM = "python -m "
"""How a test begins that is a program of its own: exit status 0 is green, 1 is red."""
LONGEST = 400.0
"""Seconds after which a test counts as broken off, which is no failure that anybody could understand."""
TRIES = 3
"""So often a program that measures may be red before that is more than other work on the machine."""
ASSERTED = re.compile(r"(?:\w+\.)*(?:assert|AssertionError|Failed|ExceptionGroup)\b")
"""How pytest begins what it says of an assertion, of an exception that did not come, and of several of those."""
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Build:
    """One rule taken out: `old` becomes `new` in `file`, and `test` must fail.

    `test` is a pytest node or `python -m …`; `raises` is the exception that ends the test, where it is no assertion;
    `needs` a program that not every machine has.
    """

    promise: str
    name: str
    file: str
    old: str
    new: str
    test: str
    raises: str = ""
    needs: str = ""

    def broken(self, text: str) -> str:
        """The file's text without the rule. Raises ValueError if the rule does not stand there exactly once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} holds the text of {self.name!r} {text.count(self.old)} times")
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Ended:
    """How a test ended: green, failed by an assertion, or otherwise; and what it said."""

    how: Literal["green", "failed", "error"]
    said: str = ""


def builds() -> list[Build]:
    """Every broken build of the list, in its order."""
    promises = tomllib.loads(LIST.read_text("utf-8"))["promise"]
    return [Build(promise["says"], **broken) for promise in promises for broken in promise["broken"]]


class Copy:
    """A copy of the tree, in which one file at a time is broken."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.cache = folder / "tree", folder / "cache"
        self.tree.mkdir()
        self.cache.mkdir(mode=0o700)
        self._seconds = itertools.count(int(time.time()))
        for name in TREE:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.tree / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / name, self.tree / name)
        self.kernel_sources = {str(path.relative_to(self.tree)) for path in kernel_sources(self.tree / "engine")}

    @contextmanager
    def broken(self, build: Build) -> Iterator[None]:
        """While this lasts the file is broken. Raises ValueError as `Build.broken`, SyntaxError for no Python."""
        file = self.tree / build.file
        sound = file.read_text("utf-8")
        text = build.broken(sound)
        compile(text, build.file, "exec")
        self._write(file, text)
        try:
            yield
        finally:
            self._write(file, sound)

    def _write(self, file: Path, text: str) -> None:
        """With a time that no version of the file had before: bytecode of one is never taken for another's."""
        file.write_text(text, "utf-8")
        second = next(self._seconds)
        os.utime(file, (second, second))

    def run(self, tests: Sequence[str], build: Build | None = None) -> Ended:
        """The tests, of which all must pass to be green; nodes of pytest, or one program."""
        env = {**os.environ, "PYTHONPATH": str(self.tree), "CI": "true"}
        if build is not None:
            env["TERMINAL_PATIENCE"] = "30"  # what a broken build does not show is waited for in vain
        if build is not None and build.file in self.kernel_sources:
            env["XDG_CACHE_HOME"] = str(self.cache)
        if tests[0].startswith(PROGRAM):
            return self._program(shlex.split(tests[0].removeprefix(PROGRAM)), env)
        return self._pytest(tests, build.raises if build is not None else "", env)

    def _program(self, words: Sequence[str], env: dict[str, str]) -> Ended:
        status, said = self._ended(["-m", *words], env)
        last = said.strip().splitlines()[-1:] or [""]
        if "Traceback" in said or status not in (0, 1):
            return Ended("error", f"status {status}: {said[-2000:]}")
        return Ended("failed" if status else "green", last[0])

    def _pytest(self, tests: Sequence[str], raises: str, env: dict[str, str]) -> Ended:
        report = self.tree / "report.xml"
        report.unlink(missing_ok=True)
        options = ["-q", "-x", "-p", "no:cacheprovider", f"--junitxml={report}"]
        status, said = self._ended(["-m", "pytest", *options, *tests], env)
        if status not in (0, 1) or not report.exists():
            return Ended("error", f"status {status}: {said[-2000:]}")
        tree = Xml.parse(report)
        if any(True for _ in tree.iter("error")):
            return Ended("error", said[-2000:])
        failures = [
            (case.get("name", ""), each.get("message", "").strip())
            for case in tree.iter("testcase")
            for each in case.iter("failure")
        ]
        if not failures:
            return Ended("green") if status == 0 else Ended("error", said[-2000:])
        meant = re.compile(rf"(?:\w+\.)*{raises}\b") if raises else ASSERTED
        name, message = failures[0]
        how: Literal["failed", "error"] = "failed" if meant.match(message) else "error"
        return Ended(how, f"{name}: {' '.join(message.split())[:300]}")

    def _ended(self, arguments: Sequence[str], env: dict[str, str]) -> tuple[int, str]:
        """Status and output; whatever the test started and left behind is ended with it."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            command = [sys.executable, *arguments]
            process = subprocess.Popen(
                command, cwd=self.tree, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                status = process.wait(LONGEST)
            except subprocess.TimeoutExpired:
                status = -1
            end_all()
            output.seek(0)
            return status, output.read()


def end_all() -> None:
    """Ends every process below this one, which inherits those whose parents have gone."""
    while family := descendants(os.getpid()):
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


# -- what is told


def sound(copy: Copy, chosen: Sequence[Build]) -> list[str]:
    """Every test on the unbroken tree; what is wrong."""
    tests = list(dict.fromkeys(build.test for build in chosen))
    nodes = [test for test in tests if not test.startswith(PROGRAM)]
    wrong = unbroken(copy, nodes, 1) if nodes else []
    return [*wrong, *(each for test in tests if test.startswith(PROGRAM) for each in unbroken(copy, [test], TRIES))]


def unbroken(copy: Copy, tests: Sequence[str], tries: int) -> list[str]:
    """What is wrong with tests that are all green in none of so many tries."""
    for _ in range(tries):
        ended = copy.run(tests)
        if ended.how == "green":
            return []
    return [f"{tests[0] if len(tests) == 1 else 'a test'} fails unbroken: {ended.said}"]


def seen(copy: Copy, build: Build) -> Ended:
    """How the build's test ends where the build is broken."""
    try:
        with copy.broken(build):
            return copy.run([build.test], build)
    except (ValueError, SyntaxError) as error:
        return Ended("error", str(error))


def main() -> int:
    """Breaks everything once and prints what saw it."""
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--only", default="", help="builds whose promise, name, file or test holds this text")
    wanted.add_argument("--details", action="store_true", help="also what each test said")
    asked = wanted.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ["PATH"] += f"{os.pathsep}/usr/sbin"
    chosen = [b for b in builds() if asked.only in f"{b.promise} {b.name} {b.file} {b.test}"]
    for build in [build for build in chosen if build.needs and shutil.which(build.needs) is None]:
        print(f"{build.name}: {build.needs} is not installed, nothing is tried with it")
        chosen.remove(build)
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        wrong = sound(copy, chosen)
        if wrong:
            print("\n".join(wrong))
            return 1
        print(f"{len({build.test for build in chosen})} tests pass unbroken", flush=True)
        promise, failed = "", 0
        for build in chosen:
            if build.promise != promise:
                promise = build.promise
                print(f"\n{promise}", flush=True)
            started = time.monotonic()
            ended = seen(copy, build)
            failed += ended.how == "failed"
            sign = {"failed": "seen to fail by", "green": "STAYS GREEN:", "error": "NO ASSERTION:"}[ended.how]
            print(f"  {build.name} | {sign} {build.test} ({time.monotonic() - started:.0f} s)", flush=True)
            if asked.details or ended.how == "error":
                print(f"      {ended.said}", flush=True)
    print(f"\n{len(chosen)} broken builds of {len({b.promise for b in chosen})} promises, {failed} seen to fail")
    return 1 if failed < len(chosen) or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
