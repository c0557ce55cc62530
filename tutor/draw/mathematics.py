"""Formulas as they stand on paper: fractions, roots and powers in two dimensions, one line where that says as much.

Only text that `latex` wrote from a formula's tree goes to TeXicode, which reports errors inside its answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.expression import (
    ArrayOf,
    Call,
    Derivative,
    Entry,
    Expr,
    Index,
    Marked,
    Name,
    Number,
    Prime,
    Total,
    fold,
    walk,
)
from engine.expression import (
    Rows as RowCount,
)
from engine.printing import show, show_item
from tutor.draw.cells import Rows, Run, ascii_text, cell_width, clip, fit

MOST_ROWS: Final = 7
"""A formula that would be taller is written in one line."""

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_INFIX: Final = {
    "add": (r"\ +\ ", _SUM),
    "sub": (r"\ -\ ", _SUM),
    "mul": (r"\cdot ", _PRODUCT),
    "matmul": (r"\ ", _PRODUCT),
}
_LETTER_OF: Final = {"sigmoid": "σ"}
_LOWERED: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_PLAIN = re.compile(r"(?:[^\W_]|\\_|[ ,.:+\-'\[\]₀-₉])*")
Written = tuple[str, int]

_UNDRAWABLE: Final = r"\text{^}"
"""For a power in an exponent, which TeXicode sets lower instead of higher: no plain text, so nothing is drawn."""


def formula_rows(
    expr: Expr, width: int, *, left: str = "", spelled: Mapping[str, str] | None = None, ascii_only: bool = False
) -> Rows:
    """`expr`, after `left =` where that is given, in rows of at most `width` cells (style "formula").

    In two dimensions where that helps and fits; else in one line, which is cut where it must be.
    """
    line = f"{left} = {show(expr, spelled)}" if left else show(expr, spelled)
    drawn = None if ascii_only or not gains(expr) else typeset(latex(expr, spelled, left), width)
    if drawn is None:
        drawn = (clip(ascii_text(line) if ascii_only else line, width, "~" if ascii_only else "…"),)
    return tuple((Run(row, "formula"),) for row in drawn)


@dataclass(frozen=True, slots=True)
class Equation:
    """`left = right` drawn: its rows, and row and cell of the sign of equality."""

    rows: tuple[str, ...]
    level: int
    sign: int


def equation(left: Expr | None, right: Expr, width: int, spelled: Mapping[str, str] | None = None) -> Equation | None:
    """`left = right` in two dimensions, at most `width` cells wide; without a left side it starts with the sign.

    None where one line says as much, and where it cannot be drawn so.
    """
    if not gains(right):
        return None
    sides = ["" if left is None else latex(left, spelled), latex(right, spelled)]
    if not sides[1] or not (left is None or sides[0]):
        return None
    drawn = typeset(r"\ =\ ".join(sides) if sides[0] else rf"=\ {sides[1]}", width)
    at = [(row.index("="), y) for y, row in enumerate(drawn or ()) if "=" in row]
    return Equation(drawn, min(at)[1], min(at)[0]) if drawn and at else None


def gains(expr: Expr) -> bool:
    """Whether a formula has anything that one line shows less well."""
    ops = {part.op for part in walk(expr) if isinstance(part, Call)}
    return bool(ops & {"div", "sqrt", "pow"}) or any(isinstance(part, Derivative) for part in walk(expr))


@lru_cache(maxsize=256)
def typeset(source: str, width: int, most_rows: int = MOST_ROWS) -> tuple[str, ...] | None:
    """LaTeX, as `latex` writes it, in two dimensions: rows of equal width; None where it cannot be drawn so."""
    from texicode.pipeline import render_tex

    if not source or len(source) > 2000:
        return None
    try:
        drawn = render_tex(source, False, False, "raw", {"fonts": "normal"})
    except Exception:  # it fails with whatever its tables raise; one line is always an answer
        return None
    if not isinstance(drawn, str) or drawn.startswith("TeXicode:") or ("?" in drawn and "?" not in source):
        return None
    return _framed(drawn, width, most_rows)


def _framed(drawn: str, width: int, most_rows: int) -> tuple[str, ...] | None:
    rows = [row.rstrip() for row in unicodedata.normalize("NFC", drawn).split("\n")]
    while rows and not rows[-1]:
        rows.pop()
    while rows and not rows[0]:
        rows.pop(0)
    margin = min((len(row) - len(row.lstrip()) for row in rows if row), default=0)
    rows = [row[margin:] for row in rows]
    wide = max(map(cell_width, rows), default=0)
    if not 0 < wide <= width or len(rows) > most_rows or not all(row.isprintable() for row in rows):
        return None
    return tuple(fit(row, wide) for row in rows)


def latex(expr: Expr, spelled: Mapping[str, str] | None = None, left: str = "") -> str:
    """`expr`, after `left =` where that is given, as LaTeX; empty where a name has letters that LaTeX would read."""
    names = spelled or {}
    text = fold(expr, lambda here, below: _write(here, below, names))[0]
    if left:
        text = f"{_name(left)}\\ =\\ {text}"
    texts = re.findall(r"\\text\{(.*?)\}", text)
    return text if all(_PLAIN.fullmatch(part) for part in texts) else ""


def _write(here: Expr, below: list[Written], names: Mapping[str, str]) -> Written:
    match here:
        case Number():
            text = show(here)
            return f"\\text{{{text}}}", _SIGN if text.startswith("-") else _ATOM
        case Name(key=key):
            return _name(names.get(key, key)), _ATOM
        case Call(op=op):
            return _write_call(op, below)
        case Prime(function=function):
            return f"{_function(function)}'{_round(below[0][0])}", _ATOM
        case Derivative():
            return rf"\frac{{\partial {_bracket(below[0], _ATOM)}}}{{\partial {_bracket(below[1], _ATOM)}}}", _POWER
        case Total(mark=mark, upper=upper):
            index = f"{mark or 'i'}=1" if upper else mark
            limits = (f"_{{{index}}}" if index else "") + (f"^{{{upper}}}" if upper else "")
            return rf"\Sigma{limits}\ {_bracket(below[0], _PRODUCT)}", _PRODUCT
        case ArrayOf():
            return rf"\left[{', '.join(text for text, _ in below)}\right]", _ATOM
        case RowCount():
            return "m", _ATOM
    return _write_part(here, below)


def _write_part(here: Expr, below: list[Written]) -> Written:
    base = _bracket(below[0], _ATOM)
    match here:
        case Entry(digits=digits):
            return f"{base}_{{{digits}}}", _ATOM
        case Marked(mark=mark, rest=rest):
            return f"{base}_{{{mark}{rest}}}", _ATOM
        case Index(items=items):
            return f"{base}\\text{{[{','.join(show_item(item) for item in items)}]}}", _ATOM
    raise AssertionError(here)


def _write_call(op: str, below: list[Written]) -> Written:
    first = below[0]
    if op in _INFIX:
        return _write_infix(op, first, below[1])
    if op == "div":
        return rf"\frac{{{first[0]}}}{{{below[1][0]}}}", _POWER
    if op == "pow":
        exponent = _UNDRAWABLE if "^" in below[1][0] else below[1][0]
        return f"{_bracket(first, _ATOM)}^{{{exponent}}}", _POWER
    if op == "neg":
        return f"-{_round(first[0]) if first[0].startswith('-') else _bracket(first, _SIGN)}", _SIGN
    if op == "transpose":
        return f"{_bracket(first, _ATOM)}^{{T}}", _POWER
    if op == "sqrt":
        return rf"\sqrt{{{first[0]}}}", _ATOM
    return f"{_function(op)}{_round(', '.join(text for text, _ in below))}", _ATOM


def _write_infix(op: str, left: Written, right: Written) -> Written:
    sign, level = _INFIX[op]
    first = left[0] if level == _SUM else _bracket(left, _PRODUCT)
    if first.startswith(r"\Sigma") and level == _PRODUCT:
        first = _round(first)
    second = _round(right[0]) if right[1] == _SIGN else _bracket(right, _PRODUCT if level == _SUM else _POWER)
    return f"{first}{sign}{second}", level


def _name(spelling: str) -> str:
    """Digits at its end lowered, w12 and w_12 are w₁₂; other names keep their underscores, f_new is no fnew."""
    text = unicodedata.normalize("NFC", spelling).replace("{", "").replace("}", "")
    stem = text.rstrip("0123456789")
    digits = text[len(stem) :].translate(_LOWERED)
    stem = (stem.removesuffix("_") if digits else stem).replace("_", r"\_")
    return f"\\text{{{stem}{digits}}}"


def _function(op: str) -> str:
    return f"\\text{{{_LETTER_OF.get(op, op)}}}"


def _round(text: str) -> str:
    return rf"\left({text}\right)"


def _bracket(part: Written, level: int) -> str:
    return part[0] if part[1] >= level else _round(part[0])
