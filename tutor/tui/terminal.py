"""What has to be set before Textual is imported, what a terminal can show, and whether it is still there."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping, MutableMapping

HANGUP = 128 + signal.SIGHUP
TERMINATED = 128 + signal.SIGTERM
POLL_SECONDS = 1.0
FAR = frozenset({"SSH_CONNECTION", "SSH_TTY", "TMUX", "STY"})
"""Variables that say that keys may come over a network; a multiplexer may have been reached over one."""
KEEPER = os.getppid()


def prepare(environ: MutableMapping[str, str]) -> None:
    """Settings that Textual reads while it is imported."""
    environ.setdefault("TEXTUAL_FPS", "250")  # a repaint waits for the next frame: 4 ms instead of 16
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # the filter for NO_COLOR is chosen by the theme an app is born with, and only an ansi one stays readable
    environ.setdefault("TEXTUAL_THEME", "ansi-dark")
    if not FAR.isdisjoint(environ):
        environ.setdefault("ESCDELAY", "400")  # an arrow key's bytes may arrive apart


def mend_encoding(environ: Mapping[str, str]) -> None:
    """The screen is written to stderr as text, whose encoding may have been set for other purposes."""
    if isinstance(sys.__stderr__, io.TextIOWrapper):
        sys.__stderr__.reconfigure(encoding="utf-8" if _speaks_utf8(environ) else None, errors="replace")


def poor(environ: Mapping[str, str]) -> bool:
    """Whether the terminal's font has no lines and curves worth drawing with: consoles and old terminals."""
    term = environ.get("TERM", "")
    return term.startswith(("linux", "vt", "cons", "ansi")) or not _speaks_utf8(environ)


def _speaks_utf8(environ: Mapping[str, str]) -> bool:
    said = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    return said in {"", "C", "POSIX"} or "utf" in said.lower().replace("-", "")


def lost(fd: int = 0) -> bool:
    """Whether the terminal is gone: hung up, or at its end."""
    poll = select.poll()
    poll.register(fd, select.POLLHUP | select.POLLERR)
    try:
        return any(flags & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, flags in poll.poll(0))
    except OSError:
        return True


def orphaned() -> bool:
    """Whether the process that keeps the terminal (`tutor.launch`) is gone: nobody would restore it after us."""
    return os.getppid() != KEEPER


def watch(leave: Callable[[int], None], drop: Callable[[], None]) -> None:
    """Ends the program through `leave` on SIGTERM, and through `drop` on SIGHUP, when nothing can be shown any more."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, leave, TERMINATED)
        loop.add_signal_handler(signal.SIGHUP, drop)
    except (ValueError, RuntimeError):
        return  # not the main thread: the one who started it there watches
