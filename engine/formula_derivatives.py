"""Derivatives as names: `dL/dw1`, `∂L/∂w1`, `d(p[0])/d(z[1])`, `\\frac{\\partial L}{\\partial w_1}`."""

from __future__ import annotations

from engine.expression import Derivative, Entry, Expr, Marked, Name, Number
from engine.formula_names import NameReader, joined
from engine.ops import FUNCTIONS
from engine.scan import Token
from engine.scope import Function, Splitter


class DerivativeReader(NameReader):
    """Reads a derivative where one stands, and takes nothing where none does."""

    def derivative(self) -> Expr | None:
        """`dL/dw1`, `∂L/∂w1`, `d(L)/d(w1)` if it stands here; else nothing is taken."""
        saved = self.pos, list(self.tokens)
        start = self.here
        of = self.differential(whole=True)
        if of is not None and self.here.kind == "/":
            self.take()
            by = self.differential(whole=False)
            if by is not None and not self.is_quotient(start, of, by):
                return self.derivative_by(of, by, start.at, by.end)
        self.pos, self.tokens = saved
        return None

    def derivative_by(self, of: Expr, by: Expr, at: int, end: int) -> Expr:
        """∂of/∂by; `∂l_i/∂a_i` is what ∂l/∂a is for row i."""
        mark = next((part.mark for part in (of, by) if isinstance(part, Marked)), "")
        whole = self.made(Derivative(_without_mark(of), _without_mark(by), at=at, end=end))
        return Marked(whole, mark, at=at, end=end) if mark else whole

    def derivative_in_brackets(self) -> Expr | None:
        """`(∂L)/(∂w1)`, `(dL)/(dw1)` if it stands here; else nothing is taken."""
        inside = self.peek()
        if inside.kind != "partial" and not (inside.kind == "run" and inside.units[0].key == "d"):
            return None
        saved = self.pos, list(self.tokens)
        start = self.here
        of = self.differential_in_brackets()
        if of is not None and self.here.kind == "/":
            self.take()
            by = self.differential_in_brackets() if self.here.kind == "(" else None
            if by is not None and not self.is_quotient(inside, of, by):
                return self.derivative_by(of, by, start.at, self.tokens[self.pos - 1].end)
        self.pos, self.tokens = saved
        return None

    def differential_in_brackets(self) -> Expr | None:
        self.take()
        found = self.differential(whole=True)
        if found is None or self.here.kind != ")":
            return None
        self.take()
        return found

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
                return self.derivative_by(of, by, start.at, closed.end)
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

    def unread_derivative(self, token: Token) -> Expr:
        raise self.fail("∂ stands in a derivative of two names, as in ∂L/∂w1", token.at, token.end)

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
        if self.scope.open and joined(token.units) not in FUNCTIONS:
            self.take()
            return Name(joined(token.units), at=token.at, end=token.end)
        longest = splitter.longest()
        if longest is None:
            return None
        piece, stop = longest
        if isinstance(piece, Function | Number) or (whole and stop < len(token.units)):
            return None
        self.drop_units(stop)
        return piece


def _without_mark(part: Expr) -> Expr:
    if not isinstance(part, Marked):
        return part
    return Entry(part.body, part.rest, at=part.at, end=part.end) if part.rest else part.body
