"""The parser's hands: the tokens of one text, where it stands in them, and how much it may read."""

from __future__ import annotations

from engine.errors import FormulaError
from engine.expression import Call, Expr
from engine.scan import MAX_NESTING, MAX_OPERATIONS, Token, scan
from engine.scope import Scope


class TokenReader:
    """Moves over the tokens of `text`; nesting and size are bounded.

    The levels of the grammar that the parts of the parser call are named here and written in `formula.Parser`.
    """

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.tokens = scan(text)
        self.pos = 0
        self.depth = 0
        self.operations = 0
        self.marks: tuple[str, ...] = ()
        self.summed: frozenset[str] = frozenset()
        """Indices of the Σ read so far."""
        self.written_out = 0
        self.numbers: dict[str, str] = {}
        """Indices of Σ that stand for a number just now: w_{k1} is the alias w_{21} where k is 2."""

    # -- levels

    def formula(self) -> Expr:
        """A sum of terms."""
        raise NotImplementedError

    def term(self) -> Expr:
        """A product of factors."""
        raise NotImplementedError

    def power(self) -> Expr:
        """A base with its exponent."""
        raise NotImplementedError

    # -- tokens

    @property
    def here(self) -> Token:
        return self.tokens[self.pos]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.pos + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.pos]
        self.pos = min(self.pos + 1, len(self.tokens) - 1)
        return token

    def fail(self, message: str, at: int, end: int | None = None) -> FormulaError:
        return FormulaError(message, text=self.text, at=at, end=end)

    def expect(self, kind: str, opened: Token | None = None) -> Token:
        if self.here.kind == kind:
            return self.take()
        if self.here.kind == "end" and opened is not None:
            raise self.fail(f"this {opened.text} is never closed", opened.at, opened.end)
        raise self.fail(f"expected {kind} here, not {self.here.text or 'the end'}", self.here.at, self.here.end)

    def finish(self) -> None:
        """Nothing may follow the formula."""
        token = self.here
        if token.kind == "end":
            return
        if token.kind == "=":
            raise self.fail("a formula has no = sign; give only what stands to its right", token.at, token.end)
        if token.kind == ",":
            raise self.fail(
                "a comma parts only arguments, or entries in brackets: [1, 2]; decimals: 0.5", token.at, token.end
            )
        raise self.misfit(token)

    def misfit(self, token: Token) -> FormulaError:
        """What to raise for a token that cannot stand where it does."""
        return self.fail(f"{self.text[token.at : token.end]} does not fit here", token.at, token.end)

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.fail(f"nested more than {MAX_NESTING} levels deep", token.at, token.end)

    def made(self, expr: Expr) -> Expr:
        """Counts an operation."""
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise self.fail(f"more than {MAX_OPERATIONS} operations", expr.at, expr.end)
        return expr

    def binary(self, op: str, left: Expr, right: Expr) -> Expr:
        return self.made(Call(op, (left, right), at=left.at, end=right.end))
