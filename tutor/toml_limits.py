"""Text → TOML data, with every size bounded before the parser sees it.

A dotted key of 32,000 parts takes tomllib seconds and gigabytes, deep brackets its stack: so the text is first looked
through once, knowing just strings, comments, brackets and dots.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any, Self

from tutor.errors import Problem, ProblemsError
from tutor.toml_positions import Finding, Path

MAX_BYTES = 256 * 1024
MAX_LINE = 8 * 1024
MAX_LINES = 20_000
MAX_KEY_PARTS = 8
MAX_EQUALS = 8_000
MAX_COMMAS = 40_000
MAX_OPENED = 8_000
MAX_BRACKETS = 32
MAX_DIGITS = 400
MAX_DEPTH = 16
MAX_VALUES = 100_000
MAX_WHOLE = 2**53

# No possessive quantifiers: Python 3.11 before 3.11.4 matches some of them wrongly. Every loop below is over single
# characters or over parts that a sign divides, so that giving back is linear; a text that is never closed goes to the
# end of its line, so that no character is looked at again.
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_TOKEN = re.compile(
    r"""
    (?P<text> \#[^\n]*
      | \"\"\"(?:[^"\\]|\\.|\\\Z|"(?!""))*(?:"{3,5}|\Z) | '''(?:[^']|'(?!''))*(?:'{3,5}|\Z)
      | "(?:[^"\\\n]|\\.)*"? | '[^'\n]*'? )
    | (?P<open> [\[{] ) | (?P<close> [\]}] )
    | (?P<dotted> (?: \.[ \t]*PART[ \t]* ){4,} )
    | (?P<digits> [0-9][0-9_]{MAX_DIGITS,} )
    """.replace("PART", _PART).replace("MAX_DIGITS", str(MAX_DIGITS)),
    re.VERBOSE | re.DOTALL,
)
_STATEMENT = re.compile(r"""[ \t]*(?:(?:[\w.-]+|"[^"\n=]*"|'[^'\n=]*')[ \t]*=(?!=)|\[\[?[ \t]*[A-Za-z_"'])""")
_SLIPS = tuple(
    (re.compile(pattern), said, cure)
    for pattern, said, cure in (
        ("[“”„‟«»‘’\u201a\u201b]", "this is a typographic quote", 'text stands in straight quotes: "…"'),
        (r"(?:True|TRUE)\b", "this is no value", "write true"),
        (r"(?:False|FALSE)\b", "this is no value", "write false"),
        (r"(?<=[0-9])\.(?=[0-9])", "this number has a second point", "a number has one"),
        (r"([+-]?)(\.[0-9]{1,20})(?![0-9])", "a number begins with a digit", r"write \g<1>0\g<2>"),
        (r"(?<=[0-9])\.(?![0-9])", "a number ends with a digit", "write .0"),
        (r"//|/\*|;|%", "this begins no comment", "a comment begins with #"),
    )
)
"""What stands where the parser stops → what is said about it."""
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")

# What tomllib says → what it means to an author.
_MEANING = {
    "Cannot overwrite a value": ("this key stands twice in its table", "keep one of the two"),
    "Duplicate inline table key": ("this key stands twice in its table", "keep one of the two"),
    "Cannot declare": ("this table stands twice", "keep one of the two, or write [[…]] for a list of tables"),
    "Cannot mutate immutable namespace": ("this adds to a table that was closed before", "write it in one place"),
    "Illegal character '\\n'": ("a line ends inside a text", 'close the quotes, or use """ for several lines'),
    "Invalid value": ("this is no value", 'text needs quotes: "…"'),
    "Unclosed array": ("a list is not closed", "add ]"),
    "Unclosed inline table": ("an inline table is not closed", "add }"),
    "Unescaped '\\' in a string": ("a lone \\ in a text", "write \\\\, or put the text in ' '"),
    "Expected '=' after a key": ("here = is missing after a key", None),
    "Expected newline or end of document": ("something stands after the value", "a value ends its line"),
}


class AsWritten(float):
    """A number that is shown as it stands in the file: 0.370 says more than 0.37."""

    written: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.written = text.replace("_", "")
        return number

    def __str__(self) -> str:
        return self.written


def parse(text: str, file: str) -> dict[str, Any]:
    """The data of a TOML document.

    Raises ProblemsError with the place: too large, too deep, too many, or not TOML.
    """
    return _parsed(text, file, float)


def parse_as_written(text: str, file: str) -> dict[str, Any]:
    """As `parse`; as text, decimals are what was written."""
    return _parsed(text, file, AsWritten)


def _parsed(text: str, file: str, number: Callable[[str], float]) -> dict[str, Any]:
    _check_size(text, file)
    _check_shape(text, file)
    try:
        return tomllib.loads(text, parse_float=number)
    except tomllib.TOMLDecodeError as error:
        raise ProblemsError([_toml_problem(str(error), text, file)]) from None
    except (ValueError, RecursionError, OverflowError, MemoryError) as error:
        raise ProblemsError([Problem(file, None, None, f"not readable as TOML: {error}")]) from None


def oversized(data: Any) -> list[Finding]:
    """Values that no lesson needs: nested too deep, too many, or whole numbers that a double cannot hold."""
    found: list[Finding] = []
    todo: list[tuple[Path, Any]] = [((), data)]
    count = 0
    while todo:
        path, value = todo.pop()
        count += 1
        if len(path) > MAX_DEPTH:
            return [Finding(path[:MAX_DEPTH], f"nested deeper than {MAX_DEPTH}")]
        if count > MAX_VALUES:
            return [Finding(path[:1], f"more than {MAX_VALUES} values in one file")]
        if isinstance(value, dict):
            todo.extend(((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            todo.extend(((*path, i), inner) for i, inner in enumerate(value))
        elif type(value) is int and abs(value) > MAX_WHOLE:
            found.append(Finding(path, "this whole number is too large", "whole numbers go up to 2^53"))
    return found


def _check_size(text: str, file: str) -> None:
    if len(text) > MAX_BYTES:
        raise ProblemsError([Problem(file, None, None, f"larger than {MAX_BYTES // 1024} KiB")])
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise _refused(file, MAX_LINES, 0, f"more than {MAX_LINES} lines")
    for sign, most, what in (("=", MAX_EQUALS, "keys"), (",", MAX_COMMAS, "values")):
        if text.count(sign) > most:
            raise ProblemsError([Problem(file, None, None, f"more than {most} {what} in one file")])
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise _refused(file, number, MAX_LINE, f"a line of more than {MAX_LINE} characters")


def _check_shape(text: str, file: str) -> None:
    """Brackets, dotted keys and digits, outside of strings and comments."""
    depth = opened = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "open":
            depth, opened = depth + 1, opened + 1
            if opened > MAX_OPENED:
                raise _refused(file, *_place(text, token.start()), f"more than {MAX_OPENED} tables and lists")
            if depth > MAX_BRACKETS:
                raise _refused(file, *_place(text, token.start()), f"more than {MAX_BRACKETS} brackets deep")
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "digits":
            raise _refused(file, *_place(text, token.start()), f"a number of more than {MAX_DIGITS} digits")
        elif kind == "dotted" and len(re.findall(_PART, token[0])) >= MAX_KEY_PARTS:
            raise _refused(file, *_place(text, token.start()), f"a key of more than {MAX_KEY_PARTS} parts")


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset) - 1


def _refused(file: str, line: int, column: int, what: str) -> ProblemsError:
    return ProblemsError([Problem(file, line, column + 1, what)])


def _toml_problem(message: str, text: str, file: str) -> Problem:
    """The parser's complaint in plainer words, at the place of its cause; the end of the document has one too."""
    match = _PLACE.search(message)
    what = message[: match.start()] if match else message
    line, column = (int(match[1]), int(match[2])) if match and match[1] else _end(text)
    at = _offset(text, line, column)
    for look in (_slip, _decimal_comma, _left_open, _no_comma):
        if (found := look(what, text, at)) is not None:
            cause, meaning, cure = found
            line, column = _place(text, cause)
            return Problem(file, line, column + 1, meaning, cure)
    for said, (meaning, advice) in _MEANING.items():
        if what.startswith(said):
            return Problem(file, line, column, meaning, advice)
    return Problem(file, line, column, f"not TOML: {what[:1].lower()}{what[1:]}")


def _end(text: str) -> tuple[int, int]:
    lines = text.rstrip().split("\n")
    return len(lines), len(lines[-1]) + 1


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1


# -- what an author meant: the place of the cause, what is there, and what would be right

_Cause = tuple[int, str, str]


def _slip(what: str, text: str, at: int) -> _Cause | None:
    """A habit of another language, or of a word processor, right where the parser stopped."""
    for pattern, said, cure in _SLIPS:
        if (found := pattern.match(text, at)) is not None:
            return at, said, found.expand(cure)
    return None


def _decimal_comma(what: str, text: str, at: int) -> _Cause | None:
    """`0,8`: the parser stops at the comma, or inside an inline table behind the digits after it."""
    start = text.rfind("\n", 0, at) + 1
    after = re.match(r",[0-9]+", text[at : at + 40])
    found = re.search(r"=[ \t]*([+-]?[0-9]{1,20}),([0-9]{1,20})[ \t]*$", text[start:at] + (after[0] if after else ""))
    if found is None:
        return None
    cure = f"decimals have a point: {found[1]}.{found[2]}"
    return start + found.start(1), f"{found[1]},{found[2]} is no number", cure


def _left_open(what: str, text: str, at: int) -> _Cause | None:
    """A bracket, or a text, that was to end before the place where the parser noticed."""
    last = [token for token in _TOKEN.finditer(text) if token.lastgroup == "text"][-1:]
    if what.startswith(("Unterminated string", "Expected \"'")) and last:
        quote = last[0][0][:3] if last[0][0][:3] in ('"""', "'''") else last[0][0][:1]
        return last[0].start(), "this text is not closed", f"add {quote}"
    start = text.rfind("\n", 0, at) + 1
    at_end = not text[at:].strip() or text[at] in "\r\n"
    opened = _opened_before(text, at if at_end else start)
    if opened is None or not (at_end or _STATEMENT.match(text, start)):
        return None
    if text[opened] == "[":
        return opened, "this list is not closed", "add ]"
    return opened, "this inline table is not closed on its line", "add }; what is longer is a table of its own: […]"


def _opened_before(text: str, end: int) -> int | None:
    """The innermost bracket that is open there."""
    opened: list[int] = []
    for token in _TOKEN.finditer(text, 0, end):
        if token.lastgroup == "open":
            opened.append(token.start())
        elif token.lastgroup == "close" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _no_comma(what: str, text: str, at: int) -> _Cause | None:
    """Two entries side by side, or a comma after the last one of an inline table."""
    if what.startswith(("Unclosed array", "Unclosed inline table")) and re.match(r"[\w\"'\[{+.-]", text[at : at + 1]):
        return at, "a comma is missing before this", "put , between two entries"
    if what.startswith("Invalid initial character") and text[at : at + 1] == "}":
        return at, "a comma stands before this }", "take it away"
    return None
