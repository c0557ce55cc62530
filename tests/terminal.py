"""A program in a real pseudo-terminal: type, resize, send signals, hang up, and read what a person would see."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata
from collections import defaultdict
from pathlib import Path

import pyte

from engine.kernel_folder import own_home_name
from tutor import launch
from tutor.kernel_warmer import PLACES

PATIENCE = float(os.environ.get("TERMINAL_PATIENCE", "90"))
"""Seconds after which what was waited for does not come, on a busy machine."""
RESET = launch.RESET.rstrip().encode()
ROOT = Path(__file__).parents[1]
MODES = {
    b"1049": "alternate screen",
    b"1000": "mouse",
    b"1003": "mouse",
    b"1006": "mouse",
    b"2004": "bracketed paste",
    b"1004": "focus events",
    b"2048": "size reports",
    b"2026": "synchronised output",
}
# what pyte would print instead of obeying
NOT_FOR_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\??[0-9;]*\$[a-z]|\x1b\[[0-9;]* q"
    rb"|\x1b[P\]_^][^\x07\x1b]*(?:\x07|\x1b\\)"
)
# what a screen may send: text, moves, clears, colours, modes, the keyboard protocol, two questions, line ends
OURS = re.compile(
    r"\x1b\[\d*(?:;\d+)?H|\x1b\[\d*[JK]|\x1b\[[0-9;]*m|\x1b\[6n|\x1b\[\?2026\$p|\x1b\[[<>]\d*u|\r*\n"
    r"|\x1b\[\?(?:1049|25|1004|2004|2026|2048|7|1000|1002|1003|1006|1015|1016)[hl]"
)
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;?<>=$ ]*|[P\]_^][^\x07\x1b]{0,4096})?$")


def environment(**changes: str) -> dict[str, str]:
    """The environment of a plain terminal, without what the developer told the program; an empty value removes a
    variable."""
    unwanted = "COLORTERM TMUX TERM_PROGRAM LINES COLUMNS NO_COLOR FORCE_COLOR SSH_CONNECTION _TUTOR_COMPLETE".split()
    kept = {k: v for k, v in os.environ.items() if k not in unwanted and not k.startswith(("LC_", "TUTOR_"))}
    kept |= {k: v for k, v in os.environ.items() if k == PLACES}
    kept |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "TUTOR_WARM": "off", **changes}
    return {k: v for k, v in kept.items() if v}


def cache_home() -> str:
    """Where the developer's compiled kernels are found, for programs with another home; "" where none are kept."""
    own = own_home_name()
    return "" if own is None else str(own.parent)


def foreign(sent: bytes) -> str:
    """What of the bytes sent to a terminal is neither visible text nor a sequence that a screen makes."""
    text = OURS.sub("", sent.replace(RESET, b"").decode("utf-8", "surrogateescape"))
    return "".join(letter for letter in text if unicodedata.category(letter) in HIDDEN)


class Terminal:
    """A child process whose controlling terminal we hold the other end of."""

    def __init__(self, argv: list[str], *, columns: int = 80, rows: int = 24, env=None, cwd=None, nohup: bool = False):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw, self.unfed = b"", b""
        self.master, slave = pty.openpty()
        self.resize(columns, rows)
        self.kept = os.dup(slave)
        self.before = termios.tcgetattr(slave)

        def in_child() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            if nohup:
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        streams = {"stdin": slave, "stdout": slave, "stderr": slave, "pass_fds": (slave,)}
        self.process = subprocess.Popen(argv, env=env or environment(), cwd=cwd, preexec_fn=in_child, **streams)
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    # -- what it wrote

    def read(self, seconds: float) -> bool:
        """Waits at most so long for something to be written; whether there was."""
        if self.master < 0 or not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.raw += data
        self._feed(data)
        return bool(data)

    def _feed(self, data: bytes) -> None:
        data = NOT_FOR_PYTE.sub(b"", self.unfed + data)
        cut = UNFINISHED.search(data)
        self.unfed = data[cut.start() :] if cut else b""
        self.stream.feed(data[: cut.start()] if cut else data)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, text: str, seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        ended = False
        while text not in self.text():
            assert not ended, f"it ended with {self.process.returncode} before {text!r}:\n{self.text()}"
            ended = not self.read(0.05) and self.process.poll() is not None
            assert time.monotonic() < end, f"no {text!r} on the screen:\n{self.text()}"

    def wait_until(self, met, what: str, seconds: float = PATIENCE) -> None:
        end = time.monotonic() + seconds
        while not met():
            assert self.read(0.05) or time.monotonic() < end, f"no {what}:\n{self.text()}"

    def settle(self, quiet: float = 0.3, seconds: float = PATIENCE) -> None:
        """Until nothing was written for a while."""
        end = time.monotonic() + seconds
        while self.read(quiet):
            assert time.monotonic() < end, f"it never stops writing:\n{self.text()}"

    # -- what is done to it

    def type(self, keys: str | bytes) -> None:
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """The connection drops."""
        for fd in {self.kept, self.master} - {-1}:
            os.close(fd)
        self.kept = self.master = -1

    # -- how it ended

    def wait_exit(self, seconds: float = PATIENCE) -> int:
        """Its exit status; negative for a signal."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end:\n{self.text()}"
            if not self.read(0.05) and self.master < 0:
                try:
                    self.process.wait(0.05)
                except subprocess.TimeoutExpired:
                    continue
        while self.read(0.05):
            pass
        return self.process.returncode

    def left_on(self) -> list[str]:
        """Modes and settings of the terminal that the program did not put back."""
        on = {}
        for modes, how in re.findall(rb"\x1b\[\?([0-9;]+)([hl])", self.raw):
            on |= dict.fromkeys(modes.split(b";"), how == b"h")
        left = [name for mode, name in MODES.items() if on.get(mode)]
        left += ["hidden cursor"] * (on.get(b"25") is False) + ["no line wrap"] * (on.get(b"7") is False)
        if len(re.findall(rb"\x1b\[>\d+u", self.raw)) > len(re.findall(rb"\x1b\[<\d*u", self.raw)):
            left.append("keyboard protocol")
        if self.kept >= 0 and termios.tcgetattr(self.kept)[:4] != self.before[:4]:
            left.append("settings")
        return left


def status(pid: int) -> list[str]:
    """What Linux tells of a process after its name, in which anything may stand: its state, its parent, and so on
    (proc_pid_stat(5)); nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether a process is there and more than a zombie that nobody has waited for."""
    return status(pid)[:1] not in ([], ["Z"], ["X"])


def families() -> dict[int, list[int]]:
    """The process ids of every process's children, whichever of its threads started them.

    Children are asked for their parents: not every kernel lists the children of a process.
    """
    found: dict[int, list[int]] = defaultdict(list)
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        for parent in status(pid)[1:2]:
            found[int(parent)].append(pid)
    return found


def children(pid: int) -> list[int]:
    """The process ids of a process's children."""
    return families()[pid]


def command_of(pid: int) -> str:
    """What a process runs, its arguments parted by zeros; "" for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def descendants(*pids: int) -> list[int]:
    """The process ids of the children of these processes, their children, and so on."""
    known, found = families(), list(pids)
    for pid in found:
        found += known.pop(pid, [])
    return found[len(pids) :]
