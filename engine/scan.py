"""Characters → tokens: every spelling of a sign, name or LaTeX command becomes one kind of token, with its place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from engine.errors import FormulaError
from engine.names import ACCENTS, COMBINING, COMMANDS, normalise

MAX_LENGTH = 2_000
MAX_NESTING = 50
MAX_OPERATIONS = 500


@dataclass(frozen=True, slots=True)
class Unit:
    """A letter (or a command that stands for one) or a subscript inside a run of letters; `key` is its normal form."""

    key: str
    text: str
    at: int
    end: int
    subscript: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, run, mark `^(3)`, sup `²`, letter `ⁿ`, sub `_1`, prime, sum, partial, frac, transpose,
    end, or the sign itself."""

    kind: str
    text: str
    at: int
    end: int
    units: tuple[Unit, ...] = ()
    piece: object = None
    """What the parser has found it to mean: one name of a run that was split."""


SIGNS: dict[str, str] = {
    **dict.fromkeys("*·×⋅∙•∗∘⊙⊗", "*"),
    **dict.fromkeys("/÷\u2044∕", "/"),
    **dict.fromkeys("-−–‐‑﹣－", "-"),
    **{c: c for c in "+^@()[]{},:=;"},
    "＋": "+",
    "（": "(",
    "）": ")",
    "，": ",",
}
COMMAND_SIGNS: dict[str, str] = {
    "cdot": "*",
    "times": "*",
    "odot": "*",
    "circ": "*",
    "div": "/",
    "sum": "sum",
    "partial": "partial",
    "frac": "frac",
    "dfrac": "frac",
    "tfrac": "frac",
    "top": "transpose",
    "intercal": "transpose",
}
SKIPPED_COMMANDS = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle limits quad qquad mleft mright".split()
)
FONTS = frozenset("mathrm mathbf mathit mathsf boldsymbol bm text textrm operatorname".split())
WORDS = frozenset("exp log ln sqrt sin cos tanh sinh cosh max min sigmoid relu softmax softplus".split())
"""LaTeX commands that stand for the word itself."""

_SUPERSCRIPTS = dict(
    zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ᵀⁱⁿᵐʲᵏˡᵃᵇᶜᵈᵉᶠᵍʰᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵝᵞᵟ", "0123456789+-()Tinmjklabcdefghoprstuvwxyzβγδ", strict=True)
)
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙ₌", "0123456789ijklmn=", strict=True))
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-−–]?[0-9]+)?")
MINUS = str.maketrans("−–", "--")
"""The signs that stand for a minus in front of a number's exponent, as Python reads it."""
_ACCENT = re.compile(r"\\(?:%s)(?![A-Za-z])\s*(?:\{[^{}]*\}|\\[A-Za-z]+|[^\W\d_])" % "|".join(ACCENTS))
_FONT = re.compile(r"\\(?:%s)\s*\{([^{}]*)\}" % "|".join(sorted(FONTS)))
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_BRACED = re.compile(r"_\s*\{([^{}]{0,40})\}")
_PLAIN_SUB = re.compile(r"_([0-9]+|[^\W\d_])")
_MARK = re.compile(r"\^\s*(?:\{\s*\(\s*([0-9]{1,3}|[^\W\d_])\s*\)\s*\}|\(\s*([0-9]{1,3}|[^\W\d_])\s*\))")


def _is_letter(char: str) -> bool:
    return char.isalpha() and char not in "Σ∑" and char not in _SUPERSCRIPTS and char not in _SUBSCRIPTS


class Scanner:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.tokens: list[Token] = []

    def fail(self, message: str, at: int, end: int | None = None) -> FormulaError:
        return FormulaError(message, text=self.text, at=at, end=end)

    def scan(self) -> list[Token]:
        """All tokens, the last one of kind "end". Raises FormulaError at a character that has no meaning."""
        if len(self.text) > MAX_LENGTH:
            said = f"a formula may have {MAX_LENGTH} characters; this one has {len(self.text)}"
            raise FormulaError(said, text=self.text[: MAX_LENGTH + 1], at=MAX_LENGTH)  # what is shown is bounded too
        while self.pos < len(self.text):
            self._one()
        self._add("end", self.pos, self.pos)
        return self.tokens

    def _add(self, kind: str, at: int, end: int, text: str | None = None, units: tuple[Unit, ...] = ()) -> None:
        self.tokens.append(Token(kind, self.text[at:end] if text is None else text, at, end, units))
        self.pos = end

    def _one(self) -> None:
        char = self.text[self.pos]
        if char.isspace() or char in "\u2061\u2062\u200b\ufeff":
            self.pos += 1
        elif char in "0123456789" or (char == "." and _NUMBER.match(self.text, self.pos)):
            self._number()
        elif char == "\\":
            self._command()
        elif _is_letter(char):
            self._run()
        else:
            self._sign(char)

    def _number(self) -> None:
        match = _NUMBER.match(self.text, self.pos)
        assert match is not None
        self._add("number", self.pos, match.end())

    def _sign(self, char: str) -> None:
        at = self.pos
        if char == "*" and self.text.startswith("**", at):
            self._add("^", at, at + 2)
        elif char == "^" and (mark := _MARK.match(self.text, at)):
            self._add("mark", at, mark.end(), mark[1] or mark[2])
        elif char in SIGNS:
            self._add(SIGNS[char], at, at + 1)
        elif char in "'′’":
            self._add("prime", at, at + 1)
        elif char in "Σ∑":
            self._add("sum", at, at + 1)
        elif char in "∂":
            self._add("partial", at, at + 1)
        elif char == "√":
            self._add("run", at, at + 1, "sqrt", (Unit("sqrt", "sqrt", at, at + 1),))
        elif char in _SUPERSCRIPTS:
            self._superscript()
        elif char == "_" or char in _SUBSCRIPTS:
            self._subscript()
        elif self.text.startswith(".T", at):
            self._add("transpose", at, at + 2)
        else:
            raise self.fail(f"{_called(char)} has no meaning in a formula", at)

    def _superscript(self) -> None:
        at = end = self.pos
        if self.text[at] == "ᵀ":
            self._add("transpose", at, at + 1)
            return
        while end < len(self.text) and self.text[end] in _SUPERSCRIPTS and self.text[end] != "ᵀ":
            end += 1
        value = "".join(_SUPERSCRIPTS[c] for c in self.text[at:end])
        if value[0] == "(" and ")" in value:  # a⁽³⁾² is the square of a⁽³⁾
            end = at + value.index(")") + 1
            value = value[: end - at]
        if value[0] == "(" and value[-1] == ")" and value[1:-1].isalnum():
            self._add("mark", at, end, value[1:-1])
        elif re.fullmatch(r"[+-]?[0-9]+", value):
            self._add("sup", at, end, value)
        elif len(value) == 1 and value.isalpha():
            self._add("letter", at, end, value)
        else:
            raise self.fail("this superscript is neither a whole number, T, nor (i)", at, end)

    def _subscript(self) -> None:
        unit = self._subscript_unit(self.pos)
        if unit is None:
            raise self.fail("_ needs a subscript after it: a_1, W_{12}", self.pos)
        self._add("sub", unit.at, unit.end, unit.key)

    def _subscript_unit(self, at: int) -> Unit | None:
        """The subscript that starts at `at`, if one does: `_1`, `_{12}`, `_i`, `₁₂`."""
        if match := _BRACED.match(self.text, at) or _PLAIN_SUB.match(self.text, at):
            content = self._index_of_sum(match[1], at, match.end()).replace(" ", "").replace("_", "")
            key = ",".join(normalise(part) for part in content.split(","))
            if not key or not all(c.isalnum() or c == "," for c in key):
                raise self.fail("a subscript is made of letters and digits, as in w_{12}", at, match.end())
            return Unit(key, match[0], at, match.end(), True)
        end = at
        while end < len(self.text) and self.text[end] in _SUBSCRIPTS:
            end += 1
        if end == at:
            return None
        key = self._index_of_sum("".join(_SUBSCRIPTS[c] for c in self.text[at:end]), at, end)
        if not key:
            raise self.fail("a subscript is made of letters and digits, as in w₁₂", at, end)
        return Unit(key, self.text[at:end], at, end, True)

    def _index_of_sum(self, content: str, at: int, end: int) -> str:
        """The index i of Σ_{i=1} and Σᵢ₌₁, or the subscript as it is; another start than 1 would be another sum."""
        index, equals, first = content.partition("=")
        if equals and first.strip() not in {"1", ""}:
            raise self.fail(f"a Σ starts at 1 here: {index.strip()}=1", at, end)
        return index

    def _command(self) -> None:
        at = self.pos
        if _ACCENT.match(self.text, at) or _FONT.match(self.text, at):
            self._run()
            return
        match = _COMMAND.match(self.text, at)
        if match is None:
            spaces = 2 if self.text[at + 1 : at + 2] in {",", ";", "!", ":", " ", "\\"} else 0
            if not spaces:
                raise self.fail("a backslash starts a LaTeX command such as \\sigma", at)
            self.pos += spaces
        elif match[1] in COMMANDS or match[1] in WORDS:
            self._run()
        elif match[1] in COMMAND_SIGNS:
            self._add(COMMAND_SIGNS[match[1]], at, match.end())
        elif match[1] in SKIPPED_COMMANDS:
            self.pos = match.end()
        else:
            raise self.fail(f"unknown LaTeX command \\{match[1]}", at, match.end())

    def _run(self) -> None:
        """A run of letters, digits, accents and subscripts without a space."""
        at = self.pos
        units: list[Unit] = []
        pos = at
        while unit := self._letter_unit(pos) or (self._tail_unit(pos) if units else None):
            units.append(unit)
            pos = unit.end
        self._add("run", at, pos, units=tuple(unit for unit in units if unit.key))

    def _letter_unit(self, pos: int) -> Unit | None:
        text = self.text
        if pos >= len(text):
            return None
        if text[pos] == "\\":
            return self._command_unit(pos)
        if not _is_letter(text[pos]):
            return None
        end = pos + 1
        while end < len(text) and (text[end] in COMBINING or unicodedata.combining(text[end])):
            end += 1
        return Unit(normalise(text[pos:end]), text[pos:end], pos, end)

    def _command_unit(self, pos: int) -> Unit | None:
        if match := _ACCENT.match(self.text, pos):
            return Unit(normalise(match[0]), match[0], pos, match.end())
        if match := _FONT.match(self.text, pos):
            key = normalise(match[1])
            if not key or not key[0].isalpha() or not key.isalnum():
                raise self.fail("a font command holds one name, as in \\mathrm{relu}", pos, match.end())
            return Unit(key, match[0], pos, match.end())
        match = _COMMAND.match(self.text, pos)
        if match and (match[1] in COMMANDS or match[1] in WORDS):
            return Unit(COMMANDS.get(match[1], match[1]), match[0], pos, match.end())
        return None

    def _tail_unit(self, pos: int) -> Unit | None:
        end = pos
        while end < len(self.text) and self.text[end] in "0123456789":
            end += 1
        if end > pos:
            return Unit(self.text[pos:end], self.text[pos:end], pos, end, True)
        if unit := self._subscript_unit(pos) if pos < len(self.text) else None:
            return unit
        if self.text.startswith("_", pos):  # y__1, y_ : underscores fall away
            return Unit("", "_", pos, pos + 1, True)
        return None


def _called(char: str) -> str:
    """The character as it may be shown: itself if it prints, else its code point."""
    printable = char.isprintable() and not unicodedata.category(char).startswith("C")
    return repr(char) if printable else f"the character U+{ord(char):04X}"


def scan(text: str) -> list[Token]:
    """The tokens of `text`. Raises FormulaError with the place."""
    return Scanner(text).scan()
