"""A zip's directory is measured where `zipfile` will read it, whatever stands in the end record or behind it."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.zip_end import END, END_BYTES, LOCATOR, LOCATOR_BYTES, WIDE, directory_bytes, end_of


def archive(comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for i in range(40):
            made.writestr(f"file{i}", b"x")
        made.comment = comment
    return out.getvalue()


PLAIN = archive()
AT = len(PLAIN) - END_BYTES
SIZE = int.from_bytes(PLAIN[AT + 12 : AT + 16], "little")
DISGUISED = {
    "plain": PLAIN,
    "a comment": archive(b"a course"),
    "the longest comment": archive(b"x" * 65_535),
    "a second end record in fields that nothing reads": PLAIN[: AT + 4] + END + PLAIN[AT + 8 :],
    "an end record in the content": PLAIN.replace(b"file7x", END + b"7x"),
    "an end record in the content, cut off": END + PLAIN,
    "a wide directory's mark, far from its place": PLAIN.replace(b"file7x", LOCATOR + b"7x"),
}


@pytest.mark.parametrize("which", DISGUISED)
def test_what_zipfile_reads_is_measured(which: str) -> None:
    data = DISGUISED[which]
    assert directory_bytes(data) == SIZE
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert len(read.infolist()) == 40 and read.start_dir == end_of(data) - SIZE


def test_a_wide_directory_is_longer_than_any() -> None:
    assert directory_bytes(PLAIN[:AT] + LOCATOR.ljust(LOCATOR_BYTES, b"\0") + PLAIN[AT:]) == WIDE


@pytest.mark.parametrize("data", [b"", END, b"PK\3\4" * 40, PLAIN[:-1], PLAIN[: AT + 4], PLAIN + b"\0" * 70_000])
def test_without_an_end_record_zipfile_reads_nothing(data: bytes) -> None:
    assert directory_bytes(data) == 0 and end_of(data) == -1
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(data))
