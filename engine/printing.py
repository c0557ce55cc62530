"""The tree written back: in one line as a student would write it, and as LaTeX."""

from __future__ import annotations

import re
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
from engine.scope import CONSTANTS

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_INFIX = {"add": (" + ", _SUM), "sub": (" - ", _SUM), "mul": ("·", _PRODUCT), "div": ("/", _PRODUCT)}
_INFIX["matmul"] = (" @ ", _PRODUCT)
_SUBSCRIPT = re.compile(r"(.+)_(?:\{([^{}]*)\}|(\w+))")
Written = tuple[str, int]


def show(
    expr: Expr,
    spelled: Mapping[str, str] | None = None,
    leaf: Callable[[str], str] | None = None,
) -> str:
    """`expr` in one line: `2·(ŷ - y)·x`, read left to right with as few brackets as are needed.

    `spelled` maps keys to spellings; `leaf`, if given, says what is written for a name (its number, for instance).
    """
    return _written(expr, spelled or {}, leaf)[0]


def atom(expr: Expr, spelled: Mapping[str, str] | None = None) -> str:
    """`expr` in one line, in brackets unless it is a single name, number or call."""
    return _bracket(_written(expr, spelled or {}, None), _ATOM)


def _written(expr: Expr, names: Mapping[str, str], leaf: Callable[[str], str] | None) -> Written:
    write = leaf or (lambda key: names.get(key, key))
    letters = {value: letter for letter, value in CONSTANTS.items() if letter not in names}
    return fold(expr, lambda here, below: _write(here, below, write, letters))


def _write(here: Expr, below: list[Written], leaf: Callable[[str], str], letters: Mapping[float, str]) -> Written:
    match here:
        case Number(value=value):
            return _write_number(value, letters)
        case Name(key=key):
            text = leaf(key)
            return text, _SIGN if text.startswith("-") else _ATOM
        case Rows(letter=letter):
            return letter, _ATOM
        case Call(op=op):
            return _write_call(op, below)
        case ArrayOf():
            return f"[{', '.join(text for text, _ in below)}]", _ATOM
        case Entry(body=body, digits=digits):
            return f"{_subscripted(body, below[0])}_{_subscript(digits)}", _ATOM
        case Index(body=body, items=items):
            base = f"({below[0][0]})" if isinstance(body, Number) else _bracket(below[0], _ATOM)
            return f"{base}[{','.join(show_item(i) for i in items)}]", _ATOM
        case Prime(function=function):
            return f"{function}'({below[0][0]})", _ATOM
        case Marked():
            return _write_marked(here, below[0]), _ATOM
        case Total(mark=mark, upper=upper):
            limits = f"_{{{mark or 'i'}=1}}^{{{upper}}}" if upper else f"_{mark}" if mark else ""
            return f"Σ{limits} {_bracket(below[0], _PRODUCT)}", _PRODUCT
        case Derivative():
            return f"∂{_bracket(below[0], _ATOM)}/∂{_bracket(below[1], _ATOM)}", _PRODUCT
    raise AssertionError(here)


def _subscripted(body: Expr, written: Written) -> str:
    """What takes a subscript: h_1_2 would be another name, so (h_1)_2."""
    name = isinstance(body, Name) and not written[0][-1:].isdigit()
    closed = written[1] == _ATOM and written[0][-1:] in {")", "]", "ᵀ"}
    return written[0] if name or closed else f"({written[0]})"


def _write_marked(here: Marked, body: Written) -> str:
    """`y_i`, `x_{i1}`; `W_{1j}` and `W_{ij}` for a row of a matrix with a mark behind."""
    if isinstance(here.body, Entry | Marked) and (found := _SUBSCRIPT.fullmatch(body[0])) is not None:
        return f"{found[1]}_{{{found[2] or found[3]}{here.mark}}}"
    return f"{_bracket(body, _ATOM)}_{_subscript(here.mark, here.rest)}"


def _subscript(*parts: str) -> str:
    """In braces unless it is one run of digits or one letter."""
    text = "".join(parts)
    return text if text.isdigit() or len(text) == 1 else f"{{{text}}}"


def _write_number(value: float, letters: Mapping[float, str]) -> Written:
    """With all its digits, or the letter of a constant."""
    if value in letters:
        return letters[value], _ATOM
    texts = (show_number(value, digits) for digits in (12, 15, 16, 17))
    text = next(text for text in texts if float(text) == value)
    return text, _SIGN if value < 0 else _ATOM


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
    if level == _PRODUCT and left[1] == _PRODUCT and _bracketed_before(op, left[0]):
        first = f"({left[0]})"
    wanted = _PRODUCT if op in {"add", "sub"} else _POWER
    second = f"({right[0]})" if right[0].startswith("-") else _bracket(right, wanted)
    return f"{first}{sign}{second}", level


def _bracketed_before(op: str, product: str) -> bool:
    """(Σ x)/2, or the Σ would take the 2 in; (1/2)·x, because not everybody reads 1/2·x alike."""
    return product.startswith("Σ") or (op != "div" and _divides(product))


def _divides(product: str) -> bool:
    """Whether a / stands outside all brackets."""
    depth = 0
    for char in product:
        depth += (char in "([{") - (char in ")]}")
        if char == "/" and not depth:
            return True
    return False


def _bracket(part: Written, level: int) -> str:
    return part[0] if part[1] >= level else f"({part[0]})"


def show_item(item: int | Span) -> str:
    """An index or a slice as code writes it."""
    if isinstance(item, int):
        return str(item)
    return f"{'' if item.start is None else item.start}:{'' if item.stop is None else item.stop}"
