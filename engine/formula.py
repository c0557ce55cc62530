"""Text → tree: the one formula language of lesson nodes, `tutor explain` and students' answers.

    formula   = term { ("+" | "-") term }
    term      = factor { ("*" | "/" | "@" | nothing) factor }          one level, left to right
    factor    = ("-" | "+") factor | power
    power     = postfix [ ("^" | "**") exponent ]                       to the right
    exponent  = ("-" | "+") exponent | power
    postfix   = atom { "[" index "]" | "'" | ".T" | "^T" | "_" digits | "²" }
    atom      = number | names | function "(" formula { "," formula } ")" | "(" formula ")" | array
              | derivative | Σ term | "\\frac{" formula "}{" formula "}"

The parser is written by hand because what a run of letters means depends on the names of the graph.
Text is parsed, never evaluated as Python.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.expression import Call, Derivative, Entry, Expr, Name, Number, walk
from engine.formula_derivatives import DerivativeReader
from engine.formula_names import STARTS
from engine.scan import MINUS, Token
from engine.scope import Function, Scope

_ADD = {"+": "add", "-": "sub"}
_MULTIPLY = {"*": "mul", "/": "div", "@": "matmul"}


def parse(text: str, scope: Scope | None = None) -> Expr:
    """The tree of `text`. Raises FormulaError with the place of whatever cannot be read."""
    parser = Parser(text, scope or Scope(open=True))
    expr = parser.formula()
    parser.finish()
    return expr


class Parser(DerivativeReader):
    """Recursive descent over the tokens of one text: the levels from sums down to atoms."""

    # -- levels

    def formula(self) -> Expr:
        left = self.term()
        while self.here.kind in _ADD:
            op = _ADD[self.take().kind]
            left = self.binary(op, left, self.term())
        return left

    def term(self) -> Expr:
        left = self.factor()
        while True:
            if self.here.kind in _MULTIPLY:
                op = _MULTIPLY[self.take().kind]
                left = self.binary(op, left, self.factor())
            elif self.here.kind in STARTS:
                left = self.binary("mul", left, self.beside(left))
            else:
                return left

    def beside(self, left: Expr) -> Expr:
        """The factor of an implicit product."""
        if self.here.kind == "number":
            before = self.tokens[self.pos - 1]
            if before.kind == "number":
                raise self.fail("two numbers side by side: write 2*3, or 0.5 with a point", self.here.at, self.here.end)
        return self.power()

    def factor(self) -> Expr:
        return self.signed(self.power)

    def signed(self, level: Callable[[], Expr]) -> Expr:
        signs: list[Token] = []
        while self.here.kind in _ADD:
            signs.append(self.take())
        expr = level()
        for sign in reversed(signs):
            if sign.kind == "-":
                expr = self.made(negative(expr, sign.at))
        return expr

    def power(self) -> Expr:
        base = self.postfix()
        if self.here.kind != "^":
            return base
        token = self.take()
        self.deeper(token)
        exponent = self.signed(self.power)
        self.depth -= 1
        return self.raised(base, exponent)

    def postfix(self) -> Expr:
        expr = self.atom()
        while True:
            kind = self.here.kind
            if kind == "[" and self.is_index():
                expr = self.index(expr)
            elif kind in {"prime", "transpose"}:
                expr = self.made(Call("transpose", (expr,), at=expr.at, end=self.take().end))
            elif kind == "^" and (token := self.transposed()):
                expr = self.made(Call("transpose", (expr,), at=expr.at, end=token.end))
            elif kind == "sub":
                token = self.take()
                if not token.text.replace(",", "").isdigit():
                    raise self.fail("the subscript of an expression is a number: (Wx)_1", token.at, token.end)
                expr = self.made(Entry(expr, token.text, at=expr.at, end=token.end))
            elif kind == "mark":
                expr = self.marked_power(expr)
            elif kind == "letter":
                expr = self.raised(expr, self.letter(self.take()))
            elif kind == "sup":
                token = self.take()
                exponent = Number(float(token.text), at=token.at, end=token.end)
                expr = self.raised(expr, exponent)
            else:
                return expr

    def marked_power(self, base: Expr) -> Expr:
        """`^(3)` and `^(i)` after something that no alias or row mark explains: a power in brackets.

        `x^{(3)}` is not read as one: who writes so means a layer or a row, and a wrong reading would cost points.
        """
        token = self.take()
        if isinstance(base, Name | Entry) and self.text[token.at : token.end].startswith(("^{", "⁽")):
            spelled = self.text[base.at : token.end]
            raise self.fail(f"{spelled} is no name here; a power is written ^{token.text}", base.at, token.end)
        if token.text.isdigit():
            return self.raised(base, Number(float(token.text), at=token.at, end=token.end))
        return self.raised(base, self.letter(token))

    def transposed(self) -> Token | None:
        """Takes `^T`, `^{T}` or `^\\top` if it stands here and T is no name of the graph."""
        after = self.peek()
        if after.kind == "transpose":
            self.take()
            return self.take()
        if "T" in self.scope.names:
            return None
        if after.kind == "run" and after.text == "T":
            self.take()
            return self.take()
        if after.kind == "{" and self.peek(2).text in {"T", "\\top"} and self.peek(3).kind == "}":
            self.pos += 3
            return self.take()
        return None

    # -- atoms

    def atom(self) -> Expr:
        token = self.here
        match token.kind:
            case "number":
                self.take()
                return Number(_finite(self, token), at=token.at, end=token.end)
            case "run":
                return self.run()
            case "piece":
                self.take()
                assert isinstance(token.piece, Expr | Function)
                return self.piece(token.piece)
            case "(":
                return self.derivative_in_brackets() or self.bracket()
            case "[" | "{":
                return self.bracket()
            case "frac":
                return self.fraction()
            case "partial":
                return self.derivative() or self.unread_derivative(token)
            case "sum":
                self.take()
                return self.total(token)
            case "end":
                raise self.fail("something is missing here", token.at)
            case _:
                raise self.misfit(token)

    def run(self) -> Expr:
        if (found := self.derivative()) is not None:
            return found
        return self.one(self.take())

    def fraction(self) -> Expr:
        start = self.take()
        numerator, denominator = self.braced(), None
        if numerator is None and self.here.kind == "{":
            if (found := self.derivative_fraction()) is not None:
                return found
            numerator = self.group("{")
        denominator = self.braced() or self.group("{")
        assert numerator is not None
        return self.made(Call("div", (numerator, denominator), at=start.at, end=denominator.end))


def negative(expr: Expr, at: int) -> Expr:
    """Minus `expr`; a number takes the sign itself."""
    if isinstance(expr, Number):
        return Number(-expr.value, at=at, end=expr.end)
    return Call("neg", (expr,), at=at, end=expr.end)


def _finite(parser: Parser, token: Token) -> float:
    value = float(token.text.translate(MINUS))
    if value == float("inf"):
        raise parser.fail("this number is too large for a double (at most about 1.8e308)", token.at, token.end)
    return value


def references(expr: Expr) -> tuple[Derivative, ...]:
    """Every derivative that `expr` names."""
    return tuple(here for here in walk(expr) if isinstance(here, Derivative))
