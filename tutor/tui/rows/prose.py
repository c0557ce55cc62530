"""A small part of Markdown as rows: paragraphs, headings, lists, code, strong, emphasis. No links, no HTML, no markup.

Text that is none of these stays as it stands, so that a formula such as c*x1 + e*x2 is never eaten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tutor.draw.cells import Row, Run
from tutor.text import safe
from tutor.tui.rows.flow import wrap

LIMIT = 20_000
_INLINE = re.compile(
    r"(?<![\w*])\*\*(?P<strong>[^\s*](?:[^*\n]{0,400}[^\s*])?)\*\*(?![\w*])"
    r"|(?<![\w*])\*(?P<emphasis>[^\s*](?:[^*\n]{0,400}[^\s*])?)\*(?![\w*])"
    r"|`(?P<code>[^`\n]{1,400})`"
)
_ITEM = re.compile(r"(?P<indent>\s{0,6})(?P<sign>[-*+]|\d{1,3}[.)])\s+(?P<text>.*)")
_HEADING = re.compile(r"#{1,6}\s+(?P<text>.*)")


def prose(text: str, width: int) -> list[Row]:
    """Markdown of a lesson as rows of at most `width` cells."""
    rows: list[Row] = []
    for block in _blocks(safe(text, LIMIT, lines=True)):
        if rows:
            rows.append(())
        rows.extend(_block_rows(block, width))
    return rows


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines between blank lines; a fenced block is one whole."""
    block: list[str] = []
    fenced = False
    for line in text.strip("\n").split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            line = "```"
        if line.strip() or fenced:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _block_rows(block: list[str], width: int) -> Iterator[Row]:
    held: list[str] = []
    code = False
    for line in block:
        if line == "```":
            yield from _paragraph(held, width)
            held, code = [], not code
        elif code or (line.startswith(("  ", "|")) and not (held and _ITEM.match(held[0]))):
            yield from _paragraph(held, width)
            held = []
            yield from wrap([Run(line.rstrip(), "code")], width, rest="    ")
        elif heading := _HEADING.match(line):
            yield from _paragraph(held, width)
            held = []
            yield from wrap([Run(heading["text"].rstrip("# "), "heading")], width)
        elif _ITEM.match(line):
            yield from _paragraph(held, width)
            held = [line]
        else:
            held.append(line)
    yield from _paragraph(held, width)


def _paragraph(lines: list[str], width: int) -> Iterator[Row]:
    if not lines:
        return
    item = _ITEM.match(lines[0])
    if item is None:
        yield from wrap(inline(" ".join(line.strip() for line in lines)), width)
        return
    sign = "•" if item["sign"] in "-*+" else item["sign"]
    text = " ".join([item["text"], *(line.strip() for line in lines[1:])])
    yield from wrap(inline(text), width, first=f"{item['indent']} {sign} ")


def inline(text: str, style: str = "text") -> list[Run]:
    """One paragraph's text with its strong, emphasised and code parts."""
    runs: list[Run] = []
    at = 0
    for found in _INLINE.finditer(text):
        kind = found.lastgroup or ""
        runs += [Run(text[at : found.start()], style), Run(found[kind], kind)]
        at = found.end()
    return [part for part in [*runs, Run(text[at:], style)] if part.text]
