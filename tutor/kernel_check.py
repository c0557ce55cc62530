"""The caches of compiled kernels: how they are, filling them ahead of time, and one for all users of a machine."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from tutor.errors import Problem, ProblemsError
from tutor.finding import Finding
from tutor.messages import say


def kernels() -> Iterator[Finding]:
    """The user's own cache, and the one for all users if there is one."""
    from engine.jit import cache_state

    found = cache_state()
    many = _count(found.shared)
    if found.folder is None:
        cure = "make your cache folder (~/.cache, or XDG_CACHE_HOME) yours alone and writable"
        yield Finding("compiled kernels", "ok" if many else "warn", found.sentence(), "" if many else cure)
    elif _count(found.folder) or many:
        yield Finding("compiled kernels", "ok", f"{_count(found.folder)} in {found.folder}")
    else:
        said = f"none yet in {found.folder}: the first training will wait for a compiler"
        yield Finding("compiled kernels", "warn", said, "tutor doctor --fix")
    if found.unsafe:
        cure = "let the administrator fill it again: tutor doctor --shared FOLDER"
        yield Finding("shared kernels", "bad", f"not used: {found.unsafe}", cure)
    elif found.shared is not None:
        yield Finding("shared kernels", "ok", f"{many} in {found.shared}")
    yield warming()


def warming() -> Finding:
    """What becomes of kernels that are not compiled yet."""
    from engine.warmth import compiling, is_warm
    from tutor.tui.settings import read_settings, settings_file
    from tutor.tui.warming import is_crowded, load, wanted

    process = compiling()
    if is_warm():
        said = "everything that lessons train with is compiled"
    elif process is not None:
        said = f"process {process} compiles what is missing, at the lowest priority"
    elif wanted(os.environ, read_settings(settings_file()).warm) == "off":
        said = "off (TUTOR_WARM, or warm in settings.toml): a training compiles what it needs when it begins"
    elif load() == math.inf:
        said = "waits, as this machine does not tell how busy it is: tutor doctor --fix compiles what is missing"
    elif is_crowded():
        said = f"waits until fewer than now ({load():.1f}) want one of {os.cpu_count()} processors"
    else:
        said = "a session of tutor compiles what is missing while nothing else happens in it"
    return Finding("compiling ahead", "ok", said)


def _count(folder: Path | None) -> int:
    return 0 if folder is None else sum(1 for _ in folder.glob("*.kernel"))


def warm() -> None:
    """Compiles what training needs, ahead of time."""
    say("compiling kernels; this takes up to a minute where nothing is compiled yet")
    fill()


def fill() -> None:
    """The same, and notes that it is done."""
    from engine.jit import cache_state
    from engine.warm import warm
    from engine.warmth import note_warm

    warm()
    folder = cache_state().folder
    if folder is not None:
        note_warm(folder)


def share(name: str) -> None:
    """Copies the user's kernels to a folder from which all users read. Raises ProblemsError if that is not safe."""
    from engine.jit import cache_state
    from engine.kernel_folder import SHARED, share, shared_home
    from engine.warmth import note_warm

    home = Path(os.path.abspath(name))
    try:
        folder, count = share(cache_state(), home)
    except OSError as error:
        what = error.strerror or str(error)
        raise ProblemsError(
            (Problem(name, None, None, what, "name a folder of yours, as /opt/tutor-kernels"),)
        ) from None
    note_warm(folder)
    say(f"{count} kernels for all users are in {folder}")
    if home != shared_home():
        say(f"users find them once {SHARED}={home} is set for all, as in /etc/environment")
