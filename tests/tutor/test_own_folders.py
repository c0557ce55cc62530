"""Where a user's journals, kernels and courses lie: the same wherever the program is started, or nowhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.atomic import not_own, xdg_home
from engine.kernel_folder import FOLDER, own_home_name
from tests.tutor.commands import tutor
from tutor.messages import state_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    return tmp_path


@pytest.mark.parametrize("chosen", [None, "", "state", "./state", "~/state"])
def test_a_relative_folder_does_not_count(chosen: str | None, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if chosen is not None:
        monkeypatch.setenv("XDG_STATE_HOME", chosen)
        monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    assert state_folder() == home / ".local" / "state" / "tutor"
    assert own_home_name() == home / ".cache" / FOLDER


def test_an_absolute_folder_counts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/some/state")
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/cache")
    assert (state_folder(), own_home_name()) == (Path("/some/state/tutor"), Path("/some/cache", FOLDER))


def test_without_a_home_there_is_no_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "relative")
    assert xdg_home("XDG_STATE_HOME", "below") is None and own_home_name() is None
    with pytest.raises(NotADirectoryError):
        state_folder().mkdir(parents=True)


@pytest.mark.parametrize(
    "env", [{"XDG_STATE_HOME": "state"}, {"XDG_STATE_HOME": "", "HOME": "relative"}], ids=["relative", "none"]
)
def test_nothing_is_kept_in_the_working_folder(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "here").mkdir()
    own = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": "cache"} | env
    done = tutor(tmp_path / "here", "run", "seven-nodes", "--plain", given="\n\nquit\n", env=own)
    assert done.status == 0 and "Goodbye" in done.out
    assert os.listdir(tmp_path / "here") == []
    assert ("could not be saved" in done.err) == ("HOME" in env)
    assert (tmp_path / "home" / ".local" / "state" / "tutor" / "journal").is_dir() == ("HOME" not in env)


def test_why_a_folder_is_not_ones_own(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o755)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o770)
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "file").touch()
    told = {path.name: not_own(path.lstat()) for path in tmp_path.iterdir()}
    assert told == {
        "folder": "",
        "open": "can be written by others",
        "link": "is not a folder",
        "file": "is not a folder",
    }
    stranger = os.stat_result((stat.S_IFDIR | 0o755, 0, 0, 0, os.geteuid() + 1, 0, 0, 0, 0, 0))
    assert not_own(stranger) == "belongs to somebody else"


def test_every_folder_that_is_made_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """Those above the journals too: who may write into ~/.local may put another state folder there."""
    (tmp_path / "home").mkdir(mode=0o755)
    before = os.umask(0)
    try:
        own = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": "", "XDG_CACHE_HOME": "", "TUTOR_DEBUG": "1"}
        done = tutor(tmp_path, "run", "seven-nodes", "--plain", given="\n\nquit\n", env=own)
    finally:
        os.umask(before)
    assert done.status == 0
    made = [path for path in (tmp_path / "home").rglob("*") if path.is_dir()]
    assert len(made) >= 4
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
