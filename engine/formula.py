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
from dataclasses import replace

from engine.errors import FormulaError, did_you_mean
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
    Span,
    Total,
    walk,
)
from engine.ops import FUNCTIONS, OPS
from engine.scan import MAX_NESTING, MAX_OPERATIONS, Token, Unit, scan
from engine.scope import E, Function, Piece, Scope, Splitter

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_ADD = {"+": "add", "-": "sub"}
_MULTIPLY = {"*": "mul", "/": "div", "@": "matmul"}
_STARTS = frozenset(("number", "run", "piece", "(", "[", "{", "sum", "partial", "frac"))


def parse(text: str, scope: Scope | None = None) -> Expr:
    """The tree of `text`. Raises FormulaError with the place of whatever cannot be read."""
    parser = Parser(text, scope or Scope(open=True))
    expr = parser.formula()
    parser.finish()
    return expr


class Parser:
    """Recursive descent over the tokens of one text; nesting and size are bounded."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.text = text
        self.scope = scope
        self.tokens = scan(text)
        self.pos = 0
        self.depth = 0
        self.operations = 0
        self.marks: tuple[str, ...] = ()

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
        raise self.fail(
            f"expected {kind} here, not {self.here.text or 'the end'}", self.here.at, self.here.end
        )

    def finish(self) -> None:
        """Nothing may follow the formula."""
        token = self.here
        if token.kind == "end":
            return
        if token.kind == "=":
            raise self.fail(
                "a formula has no = sign; give only what stands to its right", token.at, token.end
            )
        if token.kind == ",":
            raise self.fail(
                "a comma stands only between arguments; decimals take a point: 0.5", token.at, token.end
            )
        raise self.fail(f"{token.text} does not fit here", token.at, token.end)

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
            elif self.here.kind in _STARTS:
                left = self.binary("mul", left, self.beside(left))
            else:
                return left

    def beside(self, left: Expr) -> Expr:
        """The factor of an implicit product."""
        if self.here.kind == "number":
            before = self.tokens[self.pos - 1]
            if before.kind == "number":
                raise self.fail(
                    "two numbers side by side: write 2*3, or 0.5 with a point", self.here.at, self.here.end
                )
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

    def raised(self, base: Expr, exponent: Expr) -> Expr:
        if isinstance(base, Number) and base.value == E:
            return self.made(Call("exp", (exponent,), at=base.at, end=exponent.end))
        return self.binary("pow", base, exponent)

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
                expr = Entry(expr, token.text, at=expr.at, end=token.end)
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
        """`^(3)` and `^(i)` after something that no alias or row mark explains: a power in brackets."""
        token = self.take()
        if token.text.isdigit():
            return self.raised(base, Number(float(token.text), at=token.at, end=token.end))
        return self.raised(base, self.letter(token))

    def letter(self, token: Token) -> Expr:
        """The name that a letter in a superscript stands for."""
        unit = Unit(token.text, token.text, token.at, token.end)
        return self.one(Token("run", token.text, token.at, token.end, (unit,)))

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

    # -- brackets and indices

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
                raise self.fail(
                    "an index is a whole number or a slice such as 1:", self.here.at, self.here.end
                )
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
        return sign * int(self.take().text[:9])

    def bracket(self) -> Expr:
        """A group, or an array if it is square and holds commas or rows."""
        opened = self.take()
        self.deeper(opened)
        first = self.formula()
        items = [first]
        while self.here.kind == "," and opened.kind == "[":
            self.take()
            items.append(self.formula())
        closed = self.expect(_CLOSING[opened.kind], opened)
        self.depth -= 1
        if opened.kind == "[" and (len(items) > 1 or isinstance(first, ArrayOf)):
            return self.made(ArrayOf(tuple(items), at=opened.at, end=closed.end))
        return replace(first, at=opened.at, end=closed.end)

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
            case "(" | "[" | "{":
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
                raise self.fail(f"{token.text} does not fit here", token.at, token.end)

    def unread_derivative(self, token: Token) -> Expr:
        raise self.fail("∂ stands in a derivative of two names, as in ∂L/∂w1", token.at, token.end)

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

    def total(self, start: Token) -> Expr:
        """Σ with its index and bounds, over the term that follows."""
        return self.total_of(start, self.take().text if self.here.kind == "sub" else "")

    def total_of(self, start: Token, mark: str) -> Expr:
        self.upper_bound()
        self.deeper(start)
        outer = self.marks
        self.marks = (*outer, mark) if mark else outer
        body = self.term()
        self.marks = outer
        self.depth -= 1
        return self.made(Total(body, mark, at=start.at, end=body.end))

    def upper_bound(self) -> None:
        """Skips `^{m}`, `^m`, `^3`, `ᵐ` after Σ."""
        if self.here.kind in {"sup", "letter"}:
            self.take()
        elif self.here.kind == "^":
            self.take()
            if self.here.kind == "{":
                opened = self.take()
                while self.here.kind in {"run", "number"}:
                    self.take()
                self.expect("}", opened)
            elif self.here.kind in {"run", "number"}:
                self.take()

    # -- runs of letters

    def run(self) -> Expr:
        if (found := self.derivative()) is not None:
            return found
        return self.one(self.take())

    def one(self, token: Token) -> Expr:
        """The first name of a run; the others are left standing beside it, so that 1/xy is (1/x)·y."""
        if self.scope.open and (free := self.free(token)) is not None:
            return free
        if self.is_sum_with_index(token):
            return self.sum_with_index(token)
        pieces = (
            self.superscripted(token) or Splitter(token.units, self.scope, self.marks, self.calls()).split()
        )
        if pieces is None:
            raise self.unknown(token)
        rest = [Token("piece", token.text, piece.at, piece.end, (), piece) for piece in pieces[1:]]
        self.tokens[self.pos : self.pos] = rest
        return self.piece(pieces[0])

    def piece(self, piece: Piece) -> Expr:
        return self.called(piece) if isinstance(piece, Function) else piece

    def free(self, token: Token) -> Expr | None:
        """In an open scope a run is one new name, unless it is a known name, a function or a constant."""
        key = _key(token.units)
        if key in self.scope.names or key in self.scope.aliases:
            return None
        if key in FUNCTIONS and self.calls():
            return None
        if key == "e" and "e" not in self.scope.names:
            return Number(E, at=token.at, end=token.end)
        if self.here.kind == "(" and key not in FUNCTIONS and len(token.units) > 1:
            raise self.unknown(token)
        return Name(key, at=token.at, end=token.end)

    def calls(self) -> bool:
        """Whether what follows makes a function's name a call: brackets, a prime, a power before brackets."""
        return self.here.kind in {"(", "[", "{", "prime", "^", "sup", "number", "run", "frac", "sum"}

    def is_sum_with_index(self, token: Token) -> bool:
        """`sum_i …`, unless the graph has a name spelled so."""
        if _key(token.units[:3]) != "sum" or len(token.units) < 4:
            return False
        mark = token.units[3]
        named = _key(token.units[:4]) in self.scope.names or _key(token.units) in self.scope.names
        return mark.subscript and mark.key.isalpha() and not named

    def sum_with_index(self, token: Token) -> Expr:
        rest = token.units[4:]
        if rest:
            self.pos -= 1
            text = self.text[rest[0].at : token.end]
            self.tokens[self.pos] = Token("run", text, rest[0].at, token.end, rest)
        return self.total_of(token, token.units[3].key)

    def superscripted(self, token: Token) -> list[Piece] | None:
        """`a_1^{(3)}` and `a^{(3)}_1` where an alias is spelled so; row marks `y^{(i)}` inside Σ."""
        if self.here.kind != "mark":
            return None
        mark = self.here
        if mark.text in self.marks:
            pieces = Splitter(token.units, self.scope, self.marks, False).split()
            if pieces is None:
                return None
            self.take()
            last = pieces[-1]
            assert not isinstance(last, Function)
            return [*pieces[:-1], _mark(last, mark)]
        after = self.peek()
        keys = [f"{_key(token.units)}^({mark.text})"]
        if after.kind == "sub":
            keys.insert(0, f"{_key(token.units)}{after.text.replace(',', '')}^({mark.text})")
        for key in keys:
            if key in self.scope.aliases:
                end = self.take()
                if "sub" == after.kind and key is keys[0]:
                    end = self.take()
                return [replace(self.scope.aliases[key], at=token.at, end=end.end)]
        return None

    def called(self, function: Function) -> Expr:
        """`f(…)`, `f'(…)`, `f^2(…)`, and `log p` without brackets."""
        prime = self.take() if self.here.kind == "prime" else None
        exponent: Expr | None = None
        if self.here.kind in {"^", "sup"} and self.power_before_call():
            exponent = self.function_exponent()
        args, end = self.arguments(function)
        if prime is not None:
            if not OPS[function.op].elementwise or len(args) != 1:
                raise self.fail(f"{function.op} has no derivative written with '", prime.at, prime.end)
            expr: Expr = self.made(Prime(args[0], function.op, at=function.at, end=end))
        else:
            expr = self.call(function, args, end)
        return expr if exponent is None else self.raised(expr, exponent)

    def power_before_call(self) -> bool:
        if self.here.kind == "sup":
            return self.peek().kind == "("
        return self.peek().kind == "number" and self.peek(2).kind == "("

    def function_exponent(self) -> Expr:
        token = self.take()
        if token.kind == "^":
            token = self.take()
        return Number(float(token.text), at=token.at, end=token.end)

    def arguments(self, function: Function) -> tuple[tuple[Expr, ...], int]:
        opened = self.here
        if opened.kind not in _CLOSING:
            if opened.kind in _STARTS:
                self.deeper(opened)
                argument = self.power()
                self.depth -= 1
                return (argument,), argument.end
            raise self.fail(f"{function.op} is a function: write {function.op}(…)", function.at, function.end)
        self.take()
        self.deeper(opened)
        args: list[Expr] = []
        while True:
            args.append(self.argument())
            if self.here.kind != ",":
                break
            self.take()
        closed = self.expect(_CLOSING[opened.kind], opened)
        self.depth -= 1
        return tuple(args), closed.end

    def argument(self) -> Expr:
        """An argument; `axis=0` may name the axis."""
        if self.here.kind == "run" and self.here.text == "axis" and self.peek().kind == "=":
            self.pos += 2
        return self.formula()

    def call(self, function: Function, args: tuple[Expr, ...], end: int) -> Expr:
        rule = OPS[function.op]
        low, high = rule.takes
        if not low <= len(args) <= high:
            wanted = f"{low}" if low == high else f"{low} or {high}" if high < 99 else f"{low} or more"
            plural = "" if wanted == "1" else "s"
            raise self.fail(
                f"{function.op} takes {wanted} argument{plural}, not {len(args)}", function.at, end
            )
        return self.made(Call(function.op, args, at=function.at, end=end))

    def unknown(self, token: Token) -> FormulaError:
        known = [*self.scope.names.values()]
        spelled = token.text
        if self.here.kind == "(" and not any(unit.subscript for unit in token.units):
            hint = did_you_mean(spelled, [*FUNCTIONS, *known])
            return self.fail(f"unknown function {spelled}{hint}", token.at, token.end)
        if _key(token.units) in FUNCTIONS:
            return self.fail(f"{spelled} is a function: write {spelled}(…)", token.at, token.end)
        hint = did_you_mean(_key(token.units), self.scope.names) or did_you_mean(spelled, known)
        return self.fail(f"unknown name {spelled}{hint}", token.at, token.end)

    # -- derivatives

    def derivative(self) -> Expr | None:
        """`dL/dw1`, `∂L/∂w1`, `d(L)/d(w1)` if it stands here; else nothing is taken."""
        saved = self.pos, list(self.tokens)
        start = self.here
        of = self.differential(whole=True)
        if of is not None and self.here.kind == "/":
            self.take()
            by = self.differential(whole=False)
            if by is not None and not self.is_quotient(start, of, by):
                return self.made(Derivative(of, by, at=start.at, end=by.end))
        self.pos, self.tokens = saved
        return None

    def is_quotient(self, start: Token, of: Expr, by: Expr) -> bool:
        """Both `dy` and `dx` are names of their own: then it is their quotient."""
        names = self.scope.names
        return (
            start.kind == "run"
            and isinstance(of, Name)
            and isinstance(by, Name)
            and f"d{of.key}" in names
            and f"d{by.key}" in names
        )

    def derivative_fraction(self) -> Expr | None:
        """`\\frac{\\partial L}{\\partial w_1}` after `\\frac`."""
        saved = self.pos, list(self.tokens)
        start = self.take()
        of = self.differential(whole=True)
        if of is not None and self.here.kind == "}" and self.peek().kind == "{":
            self.pos += 2
            by = self.differential(whole=True)
            if by is not None and self.here.kind == "}":
                closed = self.take()
                return self.made(Derivative(of, by, at=start.at, end=closed.end))
        self.pos, self.tokens = saved
        return None

    def differential(self, whole: bool) -> Expr | None:
        """`d` or `∂` and a name or entry. With `whole`, the run must hold nothing else."""
        token = self.here
        if token.kind == "partial":
            self.take()
        elif token.kind == "run" and token.units[0].key == "d":
            self.drop_units(1)
        else:
            return None
        if self.here.kind == "(":
            return self.bracketed_reference()
        return self.reference(whole)

    def drop_units(self, count: int) -> None:
        """Takes the first units of the run that stands here and leaves the rest."""
        token = self.here
        rest = token.units[count:]
        if not rest:
            self.take()
        elif rest[0].subscript:
            self.tokens[self.pos] = Token("sub", rest[0].key, rest[0].at, token.end)
        else:
            text = self.text[rest[0].at : token.end]
            self.tokens[self.pos] = Token("run", text, rest[0].at, token.end, rest)

    def bracketed_reference(self) -> Expr | None:
        self.take()
        found = self.reference(whole=True)
        if found is None or self.here.kind != ")":
            return None
        self.take()
        return found

    def reference(self, whole: bool) -> Expr | None:
        """A name of the graph, or an entry of one."""
        token = self.here
        if token.kind != "run":
            return None
        found: Expr | None = None
        if self.peek().kind == "mark":
            self.take()
            pieces = self.superscripted(token)
            if pieces is None:
                self.pos -= 1
            else:
                found = pieces[0] if len(pieces) == 1 and not isinstance(pieces[0], Function) else None
        if found is None:
            found = self.plain_reference(token, whole)
        if found is not None and self.here.kind == "[" and self.is_index():
            found = self.index(found)
        return found

    def plain_reference(self, token: Token, whole: bool) -> Expr | None:
        splitter = Splitter(token.units, self.scope, self.marks, False)
        if self.scope.open and _key(token.units) not in FUNCTIONS:
            self.take()
            return Name(_key(token.units), at=token.at, end=token.end)
        longest = splitter.longest()
        if longest is None:
            return None
        piece, stop = longest
        if isinstance(piece, Function | Number) or (whole and stop < len(token.units)):
            return None
        self.drop_units(stop)
        return piece


def negative(expr: Expr, at: int) -> Expr:
    """Minus `expr`; a number takes the sign itself."""
    if isinstance(expr, Number):
        return Number(-expr.value, at=at, end=expr.end)
    return Call("neg", (expr,), at=at, end=expr.end)


def _mark(expr: Expr, token: Token) -> Expr:
    if isinstance(expr, Marked):
        return expr
    return Marked(expr, token.text, at=expr.at, end=token.end)


def _finite(parser: Parser, token: Token) -> float:
    value = float(token.text)
    if value == float("inf"):
        raise parser.fail(
            "this number is too large for a double (at most about 1.8e308)", token.at, token.end
        )
    return value


def _key(units: tuple[Unit, ...]) -> str:
    return "".join(unit.key for unit in units).replace(",", "")


def references(expr: Expr) -> tuple[Derivative, ...]:
    """Every derivative that `expr` names."""
    return tuple(here for here in walk(expr) if isinstance(here, Derivative))
