"""Reading files that others named or wrote, and writing files so that a reader sees the old or the new one whole."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from engine.atomic import write_atomically
from tutor.errors import Problem, ProblemsError

MAX_BYTES = 64 << 20
MAX_PARTS = 16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What some editors write before the text."""
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class RefusedError(OSError):
    """A file that is not read: outside its folder, no regular file, too large, or not there."""


def open_beneath(folder: str | Path, relative: str) -> int:
    """A descriptor of the regular file `relative`, which lies in `folder` or below it, whatever happens meanwhile.

    Every part of the path is opened from the one before and may not be a symlink, so nothing can be swapped in between
    a check and its use. A FIFO or a device neither blocks nor is read. Raises RefusedError (FileNotFoundError if there
    is no such file). The caller closes the descriptor.
    """
    parts = _parts(relative)
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        found = os.open(parts[-1], _OPEN, dir_fd=here)
    except FileNotFoundError:
        raise FileNotFoundError("no such file") from None
    except OSError as error:
        raise RefusedError(_why(error)) from None
    finally:
        os.close(here)
    return _regular(found)


def read_beneath(folder: str | Path, relative: str, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file in or below `folder`. Raises as `open_beneath`; RefusedError if it exceeds `limit` bytes."""
    return _read(open_beneath(folder, relative), limit)


def read_bytes(path: str | Path, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file that the user named; symlinks are followed. Raises OSError, RefusedError as above."""
    descriptor = os.open(path, _OPEN & ~os.O_NOFOLLOW)
    return _read(_regular(descriptor), limit)


def read_text_file(path: str | Path, limit: int) -> str:
    """The text of a UTF-8 file that the user named. Raises ProblemsError: not there, no text, too long, bad bytes."""
    try:
        data = read_bytes(path, limit)
    except (OSError, ValueError) as error:
        raise ProblemsError([unreadable(path, error)]) from None
    return decode(data, str(path))


def decode(data: bytes, file: str) -> str:
    """UTF-8 to text, a byte order mark dropped. Raises ProblemsError at the line and column of the first bad byte."""
    try:
        return data.removeprefix(BYTE_ORDER_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        what = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise ProblemsError([Problem(file, line, column, what, "save the file as UTF-8")]) from None


def unreadable(path: str | Path, error: Exception) -> Problem:
    """Why a file could not be read, as a problem of that file."""
    return Problem(str(path), None, None, _why(error))


def write_atomic(path: str | Path, content: bytes | Callable[[BinaryIO], object], mode: int = 0o600) -> None:
    """Replaces `path` at one stroke: a temporary file beside it, fsync, rename, fsync of the folder.

    `content` is the bytes, or a function that writes them to a binary file. A symlink at `path` is replaced, not
    followed. Raises OSError; then the old file is untouched and the temporary one is gone.
    """
    if not isinstance(content, bytes):
        buffer = io.BytesIO()
        content(buffer)
        content = buffer.getvalue()
    write_atomically(Path(path), content, mode)


def _parts(relative: str) -> tuple[str, ...]:
    """The path split, if it can only lead down: no root, no home, no `..`, nothing empty."""
    if not relative or len(relative) > 1024 or relative.startswith(("/", "~")) or "\0" in relative or "\\" in relative:
        raise RefusedError("not a path below the lesson's folder")
    parts = relative.split("/")
    if any(part in ("", ".", "..") for part in parts) or len(parts) > MAX_PARTS:
        raise RefusedError("the path leaves its folder")
    return PurePosixPath(relative).parts


def _regular(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RefusedError("not a regular file")
    return descriptor


def _read(descriptor: int, limit: int) -> bytes:
    """The size is looked at before and after, as the file may grow meanwhile."""
    with open(descriptor, "rb") as file:
        if os.fstat(descriptor).st_size > limit:
            raise RefusedError(_too_large(limit))
        data = file.read(limit + 1)
    if len(data) > limit:
        raise RefusedError(_too_large(limit))
    return data


def _too_large(limit: int) -> str:
    return f"larger than {limit // 1024} KiB"


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno).lower()
    return str(error)
