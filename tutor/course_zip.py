"""A course in a zip: unpacked once, file by file and within limits, into a folder that only this user can write.

Nothing of the archive decides where a byte goes but plain relative names; links, odd files, encrypted entries, names
that lead out and archives that unpack to far more than they hold are refused before anything is written.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from engine.atomic import ABANDONED_SECONDS, make_private, not_own
from engine.kernel_folder import own_home
from engine.zip_end import directory_bytes
from tutor.errors import ProblemsError, wrong
from tutor.files import read_bytes, unreadable

MAX_ZIP = 64 << 20
MAX_ENTRIES = 5_000
MAX_DIRECTORY = 2 << 20
MAX_FILE = 64 << 20
MAX_TOTAL = 256 << 20
MAX_PARTS = 12
RATIO, RATIO_FROM = 200, 4 << 20
"""A file of more than 4 MiB that unpacks to more than 200 times its size is a bomb, no lesson."""
KEPT = 8
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|]{1,120}")


def unpacked(path: Path) -> Path:
    """The folder with the course that the zip `path` holds. Raises ProblemsError with what is wrong with it.

    It is named by the archive's content, so that every process finds the same one.
    """
    try:
        data = read_bytes(path, MAX_ZIP)
    except (OSError, ValueError) as error:
        raise ProblemsError((unreadable(path, error),)) from None
    name = f"course-{hashlib.sha256(data).hexdigest()[:24]}"
    own = _own_folder()
    if not _is_ours(own / name):
        _unpack(data, path, own, name)
    os.utime(own / name)
    _forget_old(own, own / name)
    return _course_in(own / name)


def _course_in(folder: Path) -> Path:
    """The folder itself, or the one folder in it, where a folder was zipped."""
    inner = [entry for entry in sorted(folder.iterdir()) if entry.name != "__MACOSX"]
    if len(inner) == 1 and inner[0].is_dir() and not (inner[0] / "lesson.toml").exists():
        return inner[0]
    return folder


# -- the archive


def _unpack(data: bytes, path: Path, own: Path, name: str) -> None:
    """Into a new folder, which gets its name once it is whole."""
    try:
        entries = _checked(data, path)
        part = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=own))
        try:
            with zipfile.ZipFile(BytesIO(data)) as archive:
                for entry in entries:
                    _write(archive, entry, part)
            part.rename(own / name)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            if not _is_ours(own / name):  # else another process was quicker
                raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refused(path, f"no sound zip: {str(error)[:200] or type(error).__name__}") from None
    except OSError as error:
        raise _refused(path, f"it could not be unpacked: {error.strerror or error}") from None


def _checked(data: bytes, path: Path) -> list[zipfile.ZipInfo]:
    """The files of the archive. Raises ProblemsError before anything is unpacked."""
    if directory_bytes(data) > MAX_DIRECTORY:
        raise _refused(path, f"more than {MAX_ENTRIES} files")
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _refused(path, f"more than {MAX_ENTRIES} files")
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry, path)
        folded = entry.filename.rstrip("/").casefold()
        if folded in seen:
            raise _refused(path, f"two files are called {entry.filename[:100]}")
        seen.add(folded)
    if sum(entry.file_size for entry in entries) > MAX_TOTAL:
        raise _refused(path, f"unpacked it would be larger than {MAX_TOTAL >> 20} MiB")
    return [entry for entry in entries if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]


def _check_entry(entry: zipfile.ZipInfo, path: Path) -> None:
    name = entry.filename
    kind = stat.S_IFMT(entry.external_attr >> 16)
    parts = name.rstrip("/").split("/")
    if len(parts) > MAX_PARTS or any(part in ("", ".", "..") or not _NAME.fullmatch(part) for part in parts):
        raise _refused(path, f"the name {name[:100]} leads out of the course, or is none")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "no plain file"
        raise _refused(path, f"{name[:100]} is {what}")
    if entry.flag_bits & 1:
        raise _refused(path, f"{name[:100]} is encrypted")
    if entry.file_size > MAX_FILE:
        raise _refused(path, f"{name[:100]} is larger than {MAX_FILE >> 20} MiB")
    if entry.file_size > RATIO_FROM and entry.file_size > RATIO * max(1, entry.compress_size):
        raise _refused(path, f"{name[:100]} unpacks to more than {RATIO} times its size")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    """One file; its length and checksum must be what the archive says."""
    target = folder / entry.filename
    make_private(target.parent)
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(file, "wb") as out, archive.open(entry) as source:
        left = entry.file_size
        while piece := source.read(1 << 16):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile(f"{entry.filename[:100]} is larger than it says")
            out.write(piece)
    if left:
        raise zipfile.BadZipFile(f"{entry.filename[:100]} is cut off")


# -- where it is unpacked


def _own_folder() -> Path:
    """This user's own folder in the cache; where there is none, a temporary one that goes with this process."""
    with suppress(OSError):
        own = own_home()
        if os.access(own, os.W_OK):
            return own
    return _temporary()


def _temporary() -> Path:
    own = Path(tempfile.mkdtemp(prefix="tutor-course-"))
    process = os.getpid()
    atexit.register(lambda: shutil.rmtree(own, ignore_errors=True) if os.getpid() == process else None)
    return own


def _is_ours(folder: Path) -> bool:
    """Whether a folder is there that nobody else could have written into."""
    try:
        return not not_own(folder.lstat())
    except OSError:
        return False


def _forget_old(own: Path, current: Path) -> None:
    """Only the courses used last are kept, and nothing of what was killed while it unpacked one, after a day."""
    with suppress(OSError):
        courses = sorted(own.glob("course-*"), key=lambda folder: folder.stat().st_mtime)
        for folder in [folder for folder in courses if folder != current][: -KEPT + 1]:
            shutil.rmtree(folder, ignore_errors=True)
        for part in own.glob(".course-*"):
            if time.time() - part.lstat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(part, ignore_errors=True)


def _refused(path: Path, what: str) -> ProblemsError:
    return wrong(str(path), what)
