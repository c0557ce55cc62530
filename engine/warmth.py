"""Whether the kernels that training needs are compiled already: a note beside them, read without importing Numba.

The note is named by what a look at files tells of everything machine code depends on: this package's sources and the
libraries by size and time, Python, the processor. It is written once every kernel is compiled; where it is missing,
compiling starts, and finds what is there after all. So a wrong guess costs a process, never a wrong kernel.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from engine.atomic import write_atomically
from engine.kernel_folder import own_home, own_home_name, shared_home

LIBRARIES = ("numba", "llvmlite", "numpy")
SETTINGS = ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
PROCESSOR = ("model name", "flags", "CPU part", "Features")
LOCK = "warming.lock"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def is_warm() -> bool:
    """Whether nothing is left to compile, for this user or, by an administrator, for all. Reads only."""
    name = _note()
    return any(_stands(home, name) for home in (own_home_name(), shared_home()) if home is not None)


def note_warm(kernels: Path) -> None:
    """Notes that everything is compiled in this folder, which is the user's own or that for all users.

    A disk that is full only means that it is not noted.
    """
    with contextlib.suppress(OSError):
        for old in kernels.parent.glob("warm-*"):
            if not _stands(kernels.parent, old.name):
                old.unlink()
        write_atomically(kernels.parent / _note(), kernels.name.encode(), mode=0o644)


def _stands(home: Path, name: str) -> bool:
    """Whether a note is there, and the kernels that it is about."""
    try:
        file = os.open(home / name, _READ)
        try:
            kernels = os.read(file, 200).decode("ascii")
        finally:
            os.close(file)
        with os.scandir(home / Path(kernels).name) as found:
            return any(entry.name.endswith(".kernel") for entry in found)
    except (OSError, ValueError):
        return False


def _note() -> str:
    """The name of the note that fits this program on this processor."""
    told = repr((sys.version, [os.environ.get(name) for name in SETTINGS], list(_files()), _processor()))
    return f"warm-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def _files() -> Iterator[tuple[str, int, int]]:
    """Size and time of the sources, and of the libraries' first files."""
    here = os.path.dirname(__file__)
    for folder in (here, os.path.join(here, "kernels")):
        with os.scandir(folder) as found:
            sources = [(entry.name, entry.stat()) for entry in found if entry.name.endswith(".py")]
        yield from sorted((name, status.st_size, status.st_mtime_ns) for name, status in sources)
    for library in LIBRARIES:
        spec = find_spec(library)
        if spec is not None and spec.origin:
            status = os.stat(spec.origin)
            yield library, status.st_size, status.st_mtime_ns


def _processor() -> list[str]:
    """What Linux tells of the first processor, but for its speed of the moment."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        return [line for line in file.read(8192).splitlines() if line.startswith(PROCESSOR)]
    return []


# -- one process of a user at a time


@contextlib.contextmanager
def locked() -> Iterator[bool]:
    """Whether this process is the one of this user that compiles; the lock goes with the process, however it ends.

    Raises OSError where nothing can be kept, or not be locked.
    """
    file = os.open(own_home() / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield _is_first(file)
    finally:
        os.close(file)


def _is_first(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    os.ftruncate(file, 0)
    os.write(file, str(os.getpid()).encode())
    return True


def compiling() -> int | None:
    """The process that compiles for this user now, on this machine or another one; None if there is none."""
    home = own_home_name()
    if home is None:
        return None
    with contextlib.suppress(OSError, ValueError):
        file = os.open(home / LOCK, _READ)
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(file, 20))
        finally:
            os.close(file)
    return None
