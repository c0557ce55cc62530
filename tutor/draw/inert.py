"""Foreign text in Markdown: shown as it is, never taken as a link, an image, HTML or mathematics.

CommonMark 0.31: any ASCII punctuation may stand behind a backslash; inside a code span or fence nothing is read.
"""

from __future__ import annotations

import re

from tutor.text import safe

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+\-.!|~$:@=^]")
_ACTIVE = re.compile(r"[\[\]!$\\]")
_RUN = re.compile(r"`+")


def in_markdown(text: str, limit: int = 400) -> str:
    """A text as plain words of one line."""
    shown = safe(text, limit).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\g<0>", shown)


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
    shown = line.replace("&", "&amp;").replace("<", "&lt;")
    shown = _ACTIVE.sub(r"\\\g<0>", shown)
    return shown.replace("://", ":\\/\\/").replace("www.", "www\\.")
