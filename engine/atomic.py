"""Where and how things are kept: folders of the user's own, files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from pathlib import Path

ABANDONED_SECONDS = 24 * 3600
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def xdg_home(variable: str, below: str) -> Path | None:
    """The folder that `variable` names, as XDG_CACHE_HOME, else `below` in the user's home; None without a home.

    As the XDG rules have it, a relative path does not count: what is kept must not depend on the working folder.
    """
    chosen = os.environ.get(variable, "")
    if os.path.isabs(chosen):
        return Path(chosen)
    home = os.path.expanduser("~")
    return Path(home, below) if os.path.isabs(home) else None


def make_private(folder: Path) -> None:
    """Makes a folder of the user's own, with all that are missing above it; OSError says why it could not be.

    `mkdir(parents=True)` would leave those above to the umask, which may let others write there.
    """
    if not folder.parent.is_dir():
        make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def not_own(found: os.stat_result) -> str:
    """Why a folder is not the user's alone, as the end of a sentence that begins with its name; "" if it is."""
    if not stat.S_ISDIR(found.st_mode):
        return "is not a folder"
    if found.st_uid != os.geteuid():
        return "belongs to somebody else"
    return "can be written by others" if found.st_mode & OTHERS_WRITE else ""


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by a file with this content, or leave it as it was; OSError says why it could not be.

    The content goes to a temporary file beside the target, is forced to the disk, renamed over the target,
    and the folder is forced to the disk: a reader, or this machine after a power cut, finds the old file or
    the new one. A process that is killed leaves its temporary file; writing to the same target a day later
    removes it. Private by default.
    """
    folder = path.parent
    _remove_abandoned(folder, path.name)
    temporary = folder / f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
    try:
        _write_new(temporary, data, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync_folder(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(descriptor: int) -> None:
    """Force an open folder's names to the disk; OSError says why it could not be.

    Some network file systems sync no folders, and say so: there a name is as safe as it can be.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """A file that was not there; that closing fails counts, as some network file systems say only then what is full."""
    descriptor = os.open(path, _NEW, mode)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        raise
    os.close(descriptor)


def _remove_abandoned(folder: Path, name: str) -> None:
    before = time.time() - ABANDONED_SECONDS
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(f".{name}.") and entry.name.endswith(".tmp"):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(entry.path)
