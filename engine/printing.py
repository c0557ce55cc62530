"""The tree written back: in one line as a student would write it, and as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    Rows,
    Span,
    Total,
    fold,
)
from engine.numbers import show_number

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_INFIX = {"add": (" + ", _SUM), "sub": (" - ", _SUM), "mul": ("·", _PRODUCT), "div": ("/", _PRODUCT)}
_INFIX["matmul"] = (" @ ", _PRODUCT)
Written = tuple[str, int]


def show(
    expr: Expr,
    spelled: Mapping[str, str] | None = None,
    leaf: Callable[[str], str] | None = None,
) -> str:
    """`expr` in one line: `2·(ŷ - y)·x`, read left to right with as few brackets as are needed.

    `spelled` maps keys to spellings; `leaf`, if given, says what is written for a name (its number, for instance).
    """
    names = spelled or {}
    write = leaf or (lambda key: names.get(key, key))
    return fold(expr, lambda here, below: _write(here, below, write))[0]


def atom(expr: Expr, spelled: Mapping[str, str] | None = None) -> str:
    """`expr` in one line, in brackets unless it is a single name, number or call."""
    names = spelled or {}
    return _bracket(fold(expr, lambda here, below: _write(here, below, lambda key: names.get(key, key))), _ATOM)


def _write(here: Expr, below: list[Written], leaf: Callable[[str], str]) -> Written:
    match here:
        case Number(value=value):
            text = show_number(value, 12)
            return text, _SIGN if value < 0 else _ATOM
        case Name(key=key):
            text = leaf(key)
            return text, _SIGN if text.startswith("-") else _ATOM
        case Rows():
            return "m", _ATOM
        case Call(op=op):
            return _write_call(op, below)
        case ArrayOf():
            return f"[{', '.join(text for text, _ in below)}]", _ATOM
        case Entry(digits=digits):
            return f"{_bracket(below[0], _ATOM)}_{digits}", _ATOM
        case Index(items=items):
            return f"{_bracket(below[0], _ATOM)}[{','.join(show_item(i) for i in items)}]", _ATOM
        case Prime(function=function):
            return f"{function}'({below[0][0]})", _ATOM
        case Marked(mark=mark, rest=rest):
            return f"{_bracket(below[0], _ATOM)}_{mark}{rest}", _ATOM
        case Total(mark=mark):
            return f"Σ{'_' + mark if mark else ''} {_bracket(below[0], _PRODUCT)}", _PRODUCT
        case Derivative():
            return f"∂{_bracket(below[0], _ATOM)}/∂{_bracket(below[1], _ATOM)}", _PRODUCT
    raise AssertionError(here)


def _write_call(op: str, below: list[Written]) -> Written:
    if op in _INFIX:
        return _write_infix(op, below[0], below[1])
    if op == "neg":
        return f"-{_bracket(below[0], _SIGN)}", _SIGN
    if op == "pow":
        return f"{_bracket(below[0], _ATOM)}^{_bracket(below[1], _ATOM)}", _POWER
    if op == "transpose":
        return f"{_bracket(below[0], _ATOM)}ᵀ", _ATOM
    return f"{op}({', '.join(text for text, _ in below)})", _ATOM


def _write_infix(op: str, left: Written, right: Written) -> Written:
    sign, level = _INFIX[op]
    first = left[0] if op in {"add", "sub"} else _bracket(left, _PRODUCT)
    if op in {"mul", "matmul"} and "/" in left[0] and left[1] == _PRODUCT:
        first = f"({left[0]})"
    wanted = _PRODUCT if op in {"add", "sub"} else _POWER
    second = f"({right[0]})" if right[1] == _SIGN else _bracket(right, wanted)
    return f"{first}{sign}{second}", level


def _bracket(part: Written, level: int) -> str:
    return part[0] if part[1] >= level else f"({part[0]})"


def show_item(item: int | Span) -> str:
    """An index or a slice as code writes it."""
    if isinstance(item, int):
        return str(item)
    return f"{'' if item.start is None else item.start}:{'' if item.stop is None else item.stop}"
