"""Formulas as PyTorch source: the same function, with the same choice at every kink."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass

from engine.expression import ArrayOf, Call, Entry, Expr, Index, Name, Number, Prime, Span, names_in, rebuild
from engine.formula import parse
from engine.graph import Graph
from engine.lowering import Lowering, subscripts, unroll
from engine.ops import LEAK, OPS
from engine.rule import Shape
from engine.scope import Scope

ATOM, POWER, MINUS, PRODUCT, SUM = 5, 4, 3, 2, 1
INFIX = {"add": ("+", SUM), "sub": ("-", SUM), "mul": ("*", PRODUCT), "div": ("/", PRODUCT), "matmul": ("@", PRODUCT)}
CALLS = {
    "exp": "torch.exp({0})",
    "log": "torch.log({0})",
    "sqrt": "torch.sqrt({0})",
    "abs": "torch.abs({0})",
    "sin": "torch.sin({0})",
    "cos": "torch.cos({0})",
    "tanh": "torch.tanh({0})",
    "sinh": "torch.sinh({0})",
    "cosh": "torch.cosh({0})",
    "sigmoid": "torch.sigmoid({0})",
    "relu": "torch.relu({0})",
    "leaky_relu": "above({0}, {0}, " + repr(LEAK) + " * {0})",
    "softplus": "torch.logaddexp({0}, constant(0.0))",
    "logsigmoid": "torch.nn.functional.logsigmoid({0})",
    "step": "above({0}, constant(1.0), constant(0.0))",
    "round": "torch.round({0})",
    "max": "larger({0}, {1})",
    "min": "smaller({0}, {1})",
    "largest": "largest({0})",
    "smallest": "smallest({0})",
    "sum": "torch.sum({0})",
    "mean": "torch.mean({0})",
    "dot": "torch.dot({0}, {1})",
    "norm": "torch.linalg.vector_norm({0})",
    "transpose": "transposed({0})",
    "with1": "with1({0})",
    "outer": "torch.outer({0}, {1})",
    "softmax": "torch.softmax({0}, -1)",
    "logsoftmax": "torch.log_softmax({0}, -1)",
    "squared_error": "torch.sum(({0} - {1}) ** 2)",
    "bce": "bce({0}, {1})",
    "cross_entropy": "-torch.sum(torch.xlogy({1}, {0}))",
}
"""Operation → its source, from those of its arguments."""
WRITTEN = frozenset("copy neg pow index stack".split())
"""Operations that the writer below has cases for."""
TAKEN = frozenset(
    "torch node constant above larger smaller largest smallest transposed with1 stack bce on_paper print json".split()
)


@dataclass(frozen=True)
class Code:
    """A piece of source and how tightly it binds."""

    text: str
    binds: int = ATOM

    def within(self, level: int) -> str:
        """In brackets where something around it binds tighter."""
        return self.text if self.binds > level else f"({self.text})"


def identifiers(graph: Graph) -> dict[str, str]:
    """A Python name for each key of the graph."""
    found: dict[str, str] = {}
    for key in graph.names:
        name = key if key.isidentifier() else "v_" + "".join(c if c.isalnum() else "_" for c in key)
        while keyword.iskeyword(name) or name in TAKEN or name in found.values():
            name += "_"
        found[key] = name
    return found


def source(expr: Expr, graph: Graph, spelled: Mapping[str, str]) -> str:
    """A node's formula as an expression of Python over the identifiers `spelled`."""
    writer = _Writer(graph, spelled)
    return writer.write(unroll(expr, lambda key: graph.slots[graph.slot_of[key]].shape)).text


def head(expr: Expr, graph: Graph, spelled: Mapping[str, str]) -> tuple[str, list[str]]:
    """The last operation of a formula and the source of its arguments; ("", []) for a bare name or number."""
    expr = unroll(expr, lambda key: graph.slots[graph.slot_of[key]].shape)
    if not isinstance(expr, Call):
        return "", []
    writer = _Writer(graph, spelled)
    return expr.op, [writer.tensor(arg) for arg in expr.args]


class _Writer:
    def __init__(self, graph: Graph, spelled: Mapping[str, str]) -> None:
        self.graph = graph
        self.spelled = spelled

    def write(self, expr: Expr) -> Code:
        match expr:
            case Number(value=value):
                return Code(repr(float(value)), MINUS if value < 0 else ATOM)
            case Name(key=key):
                return Code(self.spelled[key])
            case Call(op="neg", args=(inner,)):
                return Code(f"-{self.write(inner).within(PRODUCT)}", MINUS)
            case Call(op="pow", args=(base, power)):
                left, right = self.write(base), self.write(power)
                return Code(f"{left.within(POWER)} ** {right.within(MINUS)}", POWER)
            case Call(op=op, args=(left_, right_)) if op in INFIX:
                return self._infix(op, left_, right_)
            case Call():
                return self._call(expr)
            case ArrayOf(items=items):
                return Code(f"stack({', '.join(self.tensor(item) for item in items)})")
            case Index(body=body, items=items):
                return Code(f"{self._base(body)}[{', '.join(_item(item) for item in items)}]")
            case Entry(body=body):
                places = subscripts(expr, self.shape(body))
                assert places is not None  # the graph was built
                return Code(f"{self._base(body)}[{', '.join(map(str, places))}]")
            case Prime():
                return self.write(_derivative(expr))
        raise AssertionError(expr)

    def tensor(self, expr: Expr) -> str:
        """The source of a value that is a tensor, also where the formula is a bare number."""
        text = self.write(expr).text
        return text if names_in(expr) or isinstance(expr, ArrayOf) else f"constant({text})"

    def shape(self, expr: Expr) -> Shape:
        """The shape of a part of a formula."""
        low = Lowering(list(self.graph.slots), dict(self.graph.slot_of), dict(self.graph.names))
        return low.slots[low.lower(expr)].shape

    def _base(self, body: Expr) -> str:
        return Code(self.tensor(body), self.write(body).binds).within(POWER)

    def _infix(self, op: str, left: Expr, right: Expr) -> Code:
        sign, level = INFIX[op]
        first, second = self.write(left), self.write(right)
        if first.binds == MINUS and level == PRODUCT:
            first = Code(f"({first.text})")
        return Code(f"{first.within(level - 1)} {sign} {_second(second).within(level)}", level)

    def _call(self, call: Call) -> Code:
        op, args = call.op, call.args
        if op in ("max", "min") and len(args) == 1:
            op = "largest" if op == "max" else "smallest"
        parts = [self.tensor(arg) for arg in args]
        if op in ("max", "min"):
            text = parts[0]
            for part in parts[1:]:
                text = CALLS[op].format(text, part)
            return Code(text)
        if op in ("sum", "mean") and len(args) == 2:
            assert isinstance(args[1], Number)
            return Code(f"torch.{op}({parts[0]}, {int(args[1].value)})")
        if op in ("leaky_relu", "step", "squared_error"):
            parts = [Code(part, self.write(arg).binds).within(POWER) for part, arg in zip(parts, args, strict=True)]
        return Code(CALLS[op].format(*parts), MINUS if op == "cross_entropy" else ATOM)


def _second(code: Code) -> Code:
    """A right operand: a leading minus goes in brackets."""
    return Code(f"({code.text})") if code.text.startswith("-") else code


def _item(item: int | Span) -> str:
    if isinstance(item, int):
        return str(item)
    return f"{'' if item.start is None else item.start}:{'' if item.stop is None else item.stop}"


def _derivative(prime: Prime) -> Expr:
    """f'(…) written out: the rule's own formula with the argument put in."""
    tree = parse(OPS[prime.function].prime, Scope(names={"x": "x"}))
    return rebuild(tree, lambda here: prime.body if isinstance(here, Name) and here.key == "x" else here)
