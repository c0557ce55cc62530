"""Compiled kernels are pickles: none is loaded that somebody else could have written, and none stops a start."""

import errno
import hashlib
import os
import pickle
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from engine import kernel_folder

ROOT = Path(__file__).parents[2]
USE = """
from engine.jit import cache_state
from engine.kernel_trust_kernel_of_test import twice
assert twice(21.0) == 42.0
state = cache_state()
print("hit" if any(twice.stats.cache_hits.values()) else "compiled", state.folder, state.shared, state.unsafe, sep="|")
"""
STRANGER = 54321
# The compiler is imported and used once before the user changes, as it may lie where a stranger cannot read.
AS_STRANGER = f"""
import os
from engine.jit import kernel
def made(y):
    return kernel(lambda x: x * y)
made(2.0)(1.0)
os.setgid({STRANGER})
os.setuid({STRANGER})
"""


class Poison:
    """Unpickled, it makes the folder `marker`."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __reduce__(self):
        return os.mkdir, (self.marker,)


@pytest.fixture(scope="module")
def warmed():
    """What the compiler needs, with one kernel, a home in which that kernel was compiled, and a folder for all."""
    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    package = base / "copy" / "engine"
    package.mkdir(parents=True)
    for source in ("__init__", "atomic", "jit", "kernel_folder"):
        shutil.copy(ROOT / "engine" / f"{source}.py", package)
    (package / "kernel_trust_kernel_of_test.py").write_text(
        "from engine.jit import kernel\n@kernel\ndef twice(x):\n    return x * 2.0\n"
    )
    said = python(base, USE).split("|")
    assert said[0] == "compiled"
    folder, count = kernel_folder.share(kernel_folder.CacheState(Path(said[1])), base / "shared")
    assert (folder.parent, count) == (base / "shared", 1)
    yield base
    shutil.rmtree(base)


def python(base, code, home=None, shared=None):
    """What code prints, with the copied package and a home of its own."""
    clean = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "TUTOR_KERNELS")}
    clean |= {"HOME": str(home or base / "home"), "PYTHONPATH": str(base / "copy"), "PYTHONDONTWRITEBYTECODE": "1"}
    clean |= {"TUTOR_KERNELS": str(shared)} if shared else {}
    done = subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True, cwd="/", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def kernel(folder: Path) -> Path:
    (found,) = folder.rglob("*.kernel")
    return found


def poison(path: Path, marker: Path) -> None:
    data = pickle.dumps((Poison(marker),))
    path.unlink(missing_ok=True)
    path.write_bytes(hashlib.sha256(data).digest() + data)


@pytest.mark.parametrize("which", ["home", "shared"])
def test_a_kernel_that_others_could_have_written_is_never_loaded(warmed, tmp_path, which):
    """The same file is loaded, and does its harm, where only the user could have written it."""
    shutil.copytree(warmed / which, tmp_path / which)
    file = kernel(tmp_path / which)
    (tmp_path / "new").mkdir()
    home, shared = (tmp_path / "home", None) if which == "home" else (tmp_path / "new", tmp_path / "shared")
    for mode, harm in ((0o620, False), (0o600, True)):
        poison(file, tmp_path / "marker")
        file.chmod(mode)
        assert python(warmed, USE, home, shared).split("|")[0] == "compiled"
        assert (tmp_path / "marker").exists() == harm
        shutil.rmtree(tmp_path / "new" / ".cache", ignore_errors=True)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The state of a cache with a private and a shared folder, a file in each."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("TUTOR_KERNELS", str(tmp_path / "shared"))
    own = kernel_folder.open_folder("test").folder
    (own / "x.kernel").write_bytes(b"machine code")
    kernel_folder.share(kernel_folder.CacheState(own), tmp_path / "shared")
    return own, tmp_path / "shared" / own.name


def loaded(which: str) -> bytes | None:
    """What is read of x.kernel in a folder, as engine/jit.py does it; None for nothing."""
    state = kernel_folder.open_folder("test")
    mine = which == "own"
    folder = state.folder if mine else state.shared
    owners = {os.geteuid()} if mine else kernel_folder.trusted_owners()
    try:
        return None if folder is None else kernel_folder.trusted_bytes(folder / "x.kernel", owners)
    except OSError:
        return None


def give(path: Path) -> None:
    """Makes it a stranger's. Not everybody may, and root neither where it has no such right, or knows no such user."""
    try:
        os.chown(path, STRANGER, STRANGER)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EINVAL):
            raise
        pytest.skip(f"this user cannot give a file to user {STRANGER}: {error.strerror}")


SPOILT = {
    "its file open to all": lambda file: file.chmod(0o666),
    "its file open to a group": lambda file: file.chmod(0o620),
    "its folder open to all": lambda file: file.parent.chmod(0o777),
    "its folder open to a group": lambda file: file.parent.chmod(0o770),
    "the folder above open to all": lambda file: file.parent.parent.chmod(0o777),
    "a link instead of the file": lambda file: (file.rename(file.with_name("y")), file.symlink_to("y")),
    "a link instead of the folder": lambda file: (
        file.parent.rename(file.parent.with_name("y")),
        file.parent.symlink_to("y"),
    ),
    "a FIFO": lambda file: (file.unlink(), os.mkfifo(file)),
    "a folder instead of the file": lambda file: (file.unlink(), file.mkdir()),
    "a file instead of the folder": lambda file: (shutil.rmtree(file.parent), file.parent.write_bytes(b"")),
    "nothing": lambda file: file.unlink(),
    "huge": lambda file: os.truncate(file, 1 << 40),
    "a stranger's file": lambda file: give(file),
    "a stranger's folder": lambda file: give(file.parent),
}


@pytest.mark.parametrize("which", ["own", "shared"])
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_others_could_have_written_is_not_read(folders, spoil, which):
    assert loaded(which) == b"machine code"
    spoil(folders[which == "shared"] / "x.kernel")
    assert loaded(which) is None


@pytest.mark.parametrize("user", ["oneself", "a stranger"])
def test_one_folder_for_all_users_is_used_and_never_written(warmed, tmp_path, user):
    """Without a home, which a file cannot be; not even root makes a folder in it."""
    if user == "a stranger" and (refused := not_a_stranger()):
        pytest.skip(f"this user cannot become user {STRANGER}: {refused}")
    (tmp_path / "file").touch()
    before = {path: path.stat().st_mtime_ns for path in (warmed / "shared").rglob("*")}
    code = (AS_STRANGER if user == "a stranger" else "") + USE
    said = python(warmed, code, tmp_path / "file", warmed / "shared").split("|")
    assert said == ["hit", "None", str(kernel(warmed / "shared").parent), ""]
    assert {path: path.stat().st_mtime_ns for path in (warmed / "shared").rglob("*")} == before
    assert stat.S_IMODE(kernel(warmed / "shared").stat().st_mode) == 0o644


def not_a_stranger() -> str:
    """Why a process of this user cannot become a stranger's; "" if it can."""
    code = f"import os\nos.setgid({STRANGER})\nos.setuid({STRANGER})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2]


def test_a_damaged_shared_kernel_is_compiled_by_each_user(warmed, tmp_path):
    shutil.copytree(warmed / "shared", tmp_path / "shared")
    os.truncate(kernel(tmp_path / "shared"), 100)
    (tmp_path / "home").mkdir()
    for expected in ("compiled", "hit"):  # the second time from the user's own
        assert python(warmed, USE, tmp_path / "home", tmp_path / "shared").split("|")[0] == expected


def test_kernels_are_not_shared_through_a_folder_that_others_write_to(folders, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(PermissionError, match="nobody else can write"):
        kernel_folder.share(kernel_folder.CacheState(folders[0]), tmp_path / "open")
    with pytest.raises(PermissionError, match="no home"):
        kernel_folder.share(kernel_folder.CacheState(None, "there is no home folder"), tmp_path / "new")
