"""The power goes at any moment: what was acknowledged was on the disk, and not only in the machine's memory.

A disk may keep names and contents apart and write them in any order until it is told to (fsync). After every call of
the program three such disks are looked at: one that keeps every name at once but no content unasked, one that keeps no
name unasked either, and one that forgets new names and remembers which old ones are gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.atomic import write_atomically
from tutor.compaction import compact
from tutor.journal import NAME, Journal, merged

Left = Mapping[str, bytes]
"""What a disk holds after a power cut: contents by name."""
CALLS = ("open", "write", "fsync", "fdatasync", "replace", "unlink", "close")


class Disk:
    """Follows one folder through the calls of `os`; `look` is called with what each disk holds after every one."""

    def __init__(self, folder: Path, look: Callable[[Left], None]) -> None:
        self.folder, self.look = folder, look
        self.real = {name: getattr(os, name) for name in CALLS}
        self.files: dict[int, int] = {}  # inode → the file's number, as inodes are used again
        self.kept: dict[int, bytes] = {}  # the file's number → its content on the disk
        self.cuts = 0
        for path in folder.iterdir():
            self.made(path.stat().st_ino, path.read_bytes())
        self.names = self.now()

    def made(self, inode: int, content: bytes = b"") -> None:
        self.files[inode] = len(self.kept)
        self.kept[len(self.kept)] = content

    def now(self) -> dict[str, int]:
        """The names as the machine's memory has them.

        Each file is asked for its number: the one that an overlay's folder tells is another than the file's own.
        """
        return {entry.name: self.files[os.stat(entry.path).st_ino] for entry in os.scandir(self.folder)}

    def after(self, name: str, arguments: tuple[Any, ...], found: Any) -> None:
        """What a call did to the disk, and a look at it."""
        if name == "open" and arguments[1] & os.O_CREAT:
            self.made(os.fstat(found).st_ino)
        elif name in ("fsync", "fdatasync"):
            self.forced(arguments[0])
        self.cuts += 1
        for left in self.disks():
            self.look({name: self.kept[file] for name, file in left.items()})

    def forced(self, descriptor: int) -> None:
        """A file's content, or the folder's names, are on the disk."""
        inode = os.fstat(descriptor).st_ino
        if inode == self.folder.stat().st_ino:
            self.names = self.now()
        else:
            self.kept[self.files[inode]] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def disks(self) -> Iterator[dict[str, int]]:
        now = self.now()
        yield now
        yield self.names
        yield {name: file for name, file in self.names.items() if name in now}


@pytest.fixture
def power(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Callable[[Left], None]], Disk]:
    """Begins to follow a folder."""

    def begin(folder: Path, look: Callable[[Left], None]) -> Disk:
        disk = Disk(folder, look)

        def following(name: str) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                found = disk.real[name](*arguments, **options)
                disk.after(name, arguments, found)
                return found

            return call

        for name in CALLS:
            monkeypatch.setattr(os, name, following(name))
        return disk

    return begin


def answers(left: Left) -> set[str]:
    """The answers in the journals of a disk."""
    records = merged(content for name, content in left.items() if NAME.fullmatch(name))
    return {record["question"] for record in records if record["kind"] == "answer"}


def answer(journal: Journal, question: str) -> bool:
    return journal.put("answer", lesson="l", question=question, points=1.0)


Power = Callable[[Path, Callable[[Left], None]], Disk]


def test_answers_survive_it(power: Power, tmp_path: Path) -> None:
    said: set[str] = set()

    def look(left: Left) -> None:
        assert said <= answers(left)

    tmp_path.chmod(0o700)
    disk = power(tmp_path, look)
    for session in "ab":
        journal = Journal(tmp_path)
        for i in range(3):
            assert answer(journal, f"{session}{i}")
            said.add(f"{session}{i}")
            look({name: disk.kept[file] for name, file in disk.names.items()})
        assert journal.close()
    assert len(said) == 6 and disk.cuts > 15


def test_old_answers_survive_it_while_they_are_put_together(power: Power, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    said = {f"{session}{i}" for session in "abcd" for i in range(3)}
    for session in "abcd":
        journal = Journal(tmp_path)
        assert all(answer(journal, f"{session}{i}") for i in range(3)) and journal.close()

    def look(left: Left) -> None:
        assert answers(left) == said

    disk = power(tmp_path, look)
    assert compact(tmp_path, least=2) == 4
    assert len(disk.names) == 1 and disk.cuts > 10


def test_a_file_is_the_old_one_or_the_new_one(power: Power, tmp_path: Path) -> None:
    path = tmp_path / "run.npz"
    path.write_bytes(b"old")

    def look(left: Left) -> None:
        assert left["run.npz"] in (b"old", b"new" * 1000)

    disk = power(tmp_path, look)
    write_atomically(path, b"new" * 1000)
    assert disk.kept[disk.names["run.npz"]] == b"new" * 1000
