"""`tutor doctor`: what is wrong with this terminal, this installation or this home, and what to do about it."""

from __future__ import annotations

import contextlib
import json
import locale
import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from tutor.draw.lesson_text import fitted
from tutor.errors import ExitCode, unknown_format
from tutor.finding import Finding
from tutor.journal import folder as journal_folder
from tutor.journal import open_folder
from tutor.kernel_check import kernels, share, warm
from tutor.messages import state_folder
from tutor.text import safe
from tutor.versions import is_within

FORMATS = ("text", "json")
PACKAGE = "backprop-tutor"
SMALLEST = (60, 20)
COMFORTABLE = (80, 24)
LEAST_FREE = 10 << 20
LITTLE_FREE = 200 << 20
RELEASED = 1_760_000_000.0
"""No clock of a machine that runs this is before autumn 2025."""
CLOCK_DRIFT = 300.0


def doctor(name: str, fix: bool, shared: str | None = None) -> int:
    """Looks at everything and says what it found; 1 if something is bad.

    `fix` fills the cache of compiled kernels; `shared` names a folder that gets them for all users.
    """
    if name not in FORMATS:
        raise unknown_format(name, FORMATS)
    if fix or shared is not None:
        warm()
    if shared is not None:
        share(shared)
    found = [finding for check in CHECKS for finding in _looked(check)]
    sound = not any(finding.state == "bad" for finding in found)
    if name == "json":
        print(json.dumps({"format": 1, "sound": sound, "checks": [asdict(finding) for finding in found]}))
    else:
        for finding in found:
            for line in _lines(finding):
                print("\n".join(fitted(line)))
    return int(ExitCode.done if sound else ExitCode.failed)


def _looked(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check's findings; that it fails is one of them."""
    try:
        yield from check()
    except Exception as error:  # whatever is broken here is what this command is asked about
        name = check.__name__.lstrip("_")
        yield Finding(name, "bad", f"could not be looked at: {safe(str(error), 200)}", "reinstall the program")


def _lines(finding: Finding) -> Iterator[str]:
    sign = {"ok": "✓ ok  ", "warn": "! warn", "bad": "✗ bad "}[finding.state]
    yield f"{sign} {finding.check}: {safe(finding.says, 300)}"
    if finding.cure:
        yield f"         → {safe(finding.cure, 300)}"


# -- the terminal


def _terminal() -> Iterator[Finding]:
    yield from terminal(os.environ, (os.isatty(0), os.isatty(2)), shutil.get_terminal_size())
    yield from encoding(os.environ, locale.getpreferredencoding(False))
    yield from colours(os.environ)


def terminal(environ: Mapping[str, str], ttys: tuple[bool, bool], size: tuple[int, int]) -> Iterator[Finding]:
    """Whether there can be a screen: `ttys` says it of stdin and stderr, `size` is columns and rows."""
    far = "SSH_CONNECTION" in environ
    if not all(ttys):
        cure = "ssh -t HOST tutor" if far else "without a screen: tutor run LESSON --plain, or --headless"
        which = "the input" if not ttys[0] else "stderr, where the screen is drawn,"
        yield Finding("terminal", "warn", f"{which} is no terminal", cure)
    elif environ.get("TERM", "") in ("", "dumb"):
        said = f"TERM is {safe(environ.get('TERM', '') or 'unset', 40)}: no screens here"
        yield Finding("terminal", "warn", said, "export TERM=xterm-256color, or use --plain")
    elif size[0] < SMALLEST[0] or size[1] < SMALLEST[1]:
        yield Finding("terminal", "warn", f"{size[0]}×{size[1]} is too small", "enlarge it to 80×24, or use --plain")
    elif size[0] < COMFORTABLE[0] or size[1] < COMFORTABLE[1]:
        yield Finding("terminal", "ok", f"{size[0]}×{size[1]}; from 80×24 on everything is shown at once")
    else:
        yield Finding("terminal", "ok", f"{safe(environ['TERM'], 40)}, {size[0]}×{size[1]}")
    if far:
        slow = "a slow line? ssh -C compresses what is drawn to a twentieth"
        yield Finding("ssh", "ok", f"over SSH; {slow}")


def encoding(environ: Mapping[str, str], preferred: str) -> Iterator[Finding]:
    """Whether σ, ∂ and lines of boxes can be shown."""
    if preferred.lower().replace("-", "") == "utf8":
        yield Finding("locale", "ok", "UTF-8")
        return
    lang = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or "unset"
    yield Finding("locale", "warn", f"{preferred} (LANG {safe(lang, 40)}): σ and ∂ may be lost", "export LANG=C.UTF-8")


def colours(environ: Mapping[str, str]) -> Iterator[Finding]:
    """How many colours there are; none is needed."""
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR"):
        yield Finding("colours", "ok", "none, as NO_COLOR asks")
    elif environ.get("COLORTERM") in ("truecolor", "24bit"):
        yield Finding("colours", "ok", "all")
    elif "256color" in term:
        yield Finding("colours", "ok", "256")
    else:
        yield Finding("colours", "ok", "16; nothing is told by colour alone")


# -- the installation


def _packages() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    try:
        required = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        yield Finding("packages", "warn", f"{PACKAGE} is not installed, only run from its folder", "sh .ci/setup")
        return
    yield from packages(required, _version)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def packages(required: list[str], version: Callable[[str], str | None]) -> Iterator[Finding]:
    """Each package that is needed, against the version that is there; those that fit in one finding."""
    fitting: list[str] = []
    for line in required:
        wanted, _, marker = line.partition(";")
        match = re.match(r"[\w.-]+", wanted)
        if match is None or "extra" in marker:
            continue
        name, bounds = match[0], wanted[match.end() :].strip()
        found = version(name)
        cure = f"python -m pip install '{wanted.strip()}'"
        if found is None:
            yield Finding("packages", "bad", f"{name} is missing", cure)
        elif not is_within(found, bounds):
            yield Finding("packages", "bad", f"{name} {found} is not {bounds}", cure)
        else:
            fitting.append(f"{name} {found}")
    yield Finding("packages", "ok", ", ".join(fitting) or "none is needed")


def _lessons() -> Iterator[Finding]:
    from tutor.course import course
    from tutor.course_sources import sources

    for problem in sources()[1]:
        yield Finding("lessons", "warn", str(problem), "correct TUTOR_LESSONS, or make the folder")
    count = len(course().entries)
    if count:
        yield Finding("lessons", "ok", f"{count} lessons")
    else:
        yield Finding("lessons", "bad", "no lesson was found", "reinstall the program")


# -- what is kept


def _state() -> Iterator[Finding]:
    yield state(journal_folder())


def state(path: Path) -> Finding:
    """Whether what a learner does can be kept in this folder, and by nobody else be changed."""
    try:
        os.close(open_folder(path))
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except PermissionError as error:
        if "yours alone" in str(error):
            return Finding("progress", "bad", f"others may write into {path}", f"chmod -R go-w {path}")
        return _unwritable(path, error)
    except OSError as error:
        return _unwritable(path, error)
    return Finding("progress", "ok", f"kept in {path}")


def _unwritable(path: Path, error: OSError) -> Finding:
    cure = f"make {path} writable, or set XDG_STATE_HOME to a folder that is"
    return Finding("progress", "bad", f"{path} cannot be written: {error.strerror or error}", cure)


def _disk() -> Iterator[Finding]:
    place = next(path for path in (state_folder(), *state_folder().parents) if path.is_dir())
    yield disk(shutil.disk_usage(place).free, place)


def disk(free: int, place: Path) -> Finding:
    """Whether there is room for journals and kernels."""
    said = f"{free // (1 << 20)} MB free at {place}"
    if free < LEAST_FREE:
        return Finding("disk", "bad", said, "delete something: what you do cannot be kept")
    if free < LITTLE_FREE:
        return Finding("disk", "warn", said, "delete something soon")
    return Finding("disk", "ok", said)


def _clock() -> Iterator[Finding]:
    written = None
    with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=journal_folder()) as file:
        file.write(b"x")
        file.flush()
        written = os.fstat(file.fileno()).st_mtime
    yield clock(time.time(), written)


def clock(now: float, written: float | None) -> Finding:
    """The clock against the program's age, and against that of the server where files lie."""
    if now < RELEASED:
        said = f"the clock stands at {time.strftime('%Y-%m-%d', time.gmtime(now))}"
        return Finding("clock", "warn", said, "set the clock; progress is kept all the same")
    if written is not None and abs(now - written) > CLOCK_DRIFT:
        said = f"it differs by {abs(now - written):.0f} s from that of the file server"
        return Finding("clock", "warn", said, "tell the administrator; progress is kept all the same")
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now)))


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    _terminal,
    _packages,
    _lessons,
    _state,
    kernels,
    _disk,
    _clock,
)
"""What is looked at, in this order. A new check: one function here."""
