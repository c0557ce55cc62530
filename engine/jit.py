"""The only module that imports Numba: compiling options with reasons, and the cache of compiled kernels.

Four decorators, from the outside in:

`kernel`    is called from Python with arrays. It releases the interpreter lock, so that keys, clocks and
other threads go on while it runs, and its machine code is kept on disk.
`part`      is called from kernels only: a function of its own in machine code.
`merged`    is called from one place in a kernel, and only a name for a piece of it.
`inlined`   is called from kernels only, and becomes part of its caller. For the smallest pieces, whose
arguments would cost more than their work.

All of them divide as IEEE 754 says (x/0 is inf or NaN, and no exception); none of them may reorder sums
("fastmath"), because the polynomials of vector_math and equal numbers on every machine depend on the order.

The cache is a folder of this program's own: private (0700), never shared, and named by a hash of every
source that can reach a kernel, of the versions and of the processor. Numba's own cache looks only at the
file of the kernel itself and would go on running old machine code after an edit in a module that the
kernel calls. One file holds one kernel for one signature, with a checksum: a file that is cut short or
changed is thrown away and compiled again, two processes that write the same file at once both leave a
whole one, and where nothing can be written, kernels are compiled in memory. None of this ever stops a
computation; `cache_state` tells where the kernels are kept, or why not.
"""

# Numba is annotated in parts only:
# mypy: disallow-untyped-calls=False, warn-unused-ignores=False, disallow-subclassing-any=False

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import platform
import re
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import llvmlite
import llvmlite.binding as llvm
import numba
import numpy
from numba import extending
from numba.core import compiler, serialize
from numba.core.caching import NullCache
from numba.core.typing import templates

Function = TypeVar("Function", bound=Callable[..., Any])

# What simd.py needs to define a type of its own, as Any
types: Any = numba.types
models: Any = extending.models
signature: Any = templates.signature
AbstractTemplate: Any = templates.AbstractTemplate
settings: Any = numba.config

OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": False}
FOLDER = "backprop-tutor"
FOLDERS_KEPT = 6  # of older sources and versions, beside the one in use
DAY = 86_400.0


def kernel(function: Function) -> Function:
    """Compile `function` when it is first called, without the interpreter lock, and keep the result on disk.

    A function made inside another one stays in memory: a file's name says nothing of what it closed over.
    """
    compiled = numba.njit(nogil=True, **OPTIONS)(function)
    if hasattr(compiled, "_cache") and function.__closure__ is None:
        compiled._cache = KernelCache(function)
    return compiled  # type: ignore[no-any-return]


def part(function: Function) -> Function:
    """Compile `function` as a piece that kernels call."""
    return numba.njit(nogil=True, **OPTIONS)(function)  # type: ignore[no-any-return]


def inlined(function: Function) -> Function:
    """Compile `function` into each of its callers."""
    return numba.njit(nogil=True, forceinline=True, **OPTIONS)(function)  # type: ignore[no-any-return]


def merged(function: Function) -> Function:
    """Take `function` as if it were written out in its caller.

    Machine code is made of a part, with all that it calls, and again in each of its callers; a tree of
    parts costs its depth times its size. This is for the upper levels of such a tree, which are called
    from one place.
    """
    return numba.njit(nogil=True, inline="always", **OPTIONS)(function)  # type: ignore[no-any-return]


def intrinsic(write: Callable[..., Any]) -> Any:
    """A function of kernels that `write` spells out in LLVM's own instructions."""
    return extending.intrinsic(write)


def typed(symbol: Any, *more: Any) -> Callable[[type], type]:
    """Class decorator: the template says what an operator gives for a new type."""

    def register(template: type) -> type:
        for each in (symbol, *more):
            templates.infer_global(each)(template)
        return template

    return register


def lowered(symbol: Any, *kinds: Any) -> Callable[[Function], Function]:
    """Function decorator: it writes the instructions of an operator for arguments of these types."""
    return lambda write: extending.lower_builtin(symbol, *kinds)(write)  # type: ignore[no-any-return]


def modelled(kind: Any) -> Callable[[type], type]:
    """Class decorator: how values of a new type lie in memory and registers."""
    return lambda model: extending.register_model(kind)(model)  # type: ignore[no-any-return]


def processor() -> tuple[str, str]:
    """Name and features of the processor that kernels are compiled for, as Numba's settings have them."""
    name = settings.CPU_NAME or llvm.get_host_cpu_name()
    if settings.CPU_FEATURES is not None:
        return name, settings.CPU_FEATURES
    return name, "" if settings.CPU_NAME == "generic" else llvm.get_host_cpu_features().flatten()


@dataclass(frozen=True)
class CacheState:
    """Where compiled kernels are kept. Without a `folder`: in memory only, for the given `reason`."""

    folder: Path | None
    reason: str = ""

    def sentence(self) -> str:
        """One line for a face that wants to say it."""
        if self.folder is None:
            return f"Compiled kernels are not kept ({self.reason}): every session compiles them anew."
        return f"Compiled kernels are kept in {self.folder}."


def cache_state() -> CacheState:
    """Where compiled kernels are kept in this process; found out once, without printing anything."""
    return _failed[0] if _failed else _open_folder()


_failed: list[CacheState] = []  # filled when the folder could not be written any more (a full disk)


@cache
def _open_folder() -> CacheState:
    home = _cache_home()
    if home is None:
        return CacheState(None, "there is no home folder")
    try:
        own = _private(home / FOLDER, home)
        folder = _private(own / f"kernels-{_fingerprint()}", own)
        _check_writable(folder)
    except OSError as error:
        return CacheState(None, error.strerror or str(error))
    _forget_old(own, folder)
    return CacheState(folder)


def _cache_home() -> Path | None:
    """The user's cache folder as the XDG rules have it; relative paths do not count."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(chosen):
        return Path(chosen)
    home = os.environ.get("HOME", "")
    return Path(home, ".cache") if os.path.isabs(home) else None


def _private(folder: Path, parent: Path) -> Path:
    """Make `folder` if it is missing, and refuse one that anybody else could have written into."""
    parent.mkdir(parents=True, exist_ok=True)
    above = parent.stat()
    if above.st_mode & stat.S_IWOTH and not above.st_mode & stat.S_ISVTX:
        raise PermissionError(0, f"everybody may write into {parent}")
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(0, f"{folder} is not a folder")
    if found.st_uid != os.geteuid():
        raise PermissionError(0, f"{folder} belongs to somebody else")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(0, f"others may write into {folder}")
    return folder


def _check_writable(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder):
        pass


def _forget_old(own: Path, current: Path) -> None:
    """Remove the kernels of sources and versions not used lately, and what killed processes left."""
    with contextlib.suppress(OSError):
        os.utime(current)
        folders = sorted(own.glob("kernels-*"), key=lambda folder: folder.stat().st_mtime)
        for folder in [folder for folder in folders if folder != current][:-FOLDERS_KEPT]:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
        for file in current.glob("*.part"):
            if time.time() - file.stat().st_mtime > DAY:
                file.unlink()


def _fingerprint() -> str:
    """A name for everything that machine code depends on."""
    digest = hashlib.sha256()
    for source in _kernel_sources(Path(__file__).parent):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    versions = (numba.__version__, llvmlite.__version__, numpy.__version__, platform.python_version())
    digest.update(repr((versions, platform.machine(), processor())).encode())
    return digest.hexdigest()[:24]


IMPORT = re.compile(r"^\s*(?:from\s+engine\.([\w.]+)\s+import|import\s+engine\.([\w.]+))", re.MULTILINE)
FROM_PACKAGE = re.compile(r"^\s*from\s+engine(?:\.(\w+))?\s+import\s+([\w\s,()]+?)$", re.MULTILINE)


def _kernel_sources(package: Path) -> list[Path]:
    """Every module of the package that imports this one, and whatever those import in turn."""
    imports = {path: _imported(path, package) for path in sorted(package.rglob("*.py"))}
    found = {path for path, reached in imports.items() if Path(__file__) in reached} | {Path(__file__)}
    waiting = list(found)
    while waiting:
        new = imports.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return sorted(found)


def _imported(path: Path, package: Path) -> set[Path]:
    """The modules of the package that the module at `path` names in its import lines."""
    text = path.read_text(encoding="utf-8")
    names = [first or second for first, second in IMPORT.findall(text)]
    for parent, listed in FROM_PACKAGE.findall(text):
        prefix = f"{parent}." if parent else ""
        names += [prefix + word for word in re.findall(r"\w+", listed)]
    files = (package.joinpath(*name.split(".")).with_suffix(".py") for name in names)
    return {file for file in files if file.is_file()}


class KernelCache(NullCache):  # type: ignore[misc]
    """The compiled forms of one kernel on disk, one file a signature: a checksum, then Numba's own pickle.

    The pickle is read only from the private folder; the checksum is against accidents, not against attackers.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        code = function.__code__
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.about = (self.name, code.co_code, repr(code.co_consts))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel compiled for `sig`, or None."""
        target_context.refresh()
        path = self._path(sig, target_context.codegen())
        if path is None:
            return None
        try:
            return compiler.CompileResult._rebuild(target_context, *_read(path))
        except FileNotFoundError:
            return None
        except Exception:  # whatever a damaged file can cause: it is compiled again
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled kernel `data`; a full or read-only disk only means that it is not kept."""
        path = self._path(sig, data.codegen)
        if path is None or data.library.has_dynamic_globals:
            return
        try:
            _write(path, serialize.dumps(data._reduce()))
        except OSError as error:
            _failed[:] = [CacheState(None, error.strerror or str(error))]

    def _path(self, sig: Any, codegen: Any) -> Path | None:
        folder = cache_state().folder
        if folder is None:
            return None
        key = repr((self.about, str(sig), codegen.magic_tuple())).encode()
        return folder / f"{self.name}-{hashlib.sha256(key).hexdigest()[:32]}.kernel"


def _read(path: Path) -> tuple[Any, ...]:
    data = path.read_bytes()
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        raise ValueError("damaged")
    return pickle.loads(data[32:])  # type: ignore[no-any-return]  # noqa: S301  (our own private folder)


def _write(path: Path, data: bytes) -> None:
    """Write beside, then rename: a reader sees the whole file or none, whoever else writes or is killed."""
    handle, name = tempfile.mkstemp(suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
