"""Sound standard streams: closed ones get a place, and stdout tells a lost output from other errors.

Imported before anything is on the screen: only the standard library, and little of it.
"""

from __future__ import annotations

import errno
import io
import os
import sys

TYPE_CHECKING = False  # `typing` costs milliseconds that are better spent after the first byte
if TYPE_CHECKING:
    from typing import Any

OUTPUT_LOST, PIPE_CLOSED = 74, 141
"""Exit statuses: lost output, after sysexits.h; SIGPIPE as shells report it."""


class OutputLostError(SystemExit):
    """stdout takes no more: closed by its reader (141, as a shell reports SIGPIPE) or failing (74).

    Not an Exception, so that nothing between here and `main` mistakes it for a fault of its own.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(PIPE_CLOSED if error.errno == errno.EPIPE else OUTPUT_LOST)
        self.reason = error.strerror or str(error)


class _Stdout(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLostError(error) from None


def check_streams() -> None:
    """Gives closed streams a place, and stdout one that tells a lost output from other errors.

    Raises OutputLostError where stdout is closed: whatever the command finds out, nobody would see it.
    """
    for fd, mode in ((0, os.O_RDONLY), (2, os.O_WRONLY)):
        if not is_open(fd):
            _to_nowhere(fd, mode)
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - lives as long as the process
    sys.stderr = sys.stderr or open(2, "w", closefd=False, errors="backslashreplace")  # noqa: SIM115
    if not is_open(1):
        silence(1)
        raise OutputLostError(OSError(errno.EBADF, "stdout is closed"))
    encoding = sys.stdout.encoding if sys.stdout else "utf-8"
    raw = io.BufferedWriter(_Stdout(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(raw, encoding, errors="backslashreplace", line_buffering=os.isatty(1))


def is_open(fd: int) -> bool:
    """Whether there is anything behind this descriptor."""
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def silence(fd: int) -> None:
    """What is still buffered goes nowhere, so that the end of the process does not fail on it."""
    _to_nowhere(fd, os.O_WRONLY)


def _to_nowhere(fd: int, mode: int) -> None:
    """The stream reads nothing or loses what is written, here and in every process that is started."""
    null = os.open(os.devnull, mode)
    if null == fd:
        os.set_inheritable(fd, True)
    else:
        os.dup2(null, fd)
        os.close(null)


def complain(text: str) -> None:
    """One line on stderr from this program, if anybody hears it."""
    tell(f"tutor: {text}")


def tell(line: str) -> None:
    """One line on stderr, if anybody hears it."""
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        silence(2)
