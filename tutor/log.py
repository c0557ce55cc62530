"""The program's own log: what went wrong with it, in a private file that stays small.

It holds no answers and nothing that was typed: a crash is told by its kind and its places in the program. With
TUTOR_DEBUG=1 (`tutor --debug`) messages of exceptions and what the program does are in it too.
"""

from __future__ import annotations

import logging
import os
import traceback
from functools import cache
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from engine.atomic import make_private
from tutor.text import safe

FILE = "tutor.log"
MAX_BYTES, OLDER = 256 * 1024, 2
"""So large is a file before a new one is begun, and so many older ones are kept."""
MAX_LINE = 500
DEBUG = "TUTOR_DEBUG"
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def debugging() -> bool:
    """Whether the log may hold more than a learner would want others to see."""
    return os.environ.get(DEBUG, "") not in ("", "0")


@cache
def logger(folder: Path) -> logging.Logger:
    """The log in a folder, which is made if need be. It never raises: what cannot be written is not written."""
    log = logging.Logger("tutor", logging.DEBUG if debugging() else logging.INFO)
    log.addHandler(_handler(folder))
    return log


def crash(folder: Path, error: BaseException) -> Path | None:
    """Keeps where in the program an error came from; the log's path, None if it cannot be written."""
    log = logger(folder)
    log.error("%s", "".join(_told(error)))
    handler = log.handlers[0]
    return folder / FILE if isinstance(handler, _Private) and handler.works else None


def _told(error: BaseException) -> list[str]:
    """An error's kind and places; its message, which may hold what was typed, only for debugging."""
    if debugging():
        return traceback.format_exception(error)
    kind = type(error)
    return [f"{kind.__module__}.{kind.__qualname__}\n", *traceback.format_tb(error.__traceback__)]


def _handler(folder: Path) -> logging.Handler:
    try:
        make_private(folder)
        handler = _Private(folder / FILE, maxBytes=MAX_BYTES, backupCount=OLDER, encoding="utf-8", delay=True)
    except OSError:
        return logging.NullHandler()
    handler.setFormatter(_Safe("%(asctime)s %(process)d %(levelname)s %(message)s"))
    return handler


class _Private(RotatingFileHandler):
    """Files that only the user can read; a disk that fails is nobody's trouble here."""

    works = True

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, _APPEND, 0o600)
        os.fchmod(descriptor, 0o600)
        return open(descriptor, "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        """Opened for each line: another session may have begun a new file."""
        super().emit(record)
        stream, self.stream = self.stream, None
        try:
            if stream is not None:
                stream.close()  # which writes what could not be written before, and fails again
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:
        self.works = False


class _Safe(logging.Formatter):
    """Lines that no terminal obeys and that have an end."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(safe(line, MAX_LINE) for line in super().format(record).splitlines())
