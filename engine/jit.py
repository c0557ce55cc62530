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

Compiled kernels are kept in a folder of their own (kernel_folder.py), one file a kernel and signature, with a checksum:
a file that is cut short or changed is thrown away and compiled again, and two processes that write the same file at
once both leave a whole one.
"""

# Numba is annotated in parts only:
# mypy: disallow-untyped-calls=False, warn-unused-ignores=False, disallow-subclassing-any=False

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import platform
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import llvmlite
import llvmlite.binding as llvm
import numpy

from engine.atomic import write_atomically
from engine.kernel_folder import CacheState, open_folder, trusted_bytes, trusted_owners

# Numba takes settings from a file .numba_config.yaml in the working folder, which may be anybody's; it only warns of it
# where YAML cannot be read. NUMBA_… variables are the user's own and stay.
_yaml, sys.modules["yaml"] = sys.modules.get("yaml"), None  # type: ignore[assignment]
warnings.filterwarnings("ignore", "A Numba config file")
import numba  # noqa: E402

if _yaml is None:
    del sys.modules["yaml"]
else:
    sys.modules["yaml"] = _yaml

from numba import extending  # noqa: E402
from numba.core import compiler, serialize  # noqa: E402
from numba.core.caching import NullCache  # noqa: E402
from numba.core.typing import templates  # noqa: E402

Function = TypeVar("Function", bound=Callable[..., Any])

# What simd.py needs to define a type of its own, as Any
types: Any = numba.types
models: Any = extending.models
signature: Any = templates.signature
AbstractTemplate: Any = templates.AbstractTemplate
settings: Any = numba.config

OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": False}


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


_failed: list[CacheState] = []  # filled when the folder could not be written any more (a full disk)


def cache_state() -> CacheState:
    """Where compiled kernels are kept in this process; found out once, without printing anything."""
    return _failed[0] if _failed else _opened()


@cache
def _opened() -> CacheState:
    versions = (numba.__version__, llvmlite.__version__, numpy.__version__, platform.python_version())
    return open_folder(repr((versions, platform.machine(), processor())))


class KernelCache(NullCache):  # type: ignore[misc]
    """The compiled forms of one kernel on disk, one file a signature: a checksum, then Numba's own pickle.

    The pickle is read only from files that nobody else could have written; the checksum is against accidents.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        code = function.__code__
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.about = (self.name, code.co_code, repr(code.co_consts))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The kernel compiled for `sig`, or None."""
        target_context.refresh()
        name, state = self._file(sig, target_context.codegen()), cache_state()
        for folder, owners in ((state.folder, {os.geteuid()}), (state.shared, trusted_owners())):
            if folder is not None:
                with contextlib.suppress(FileNotFoundError):
                    found = _loaded(folder / name, owners, target_context)
                    if found is not None:
                        return found
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the compiled kernel `data`; a full or read-only disk only means that it is not kept."""
        folder = cache_state().folder
        if folder is None or data.library.has_dynamic_globals:
            return
        try:
            _write(folder / self._file(sig, data.codegen), serialize.dumps(data._reduce()))
        except OSError as error:
            _failed[:] = [replace(cache_state(), folder=None, reason=error.strerror or str(error))]

    def _file(self, sig: Any, codegen: Any) -> str:
        key = repr((self.about, str(sig), codegen.magic_tuple())).encode()
        return f"{self.name}-{hashlib.sha256(key).hexdigest()[:32]}.kernel"


def _loaded(path: Path, owners: set[int], target_context: Any) -> Any:
    """The kernel in a file; None, and the file gone, if it is damaged or could be somebody else's."""
    try:
        return compiler.CompileResult._rebuild(target_context, *_read(path, owners))
    except FileNotFoundError:
        raise
    except Exception:  # whatever a damaged file can cause: it is compiled again
        with contextlib.suppress(OSError):
            path.unlink()
        return None


def _read(path: Path, owners: set[int]) -> tuple[Any, ...]:
    data = trusted_bytes(path, owners)
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        raise ValueError("damaged")
    return pickle.loads(data[32:])  # type: ignore[no-any-return]  # noqa: S301  (a folder that only trusted users write to)


def _write(path: Path, data: bytes) -> None:
    """A reader sees the whole file or none, whoever else writes or is killed."""
    write_atomically(path, hashlib.sha256(data).digest() + data)
