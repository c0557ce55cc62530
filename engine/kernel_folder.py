"""The folders where compiled kernels are kept.

The user's own is private (0700) and named by a hash of every source that can reach a kernel, of the versions and of the
processor. Numba's own cache looks only at the file of the kernel itself and would go on running old machine code after
an edit in a module that the kernel calls. Where nothing can be written, kernels are compiled in memory. One more
folder, which an administrator filled for all users, is only read: named in TUTOR_KERNELS, or beside the installation.
Kernels are pickles: a file is read only if it belongs to the user, to root or to the owner of this program, and nobody
else can write to it. None of this ever stops a computation; `CacheState` tells where kernels are, or why not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from engine.atomic import OTHERS_WRITE, make_private, not_own, write_atomically, xdg_home

FOLDER = "backprop-tutor"
FOLDERS_KEPT = 6  # of older sources and versions, beside the one in use
DAY = 86_400.0
SHARED = "TUTOR_KERNELS"
MAX_KERNEL = 64 << 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class CacheState:
    """Where compiled kernels are kept. Without a `folder`: in memory only, for the given `reason`.

    `shared` is the folder that an administrator filled; None if there is none, or no safe one (`unsafe` says why).
    """

    folder: Path | None
    reason: str = ""
    shared: Path | None = None
    unsafe: str = ""

    def sentence(self) -> str:
        """One line for a face that wants to say it."""
        if self.folder is None:
            return f"Compiled kernels are not kept ({self.reason}): every session compiles them anew."
        return f"Compiled kernels are kept in {self.folder}."


def open_folder(about: str) -> CacheState:
    """The private folder for kernels compiled under the circumstances `about` (versions, processor)."""
    name = f"kernels-{_fingerprint(about)}"
    shared, unsafe = _shared(name)
    try:
        own = own_home()
        folder = _private(own / name, own)
        _check_writable(folder)
    except OSError as error:
        return CacheState(None, error.strerror or str(error), shared, unsafe)
    forget_old(own, folder)
    return CacheState(folder, "", shared, unsafe)


def own_home() -> Path:
    """Where the user's own kernels lie, and courses from zips, made if need be.

    Raises OSError if others could write there.
    """
    home = _cache_home()
    if home is None:
        raise FileNotFoundError(0, "there is no home folder")
    return _private(home / FOLDER, home)


def own_home_name() -> Path | None:
    """The same, neither made nor looked at; None without a home."""
    home = _cache_home()
    return None if home is None else home / FOLDER


def shared_home() -> Path:
    """Where the kernels for all users lie: the folder in TUTOR_KERNELS, else one beside the installation."""
    chosen = os.environ.get(SHARED, "")
    return Path(chosen) if os.path.isabs(chosen) else Path(sys.prefix, "share", FOLDER)


def _shared(name: str) -> tuple[Path | None, str]:
    """The folder for all users, and why it is not used; neither where there is none."""
    folder = shared_home() / name
    try:
        for each in (folder.parent, folder):
            found = each.lstat()
            if not stat.S_ISDIR(found.st_mode):
                return None, f"{each} is not a folder"
            if found.st_uid not in trusted_owners():
                return None, f"{each} belongs to somebody who is neither you, root nor the owner of this program"
            if found.st_mode & OTHERS_WRITE:
                return None, f"others may write into {each}"
    except OSError:
        return None, ""
    return folder, ""


def trusted_owners() -> set[int]:
    """Whose files may hold machine code: this user's, root's, and those of the owner of this very program."""
    return {0, os.geteuid(), os.stat(__file__).st_uid}


def trusted_bytes(path: Path, owners: set[int]) -> bytes:
    """The content of a kernel's file. Raises FileNotFoundError, or another OSError if it could be somebody else's."""
    descriptor = os.open(path, _READ)
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_KERNEL:
            raise PermissionError(0, f"{path} is no kernel")
        if found.st_uid not in owners or found.st_mode & OTHERS_WRITE:
            raise PermissionError(0, f"{path} could be somebody else's")
        return file.read(MAX_KERNEL)


def share(state: CacheState, home: Path) -> tuple[Path, int]:
    """Copies the kernels of a private folder to one that all users may read; the folder and how many there are.

    Raises OSError if there are none, or if somebody else could write there.
    """
    if state.folder is None:
        raise PermissionError(0, state.reason)
    folder = home / state.folder.name
    for each in (home, folder):
        each.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not_own(each.lstat()):
            raise PermissionError(0, f"{each} must be a folder that is yours and that nobody else can write to")
        each.chmod(0o755)
    kernels = sorted(state.folder.glob("*.kernel"))
    for file in kernels:
        write_atomically(folder / file.name, trusted_bytes(file, {os.geteuid()}))
        (folder / file.name).chmod(0o644)
    return folder, len(kernels)


def _cache_home() -> Path | None:
    return xdg_home("XDG_CACHE_HOME", ".cache")


def _private(folder: Path, parent: Path) -> Path:
    """Make `folder` if it is missing, and refuse one that anybody else could have written into."""
    make_private(parent)
    above = parent.stat()
    if above.st_mode & stat.S_IWOTH and not above.st_mode & stat.S_ISVTX:
        raise PermissionError(0, f"everybody may write into {parent}")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if why := not_own(folder.lstat()):
        raise PermissionError(0, f"{folder} {why}")
    return folder


def _check_writable(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def forget_old(own: Path, current: Path) -> None:
    """Remove the kernels of sources and versions not used lately, and what killed processes left."""
    with contextlib.suppress(OSError):
        os.utime(current)
        folders = sorted(own.glob("kernels-*"), key=lambda folder: folder.stat().st_mtime)
        for folder in [folder for folder in folders if folder != current][:-FOLDERS_KEPT]:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
        for file in current.glob(".*.tmp"):
            if time.time() - file.stat().st_mtime > DAY:
                file.unlink()


def _fingerprint(about: str) -> str:
    """A name for everything that machine code depends on."""
    digest = hashlib.sha256(about.encode())
    for source in kernel_sources(Path(__file__).parent):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:24]


IMPORT = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+engine\b\.?([\w.]*)(?:[ \t]+import[ \t]+(\([^)]*\)|[^\n]*))?", re.MULTILINE
)


def kernel_sources(package: Path) -> list[Path]:
    """Every module of the package that imports engine/jit.py, and whatever those import in turn."""
    files = {_dotted(path.relative_to(package)): path for path in package.rglob("*.py")}
    imports = {name: _imported(path) & files.keys() for name, path in files.items()}
    found = {name for name, reached in imports.items() if "jit" in reached} | {"jit"}
    waiting = list(found)
    while waiting:
        new = imports[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return sorted(files[name] for name in found)


def _dotted(path: Path) -> str:
    """kernels/tiles.py → kernels.tiles"""
    return ".".join(path.with_suffix("").parts)


def _imported(path: Path) -> set[str]:
    """What the module at `path` names in its import lines, under the package: modules, and names inside them."""
    found = set()
    for module, listed in IMPORT.findall(path.read_text(encoding="utf-8")):
        prefix = f"{module}." if module else ""
        found |= {module, *(prefix + word for word in re.findall(r"\w+", listed))}
    return found
