"""The one gate for foreign text on its way to a terminal, a file that people read, a log or an error message.

Markup (Textual's, Rich's, Markdown's) is not its business: faces show text as text, never as markup.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NewType

Untrusted = NewType("Untrusted", str)
"""Text of a lesson, an answer, a file name or a foreign exception that has not been through `safe`."""

LIMIT = 4096
MAX_MARKS = 4

# ECMA-48: control strings (OSC, DCS, APC, PM, SOS) with their payload, control sequences (CSI), other escapes.
_SEQUENCE = re.compile(
    "(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\\\|\x9c|$)?"
    "|(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|\x1b[ -/]*[0-~]?"
)
_BLANK = re.compile("\r\n?|[\n\t\v\f\x85\u2028\u2029]")
# letters that take room and show nothing, or less
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me"})


def safe(text: str, limit: int = LIMIT, *, lines: bool = False) -> str:
    """`text` without anything a terminal would obey or a reader could not see; at most `limit` characters.

    Escape sequences go with their payload. What else cannot be seen (other control characters, bidi controls, zero
    width, lone surrogates, private and unassigned characters) is spelled out as `\\u202e`. No more than four combining
    marks follow one letter. Newlines and tabs become a space; with `lines` newlines stay and a tab is four spaces.
    Longer text ends in `…`. Never raises; the work is bounded by `limit`.
    """
    head = text[: 8 * limit]
    if not head.isprintable():
        head = _SEQUENCE.sub("", head)
        head = _keep_lines(head) if lines else _BLANK.sub(" ", head)
    if not head.isascii() or not head.isprintable():
        head = _spelled_out(head, lines)
    if len(head) <= limit and len(text) <= 8 * limit:
        return head
    return head[: max(0, limit - 1)] + "…"


def quoted(text: str, limit: int = 60) -> str:
    """Foreign text as it stands in a message: safe, short and in quotes."""
    return f'"{safe(text, limit)}"'


def _keep_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")


def _spelled_out(text: str, lines: bool) -> str:
    out: list[str] = []
    marks = 0
    for char in text:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in _MARKS else 0
        if kind in _HIDDEN or char in _FILLERS:
            out.append(char if lines and char == "\n" else _escape(char))
        elif marks <= MAX_MARKS:
            out.append(char)
    return "".join(out)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
