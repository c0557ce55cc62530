"""Lines as lessons write them: "name = formula", and the spellings of aliases."""

from __future__ import annotations

import re

from engine.errors import FormulaError
from engine.expression import Expr
from engine.formula import parse
from engine.names import is_name, normalise, spelled
from engine.scope import Scope

_EQUATION = re.compile(r"\s*([^=]*?)\s*=(?!=)\s*")


def split_equation(line: str) -> tuple[str, str, int]:
    """("L", "(a - b)^2", offset of the right side) of "L = (a - b)^2". Raises FormulaError without a `=`."""
    match = _EQUATION.match(line)
    if match is None or not match[1]:
        raise FormulaError("a node is written NAME = FORMULA", text=line, at=0, end=len(line))
    if not is_name(match[1]):
        raise FormulaError(
            f"{spelled(match[1])} is no name: letters first, then letters, digits and _",
            text=line,
            at=0,
            end=len(match[1]),
        )
    return match[1], line[match.end() :], match.end()


def parse_in(line: str, formula: str, at: int, scope: Scope) -> Expr:
    """Parses the right side of a line; places are offsets into the whole line."""
    try:
        return parse(" " * at + formula, scope)
    except FormulaError as error:
        raise FormulaError(error.message, text=line, at=error.at, end=error.end) from None


_ALIAS_MARK = re.compile(r"\^\s*\{?\s*\(\s*([0-9]{1,3})\s*\)\s*\}?|⁽([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁾")
_SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def alias_key(spelling: str) -> str | None:
    """How an alias is looked up: its normal form, with a superscript kept as ^(3); None if it is no name."""
    match = _ALIAS_MARK.search(spelling)
    if match is None:
        return normalise(spelling) if is_name(spelling) else None
    rest = spelling[: match.start()] + spelling[match.end() :]
    digits = (match[1] or match[2]).translate(_SMALL)
    return f"{normalise(rest)}^({digits})" if is_name(rest) else None
