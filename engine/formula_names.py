"""Runs of letters: names of the graph side by side, functions with their arguments, names with a superscript."""

from __future__ import annotations

from dataclasses import replace

from engine.errors import FormulaError, did_you_mean
from engine.expression import Call, Expr, Marked, Name, Number, Prime, Rows, Total
from engine.formula_brackets import CLOSING, ROW_MARK, BracketReader
from engine.names import MAX_NAME, normalise
from engine.ops import FUNCTIONS, OPS
from engine.scan import Token, Unit
from engine.scope import CONSTANTS, E, Function, Piece, Splitter

STARTS = frozenset(("number", "run", "piece", "(", "[", "{", "sum", "partial", "frac"))
"""The kinds of token with which a factor can start."""

CALLING = frozenset(("(", "[", "{", "prime", "^", "sup", "number", "run", "frac", "sum"))
"""The kinds of token that make a function's name before them a call."""


class NameReader(BracketReader):
    """Reads names and calls; what a run means depends on the names of the graph."""

    def one(self, token: Token) -> Expr:
        """The first name of a run; the others are left standing beside it, so that 1/xy is (1/x)·y."""
        if self.scope.open and (free := self.free(token)) is not None:
            return free
        token = self.numbered(token)
        if self.is_sum_with_index(token):
            return self.sum_with_index(token)
        pieces = self.superscripted(token) or self.product_with_superscript(token) or self.split(token.units)
        if pieces is None or (joined(token.units) in FUNCTIONS and self.holds_constant(pieces)):
            raise self.unknown(token)
        rest = [Token("piece", token.text, piece.at, piece.end, (), piece) for piece in pieces[1:]]
        self.tokens[self.pos : self.pos] = rest
        return self.piece(pieces[0])

    def numbered(self, token: Token) -> Token:
        """The run with its indices of Σ as numbers, while a Σ over aliases is written out."""
        if not self.numbers:
            return token
        return replace(token, units=tuple(self._numbered(unit) for unit in token.units))

    def _numbered(self, unit: Unit) -> Unit:
        if not unit.subscript:
            return unit
        return replace(unit, key="".join(self.numbers.get(letter, letter) for letter in unit.key))

    def split(self, units: tuple[Unit, ...]) -> list[Piece] | None:
        """The names of a run that stands before what is here now."""
        return Splitter(units, self.scope, self.marks, self.calls()).split()

    def holds_constant(self, pieces: list[Piece]) -> bool:
        """Whether e or π is among the pieces: `exp` alone is no product of e, x and p."""
        return any(isinstance(piece, Number) for piece in pieces)

    def piece(self, piece: Piece) -> Expr:
        return self.called(piece) if isinstance(piece, Function) else piece

    def free(self, token: Token) -> Expr | None:
        """In an open scope a run is one new name, unless it is a known name, a function or a constant."""
        key = joined(token.units)
        if key in self.scope.names or key in self.scope.aliases:
            return None
        if key in FUNCTIONS and self.calls():
            return None
        if key in CONSTANTS:
            return Number(CONSTANTS[key], at=token.at, end=token.end)
        if self.here.kind == "(" and key not in FUNCTIONS and len(token.units) > 1:
            raise self.unknown(token)
        if len(key) > MAX_NAME:
            raise self.fail(
                f"a name has at most {MAX_NAME} letters and digits, this one {len(key)}", token.at, token.end
            )
        return Name(key, at=token.at, end=token.end)

    def letter(self, token: Token) -> Expr:
        """The name that a letter in a superscript stands for."""
        unit = Unit(normalise(token.text), token.text, token.at, token.end)
        return self.one(Token("run", token.text, token.at, token.end, (unit,)))

    def unknown(self, token: Token) -> FormulaError:
        known = [*self.scope.names.values()]
        spelled = token.text if len(token.text) <= MAX_NAME else f"{token.text[:20]}…"
        if joined(token.units) == "d" and self.here.kind == "(":
            said = "d(…) stands in a derivative of two names of the graph, as in d(L)/d(w1)"
            raise self.fail(said, token.at, token.end)
        if (below := self.unknown_below(token)) is not None:
            return below
        if self.here.kind == "(" and not any(unit.subscript for unit in token.units):
            hint = did_you_mean(spelled, [*FUNCTIONS, *known])
            return self.fail(f"unknown function {spelled}{hint}", token.at, token.end)
        if joined(token.units) in FUNCTIONS:
            return self.fail(f"{spelled} is a function: write {spelled}(…)", token.at, token.end)
        if self.is_outside_sum(token.units):
            said = f"{spelled} stands outside its Σ: put brackets round all that is added up"
            return self.fail(said, token.at, token.end)
        hint = did_you_mean(joined(token.units), self.scope.names) or did_you_mean(spelled, known)
        return self.fail(f"unknown name {spelled}{hint}", token.at, token.end)

    def unknown_below(self, token: Token) -> FormulaError | None:
        """What is said of `dL/dw9` where L is a name and w9 is none; None for anything else."""
        below, key = self.peek(), joined(token.units)
        if key[:1] != "d" or key[1:] not in self.scope.names or self.here.kind != "/" or below.kind != "run":
            return None
        name = below.text.removeprefix("d")
        if name == below.text or not name:
            return None
        hint = did_you_mean(normalise(name), self.scope.names)
        return self.fail(f"unknown name {name} in {token.text}/{below.text}{hint}", below.at + 1, below.end)

    def is_outside_sum(self, units: tuple[Unit, ...]) -> bool:
        """Whether a name of the graph bears the index of a Σ that has ended before it."""
        index = units[-1]
        return index.subscript and index.key in self.summed - {*self.marks} and joined(units[:-1]) in self.scope.names

    # -- Σ_i spelled out, superscripts

    def is_sum_with_index(self, token: Token) -> bool:
        """`sum_i …`, unless the graph has a name spelled so."""
        if joined(token.units[:3]) != "sum" or len(token.units) < 4:
            return False
        mark = token.units[3]
        named = joined(token.units[:4]) in self.scope.names or joined(token.units) in self.scope.names
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
        return self.aliased(token.units)

    def product_with_superscript(self, token: Token) -> list[Piece] | None:
        """`xa_1^{(3)}`: the end of the run is an alias with its superscript, names stand before it."""
        if self.here.kind != "mark":
            return None
        for start, unit in enumerate(token.units):
            if start == 0 or unit.subscript:
                continue
            before = Splitter(token.units[:start], self.scope, self.marks, False).split()
            if before is not None and (found := self.aliased(token.units[start:])) is not None:
                return [*before, *found]
        return None

    def aliased(self, units: tuple[Unit, ...]) -> list[Piece] | None:
        """Takes the superscript (and a subscript after it) if an alias is spelled so."""
        mark, after = self.here, self.peek()
        keys = [f"{joined(units)}^({mark.text})"]
        if after.kind == "sub":
            keys.insert(0, f"{joined(units)}{after.text.replace(',', '')}^({mark.text})")
        for key in keys:
            if key in self.scope.aliases:
                end = self.take()
                if after.kind == "sub" and key is keys[0]:
                    end = self.take()
                return [replace(self.scope.aliases[key], at=units[0].at, end=end.end)]
        return None

    # -- calls

    def calls(self) -> bool:
        """Whether what follows makes a function's name a call: brackets, a prime, a power before brackets."""
        return self.here.kind in CALLING

    def called(self, function: Function) -> Expr:
        """`f(…)`, `f'(…)`, `f^2(…)`, and `log p` without brackets."""
        prime = self.take() if self.here.kind == "prime" else None
        exponent: Expr | None = None
        if self.here.kind in {"^", "sup"} and self.power_before_call():
            exponent = self.function_exponent()
        place = self.pos, list(self.tokens), self.depth + 1
        try:
            args, end = self.arguments(function)
        except FormulaError:
            summed = None
            if prime is None and self.scope.rows and function.op in {"sum", "mean"}:
                summed = self.by_row(place, lambda: self.sum_of_rows(function))
            if summed is None:
                raise
            return summed if exponent is None else self.raised(summed, exponent)
        if prime is not None:
            if not OPS[function.op].elementwise or len(args) != 1:
                raise self.fail(f"{function.op} has no derivative written with '", prime.at, prime.end)
            expr: Expr = self.made(Prime(args[0], function.op, at=function.at, end=end))
        else:
            expr = self.call(function, args, end)
        return expr if exponent is None else self.raised(expr, exponent)

    def sum_of_rows(self, function: Function) -> Expr:
        """`sum((ŷ_i − y_i) x_i)` and `mean(…)` as Σ_i, where names bear the mark of a row."""
        self.marks = (*self.marks, ROW_MARK)
        args, end = self.arguments(function)
        if len(args) != 1:
            raise self.fail("a sum over rows has no axis", function.at, end)
        whole = self.made(Total(args[0], ROW_MARK, at=function.at, end=end))
        if function.op == "sum":
            return whole
        return self.made(Call("div", (whole, Rows(at=function.at, end=end)), at=function.at, end=end))

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
        if opened.kind not in CLOSING:
            if opened.kind in STARTS:
                self.deeper(opened)
                argument = self.power()
                self.depth -= 1
                return (argument,), argument.end
            raise self.fail(f"{function.op} is a function: write {function.op}(…)", function.at, function.end)
        self.take()
        self.deeper(opened)
        args: list[Expr] = []
        while self.here.kind != CLOSING[opened.kind] or args:
            args.append(self.argument())
            if self.here.kind != ",":
                break
            self.take()
        closed = self.expect(CLOSING[opened.kind], opened)
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
            raise self.fail(f"{function.op} takes {wanted} argument{plural}, not {len(args)}", function.at, end)
        return self.made(Call(function.op, args, at=function.at, end=end))

    def raised(self, base: Expr, exponent: Expr) -> Expr:
        if isinstance(base, Number) and base.value == E:
            return self.made(Call("exp", (exponent,), at=base.at, end=exponent.end))
        return self.binary("pow", base, exponent)


def _mark(expr: Expr, token: Token) -> Expr:
    if isinstance(expr, Marked):
        return expr
    return Marked(expr, token.text, at=expr.at, end=token.end)


def joined(units: tuple[Unit, ...]) -> str:
    """The key of a run: its units side by side."""
    return "".join(unit.key for unit in units).replace(",", "")
