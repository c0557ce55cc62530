"""Foreign text in Markdown: shown as it is, never taken as a link, an image, HTML or mathematics.

CommonMark 0.31: any ASCII punctuation may stand behind a backslash; inside a code span or fence nothing is read.
"""

from __future__ import annotations

import re

from tutor.text import safe

_SPECIAL = re.compile(r"[\\`*_\[\]#!|~$@^]")
_ACTIVE = re.compile(r"[\[\]!$\\@]")
_START = re.compile(r"^(?=[-+=])|(?<=^\d)(?=[.)])")
_ADDRESS = re.compile(r"(?i)(www)\.|:(?=//)")
_RUN = re.compile(r"`+")
_SPAN = re.compile(r"(`[^`]+`)")


def in_markdown(text: str, limit: int = 400) -> str:
    """A text as plain words of one line."""
    shown = _SPECIAL.sub(r"\\\g<0>", _without_html(safe(text, limit)))
    return _unlinked(_START.sub(r"\\", shown))


def _without_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unlinked(text: str) -> str:
    """Addresses that some readers of Markdown make into links by themselves."""
    return _ADDRESS.sub(lambda match: f"{match[1]}\\." if match[1] else "\\:", text)


def as_code(text: str, limit: int = 400) -> str:
    """A text as a code span: fenced by more backticks than stand in it."""
    shown = safe(text, limit).strip() or " "
    fence = "`" * (max((len(run) for run in _RUN.findall(shown)), default=0) + 1)
    gap = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def code_block(text: str, language: str = "") -> str:
    """Lines as a fenced block; the fence is longer than any run of backticks in them."""
    shown = safe(text, 100_000, lines=True).strip("\n")
    fence = "`" * max(3, max((len(run) for run in _RUN.findall(shown)), default=0) + 1)
    return f"{fence}{language}\n{shown}\n{fence}"


def prose(text: str) -> str:
    """An author's Markdown with emphasis, lists and code; links, images, HTML and mathematics are shown as text."""
    parts: list[str] = []
    code: list[str] = []
    for line in [*safe(text.strip("\n"), 20_000, lines=True).split("\n"), ""]:
        if line.startswith("    "):
            code.append(line[4:])
            continue
        if code:
            parts += [code_block("\n".join(code)), ""]
            code = []
        parts.append(_prose_line(line))
    return "\n".join(parts).strip("\n")


def _prose_line(line: str) -> str:
    """Spans of code are left as they are, where the line holds whole ones only."""
    if line.count("`") % 2 or "``" in line:
        return _prose_part(line.replace("`", "'"))
    return "".join(part if _SPAN.fullmatch(part) else _prose_part(part) for part in _SPAN.split(line))


def _prose_part(text: str) -> str:
    return _unlinked(_ACTIVE.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;")))
