"""python -m tests.bench.try_installed [--home full]   installed read-only, run by a new user in homes that fail.

Not part of the tests: needs root, for a user made for this only and for disks that are full or read-only. A wheel is
built and installed into an environment that belongs to root; then a user who has never run it does so with an empty
home, with HOME unset or naming nothing, on a full disk, in a read-only home, and where every flush of a file is refused
as by a quota (or in the homes named): without a screen, line by line, on the screen, in tmux, and the doctor. One
table: what came of it. Wrong is a traceback, another status, or a disk that fails and is not told.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.terminal import Terminal

ROOT = Path(__file__).parents[2]
USER = f"tutor-try-{os.getpid()}"
LESSON = "relu-sigmoid"
TOLD = ("could not be saved", "not saved", "cannot be written", "cannot be made")
FAULTS = ("Traceback", "an error of the program itself", "Error:")
QUOTA = [
    *("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync,rename"),
    *("-e", "inject=fsync,fdatasync,rename:error=EDQUOT"),
]


@dataclass(frozen=True)
class Place:
    """A home: its environment, where the shell stands, what the program runs under, whether anything can be kept."""

    environ: dict[str, str]
    folder: Path
    under: tuple[str, ...] = ()
    keeps: bool = True


@dataclass(frozen=True)
class Way:
    """How the program is run, and the statuses that are right where a home keeps things and where it does not."""

    run: Callable[[Place, str], tuple[int, str, bool]]
    statuses: tuple[frozenset[int], frozenset[int]] = (frozenset({0}), frozenset({0}))
    tells: bool = True
    """Whether it must say that nothing can be kept."""


# -- homes

HOMES = ("empty", "unset", "nothing", "full", "read-only", "quota")


@contextmanager
def homes() -> Iterator[dict[str, Place]]:
    """Every home; gone afterwards, with the user."""
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tutor-try-")))
        base.chmod(0o755)
        made = {name: base / name for name in ("empty", "unset", "quota", "full", "read-only")}
        subprocess.run(["useradd", "--no-create-home", "--home-dir", str(made["unset"]), USER], check=True)
        stack.callback(subprocess.run, ["userdel", USER], check=False)
        for home in made.values():
            home.mkdir()
        for name, size in (("full", "2m"), ("read-only", "8m")):
            mounted(stack, made[name], size)
        for home in made.values():
            shutil.chown(home, USER, USER)
            home.chmod(0o700)
        fill(made["full"] / "film.mp4")
        subprocess.run(["mount", "-o", "remount,ro", str(made["read-only"])], check=True)
        yield {
            "empty": place(made["empty"]),
            "unset": Place({}, Path("/")),
            "nothing": Place({"HOME": str(base / "no" / "such")}, Path("/"), keeps=False),
            "full": place(made["full"], keeps=False),
            "read-only": place(made["read-only"], keeps=False),
            "quota": place(made["quota"], under=tuple(QUOTA), keeps=False),
        }


def place(home: Path, *, keeps: bool = True, under: tuple[str, ...] = ()) -> Place:
    return Place({"HOME": str(home)}, home, under, keeps)


def mounted(stack: ExitStack, folder: Path, size: str) -> None:
    """A small disk of its own."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], check=True)
    stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)


def fill(path: Path) -> None:
    """Until nothing more fits."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


# -- the installation


def installed(folder: Path) -> Path:
    """The command `tutor` of a wheel in an environment of root's, which nobody else can write to."""
    env = folder / "venv"
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache"))
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin") or sys.executable  # root's own may be private
    subprocess.run([python, "-m", "venv", str(env)], check=True)
    install = [str(env / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, str(source)], check=True, stderr=subprocess.DEVNULL)
    return env / "bin" / "tutor"


def as_user(where: Place, *command: str) -> list[str]:
    """A command with nothing of this shell around it."""
    environ = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "xterm-256color", "TUTOR_WARM": "now"}
    environ |= {"USER": USER, "TMUX_TMPDIR": "/tmp"} | where.environ
    user = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups"]
    return [*user, "env", "-i", *(f"{name}={value}" for name, value in environ.items()), *where.under, *command]


# -- ways to run it: the status, what was said, whether it was what was asked for


def command(*arguments: str, typed: str = "", wanted: str = "") -> Callable[[Place, str], tuple[int, str, bool]]:
    """Without a screen."""

    def run(where: Place, tutor: str) -> tuple[int, str, bool]:
        done = subprocess.run(
            as_user(where, tutor, *arguments),
            **{"input": typed, "capture_output": True, "text": True, "cwd": where.folder, "timeout": 300},
            check=False,
        )
        said = done.stderr if wanted != "progress:" else done.stdout + done.stderr
        return done.returncode, said, wanted in done.stdout

    return run


def screen(where: Place, tutor: str) -> tuple[int, str, bool]:
    """The lesson in a terminal: one step, a look at what is said, and out."""
    return looked(Terminal(as_user(where, tutor, "run", LESSON), env=dict(os.environ), cwd=where.folder))


def tmux(where: Place, tutor: str) -> tuple[int, str, bool]:
    """The same inside tmux."""
    line = shlex.join([*where.under, tutor, "run", LESSON])
    again = ["tmux", "-L", USER, "-f", "/dev/null", "new", f"{line}; echo status $?; sleep 2"]
    place = Place(where.environ, where.folder, (), where.keeps)
    return looked(Terminal(as_user(place, *again), env=dict(os.environ), cwd=where.folder))


def looked(terminal: Terminal) -> tuple[int, str, bool]:
    """Through a lesson's first steps."""
    with terminal as shown:
        shown.wait_for("step 1 of", 60)
        shown.type("n")
        shown.wait_for("step 2 of")
        shown.settle(2.0)
        told = [line.strip() for line in shown.text().splitlines() if any(each in line for each in TOLD)]
        shown.type("\x11\x11")
        status = shown.wait_exit()
        after = shown.raw.rpartition(b"\x1b[?1049l")[2].decode(errors="replace")
        told += [line.strip() for line in after.splitlines() if "tutor:" in line]
        return status, "\n".join(told), shown.left_on() == []


WAYS = {
    "headless": Way(command("run", LESSON, "--headless", wanted="Backward"), tells=False),
    "trains": Way(command("run", "downhill", "--headless", wanted="epoch"), tells=False),
    "plain": Way(command("run", LESSON, "--plain", typed="\n\n\n\nquit\n", wanted="Goodbye")),
    "screen": Way(screen),
    "tmux": Way(tmux),
    "doctor": Way(command("doctor", wanted="progress:"), (frozenset({0}), frozenset({1}))),
    "doctor --fix": Way(command("doctor", "--fix", wanted="progress:"), (frozenset({0}), frozenset({1}))),
}


def tried(where: Place, tutor: str, way: Way) -> tuple[str, str]:
    """What is wrong, "" if nothing is; and what was said."""
    try:
        status, said, good = way.run(where, tutor)
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return "did not go on", str(error)[:300]
    wrong = [fault for fault in FAULTS if fault in said]
    if status not in way.statuses[0 if where.keeps else 1]:
        wrong.append(f"status {status}")
    if not good:
        wrong.append("not what was asked for")
    if way.tells and where.keeps == any(told in said for told in TOLD):
        wrong.append("not told" if not where.keeps else "told without a reason")
    lines = [
        line.strip() for line in said.splitlines() if any(told in line for told in (*TOLD, "tutor:", "✗", *FAULTS))
    ]
    return ", ".join(wrong), f"{status}: {' / '.join(lines)[:160]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", action="append", choices=HOMES, help="only this one, or several")
    wanted = parser.parse_args().home or HOMES
    if os.geteuid():
        print("this needs root: it makes a user, and disks that fail", file=sys.stderr)
        return 2
    count = 0
    with tempfile.TemporaryDirectory(prefix="tutor-installed-") as name, homes() as places:
        Path(name).chmod(0o755)
        tutor = installed(Path(name))
        for title in wanted:
            where = places[title]
            for word, way in WAYS.items():
                wrong, said = tried(where, str(tutor), way)
                count += bool(wrong)
                print(f"{title:9} {word:13} {'WRONG: ' + wrong if wrong else 'right':30} {said}", flush=True)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
