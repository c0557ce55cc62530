import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from tutor.errors import ProblemsError
from tutor.files import RefusedError, read_beneath, read_bytes, read_text_file, write_atomic


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (root / "ok.csv").write_text("ok")
    (root / "sub" / "a.csv").write_text("inner")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "inside").symlink_to("ok.csv")
    (root / "up").symlink_to(tmp_path)
    (root / "zero").symlink_to("/dev/zero")
    os.mkfifo(root / "fifo")
    with open(root / "sparse", "wb") as file:
        file.truncate(1 << 40)
    return root


def test_files_in_and_below_the_folder_are_read(folder: Path) -> None:
    assert read_beneath(folder, "ok.csv") == b"ok"
    assert read_beneath(folder, "sub/a.csv") == b"inner"


@pytest.mark.parametrize(
    "path",
    [
        *("../secret", "sub/../../secret", "/etc/passwd", "~/x", "..\\secret", "a\0b", "", ".", "sub/", "sub//a.csv"),
        *("sub", "link", "inside", "up/secret", "zero", "fifo", "sparse", "ok.csv/x", "x" * 2000, "/".join("a" * 20)),
    ],
)
def test_nothing_else_is_read(folder: Path, path: str) -> None:
    with pytest.raises(RefusedError):
        read_beneath(folder, path)


def test_a_missing_file_is_told_from_a_refused_one(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_beneath(folder, "nothing.csv")


def test_descriptors_are_closed_again(folder: Path) -> None:
    before = os.listdir("/proc/self/fd")
    for path in ("ok.csv", "sub/a.csv"):
        read_beneath(folder, path)
    for path in ("link", "fifo", "sparse", "up/secret", "nothing"):
        with pytest.raises((RefusedError, FileNotFoundError)):
            read_beneath(folder, path)
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_size_is_capped(folder: Path) -> None:
    assert read_beneath(folder, "ok.csv", 2) == b"ok"
    with pytest.raises(RefusedError, match="larger"):
        read_beneath(folder, "ok.csv", 1)


def test_a_file_that_the_user_names_may_be_a_link(folder: Path) -> None:
    assert read_bytes(folder / "link") == b"secret"
    for path in ("fifo", "zero", "sub"):
        with pytest.raises(RefusedError, match="regular"):
            read_bytes(folder / path)


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"\xff", "1:1"), (b"ab\n\xc5\xb7x\xff", "2:3"), (b"a\r\n\n\xed\xa0\x80", "3:1"), (b"x\n\xe2\x88", "2:1")],
)
def test_bad_bytes_are_placed(tmp_path: Path, data: bytes, place: str) -> None:
    file = tmp_path / "f"
    file.write_bytes(data)
    with pytest.raises(ProblemsError, match=f"f:{place}: byte 0x.. is not UTF-8; save the file as UTF-8"):
        read_text_file(file, 100)


def test_text_files_that_cannot_be_read(folder: Path) -> None:
    for path, why in (("nothing", "no such file"), ("sub", "regular file"), ("ok.csv", "larger"), ("a\0b", "null")):
        with pytest.raises(ProblemsError, match=why):
            read_text_file(folder / path, 1)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_text_file(tmp_path / "f", 100) == "a = 1"


def test_write_replaces_the_file_privately(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    write_atomic(target, b"old")
    write_atomic(target, b"new")
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["out.json"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    def full(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    write_atomic(tmp_path / "out", b"old")
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "out", full)
    assert (tmp_path / "out").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out"]


def test_a_symlink_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out").symlink_to("precious")
    write_atomic(tmp_path / "out", b"new")
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (tmp_path / "out").is_symlink()
