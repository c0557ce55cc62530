"""The end record of a zip, from which its directory's length is known before any of it is read."""

from __future__ import annotations

END = b"PK\x05\x06"
END_BYTES = 22  # of an end record without a comment
LONGEST_COMMENT = (1 << 16) - 1
LOCATOR, LOCATOR_BYTES = b"PK\x06\x07", 20  # before the end record of a zip in the wide format (zip64)
WIDE = 1 << 64


def end_of(data: bytes) -> int:
    """Where the end record begins that `zipfile` goes by; -1 if there is none.

    Without a comment the record is the last 22 bytes, whatever stands in its fields; else the last one that is found.
    """
    at = len(data) - END_BYTES
    if data[-END_BYTES:].startswith(END) and data[-2:] == b"\0\0" and at >= 0:
        return at
    found = data.rfind(END, max(at - LONGEST_COMMENT - 1, 0))
    return found if found <= at else -1


def directory_bytes(data: bytes) -> int:
    """How many bytes of directory `zipfile` would read; 0 without an end record.

    WIDE, more than any file has, for the wide format, whose own length stands elsewhere.
    """
    at = end_of(data)
    if at < 0:
        return 0
    if data[max(at - LOCATOR_BYTES, 0) : at].startswith(LOCATOR):
        return WIDE
    return int.from_bytes(data[at + 12 : at + 16], "little")
