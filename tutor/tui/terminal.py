"""What has to be set before Textual is imported, and mended after: speed of repaints, keys over slow links, bad bytes,
lost terminals."""

from __future__ import annotations

import asyncio
import codecs
import functools
import io
import os
import re
import select
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

HANGUP = 128 + signal.SIGHUP
TERMINATED = 128 + signal.SIGTERM
POLL_SECONDS = 1.0
KEEPER = os.getppid()


def prepare(environ: MutableMapping[str, str]) -> None:
    """Settings that Textual reads while it is imported."""
    environ.setdefault("TEXTUAL_FPS", "250")  # a repaint waits for the next frame: 4 ms instead of 16
    environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # the filter for NO_COLOR is chosen by the theme an app is born with, and only an ansi one stays readable
    environ.setdefault("TEXTUAL_THEME", "ansi-dark")
    if "SSH_CONNECTION" in environ:
        environ.setdefault("ESCDELAY", "400")  # an arrow key's bytes may arrive apart


def mend_encoding(environ: Mapping[str, str]) -> None:
    """The screen is written to stderr as text, whose encoding may have been set for other purposes."""
    if isinstance(sys.__stderr__, io.TextIOWrapper):
        sys.__stderr__.reconfigure(encoding="utf-8" if _speaks_utf8(environ) else None, errors="replace")


def forgive_bad_bytes() -> None:
    """A byte that is no UTF-8 becomes U+FFFD instead of ending the program (Textual issue 6456)."""
    import textual.drivers.linux_driver as driver

    decoder: Callable[[str], object] = lambda name: functools.partial(  # noqa: E731
        codecs.getincrementaldecoder(name), errors="replace"
    )
    driver.getincrementaldecoder = decoder  # type: ignore[attr-defined,assignment]


# ECMA-48 control strings: what a terminal answers to questions about itself
_ANSWERS = re.compile("\x1b[P\\]X^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\\\)")


def drop_answers() -> None:
    """A terminal's answers in control strings are not keys: without this, the q in one would leave the program."""
    from textual._xterm_parser import XTermParser

    feed = XTermParser.feed

    def feed_keys(parser: XTermParser, data: str) -> Iterable[Any]:
        kept = _ANSWERS.sub("", data)
        return feed(parser, kept) if kept or not data else ()  # an empty text would be the end of the input

    XTermParser.feed = feed_keys  # type: ignore[method-assign,assignment]


def go_on_once() -> None:
    """After a stop the screen starts once and is painted, however it was stopped and however often told to go on.

    Textual starts a second time over the first, takes raw settings for those to put back, and paints nothing.
    """
    from textual.drivers.linux_driver import LinuxDriver

    start, starting = LinuxDriver._sigcont_application, False

    def start_once(driver: LinuxDriver, *_: object) -> None:
        nonlocal starting
        if starting:
            return
        starting = True
        if not driver._must_signal_resume:
            driver.suspend_application_mode()
            driver._must_signal_resume = True
        start(driver)
        starting = False
        if not driver._must_signal_resume:  # else it was sent to the background, and is stopped again
            driver._app.call_later(driver._app.refresh, layout=True)

    LinuxDriver._sigcont_application = start_once  # type: ignore[method-assign,assignment]


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


def watch(leave: Callable[[int], None]) -> None:
    """Ends the program on SIGTERM through `leave`, and at once on SIGHUP, when nothing can be written any more."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, leave, TERMINATED)
        loop.add_signal_handler(signal.SIGHUP, os._exit, HANGUP)
    except (ValueError, RuntimeError):
        return  # not the main thread: the one who started it there watches
