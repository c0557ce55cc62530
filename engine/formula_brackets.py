"""Brackets: groups, arrays, indices, fractions, and Σ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.errors import FormulaError
from engine.expression import ArrayOf, Expr, Index, Number, Span, Total
from engine.formula_tokens import TokenReader
from engine.scan import Token

MOST_TERMS = 1_000_000_000
MOST_DIGITS = 18
"""Of an index: what a processor counts places with."""
MOST_ALIASES = 9
"""A subscript of one digit: further a Σ over aliases does not go."""
MOST_WRITTEN_OUT = 12
"""So many Σ of one text are tried: nested ones would double the work each time."""
ROW_MARK = "i"
"""The index of a sum that names none: Σ (ŷ_i − y_i) x_i, sum((ŷ_i − y_i) x_i)."""
Place = tuple[int, list[Token], int]
"""Where a sum's body starts, with its tokens as they were, and how deep it is nested."""
CLOSING = {"(": ")", "[": "]", "{": "}"}


class BracketReader(TokenReader):
    """Reads what stands between brackets."""

    squared: Expr | None = None
    """The group in square brackets that was closed last: a number, or a row of one if it is the entry of an array."""

    # -- indices

    def is_index(self) -> bool:
        """Whether the bracket that opens here holds only whole numbers, colons and commas."""
        before = self.tokens[self.pos - 1]
        if before.kind == "number":
            return False
        ahead = self.pos + 1
        kinds = []
        while self.tokens[ahead].kind in {"number", ":", ",", "-"}:
            token = self.tokens[ahead]
            if token.kind == "number" and not token.text.isdigit():
                return False
            kinds.append(token.kind)
            ahead += 1
        return bool(kinds) and self.tokens[ahead].kind == "]"

    def index(self, base: Expr) -> Expr:
        opened = self.take()
        items: list[int | Span] = [self.index_item()]
        while self.here.kind == ",":
            self.take()
            items.append(self.index_item())
        closed = self.expect("]", opened)
        return self.made(Index(base, tuple(items), at=base.at, end=closed.end))

    def index_item(self) -> int | Span:
        start = self.whole()
        if self.here.kind != ":":
            if start is None:
                raise self.fail("an index is a whole number or a slice such as 1:", self.here.at, self.here.end)
            return start
        self.take()
        return Span(start, self.whole())

    def whole(self) -> int | None:
        sign = 1
        if self.here.kind == "-" and self.peek().kind == "number":
            self.take()
            sign = -1
        if self.here.kind != "number":
            return None
        token = self.take()
        digits = token.text.lstrip("0")
        if len(digits) > MOST_DIGITS:
            raise self.fail(f"no array has so many entries: {digits[:MOST_DIGITS]}…", token.at, token.end)
        return sign * int(digits or "0")

    # -- groups and arrays

    def bracket(self) -> Expr:
        """A group, or an array if it is square and holds commas or rows."""
        opened = self.take()
        self.deeper(opened)
        items = [self.formula()]
        rows = [items[0] is self.squared]
        while self.here.kind == "," and opened.kind == "[":
            self.take()
            items.append(self.formula())
            rows.append(items[-1] is self.squared)
        closed = self.expect(CLOSING[opened.kind], opened)
        self.depth -= 1
        if opened.kind == "[" and all(rows):  # [[1], [2]] has two rows of one number
            items = [self.made(ArrayOf((item,), at=item.at, end=item.end)) for item in items]
        if opened.kind == "[" and (len(items) > 1 or isinstance(items[0], ArrayOf)):
            return self.made(ArrayOf(tuple(items), at=opened.at, end=closed.end))
        found = replace(items[0], at=opened.at, end=closed.end)
        if opened.kind == "[":
            self.squared = found
        return found

    def braced(self) -> Expr | None:
        """A single digit as LaTeX allows it: `\\frac12`."""
        if self.here.kind == "number" and len(self.here.text) == 1:
            token = self.take()
            return Number(float(token.text), at=token.at, end=token.end)
        if self.here.kind == "number" and len(self.here.text) == 2 and self.here.text.isdigit():
            token = self.here
            at = token.at
            self.tokens[self.pos] = replace(token, text=token.text[1], at=at + 1)
            return Number(float(token.text[0]), at=at, end=at + 1)
        return None

    def group(self, kind: str) -> Expr:
        if self.here.kind != kind:
            raise self.fail(f"expected {kind} here", self.here.at, self.here.end)
        return self.bracket()

    # -- Σ

    def total(self, start: Token) -> Expr:
        """Σ with its index and bounds (in either order), over the term that follows."""
        mark, upper = self.upper_bound()
        return self.total_of(start, self.take().text if self.here.kind == "sub" else mark, upper)

    def total_of(self, start: Token, mark: str, upper: int | None = None) -> Expr:
        letters = mark.replace(",", "")
        if len(letters) > 2 or not all(letter.isalpha() for letter in letters):
            raise self.fail("a Σ has one index, or two: Σ_i, Σ_{ij}", start.at, start.end)
        upper = self.upper_bound()[1] or upper
        self.deeper(start)
        place = self.pos, list(self.tokens), self.depth
        outer = self.marks
        self.marks, self.summed = (*outer, *letters), self.summed | set(letters)
        try:
            body = self.term()
        except FormulaError:
            self.marks = outer
            written = self.over_aliases(letters, place, upper) if len(letters) == 1 else None
            if written is None and not letters:
                written = self.by_row(place, lambda: self.total_of(start, ROW_MARK, upper))
            if written is None:
                raise
            return written
        self.marks = outer
        self.depth -= 1
        for letter in reversed(letters or [""]):
            body = self.made(Total(body, letter, upper, at=start.at, end=body.end))
        return body

    def by_row(self, place: Place, read: Callable[[], Expr]) -> Expr | None:
        """`Σ (ŷ_i − y_i) x_i` read again with its index said; None where that does not help either."""
        if ROW_MARK in self.marks:
            return None
        before = self.pos, self.tokens, self.depth
        self.pos, self.tokens, self.depth = place[0], list(place[1]), place[2] - 1
        outer = self.marks
        try:
            return read()
        except FormulaError:
            self.pos, self.tokens, self.depth = before
            return None
        finally:
            self.marks = outer

    def over_aliases(self, letter: str, place: Place, upper: int | None) -> Expr | None:
        """Σ_k over names of the lesson, such as w_{k1}^{(2)} for k = 1, 2, …, as long as there are such; else None."""
        self.written_out += 1
        if letter in self.numbers or self.written_out > MOST_WRITTEN_OUT:
            return None
        terms: list[Expr] = []
        after = place
        for number in range(1, min(upper or MOST_ALIASES, MOST_ALIASES) + 1):
            self.pos, self.tokens, self.depth = place[0], list(place[1]), place[2]
            self.numbers[letter] = str(number)
            try:
                terms.append(self.term())
            except FormulaError:
                break
            finally:
                self.numbers.pop(letter)
            after = self.pos, self.tokens, self.depth
        self.pos, self.tokens, self.depth = after[0], after[1], place[2] - 1
        if len(terms) < (upper or 2):
            return None
        whole = terms[0]
        for term in terms[1:]:
            whole = self.binary("add", whole, term)
        return whole

    def upper_bound(self) -> tuple[str, int | None]:
        """`^{m}`, `^m`, `^3`, `ᵐ` after Σ: the index if it stands behind, as in `^m_{i=1}`, and the bound if it is a
        number."""
        if self.here.kind in {"sup", "letter"}:
            text = self.take().text
            return "", int(text) if text.isdigit() else None
        if self.here.kind != "^":
            return "", None
        self.take()
        if self.here.kind == "{":
            return "", self.bound_in_braces()
        if self.here.kind == "number":
            token = self.take()
            return "", self.bound(token)
        if self.here.kind == "run":
            last = self.take().units[-1:]
            return last[0].key if last and last[0].subscript and last[0].key.isalpha() else "", None
        return "", None

    def bound_in_braces(self) -> int | None:
        opened = self.take()
        tokens = []
        while self.here.kind in {"run", "number"}:
            tokens.append(self.take())
        self.expect("}", opened)
        return self.bound(tokens[0]) if len(tokens) == 1 and tokens[0].kind == "number" else None

    def bound(self, token: Token) -> int:
        if not token.text.isdigit() or not 0 < int(token.text[:9]) < MOST_TERMS:
            raise self.fail("the upper limit of a Σ is a whole number or m", token.at, token.end)
        return int(token.text)
