"""Random rewriting of a formula into equal ones: what students do to right answers."""

from __future__ import annotations

import random

from engine.expression import Call, Expr, Name, Number, fold, rebuild
from engine.graph import Graph


def rewritten(expr: Expr, graph: Graph, chance: random.Random, turns: int) -> Expr:
    """`expr` after some random equal rewritings."""
    for _ in range(turns):
        expr = _once(expr, graph, chance)
        if fold(expr, lambda here, below: 1 + sum(below)) > 90:
            break
    return expr


def _once(expr: Expr, graph: Graph, chance: random.Random) -> Expr:
    def change(here: Expr) -> Expr:
        if chance.random() > 0.25:
            return here
        options = _equal(here, graph, chance)
        return chance.choice(options) if options else here

    return rebuild(expr, change)


def _equal(here: Expr, graph: Graph, chance: random.Random) -> list[Expr]:
    match here:
        case Name(key=key) if key in graph.nodes and not graph.shape(key):
            return [graph.nodes[key].expr]
        case Call(op="add", args=(a, b)):
            return [Call("add", (b, a)), Call("sub", (a, Call("neg", (b,))))]
        case Call(op="mul", args=(a, b)):
            return [Call("mul", (b, a)), *_expanded(a, b), Call("neg", (Call("mul", (Call("neg", (a,)), b)),))]
        case Call(op="sub", args=(a, b)):
            return [Call("add", (a, Call("neg", (b,)))), Call("neg", (Call("sub", (b, a)),))]
        case Call(op="div", args=(a, b)):
            return [Call("mul", (a, Call("div", (Number(1.0), b))))]
        case Call(op="pow", args=(a, Number(value=2.0))):
            return [Call("mul", (a, a))]
        case Call(op="sigmoid", args=(a,)):
            one = Number(1.0)
            return [
                Call("div", (one, Call("add", (one, Call("exp", (Call("neg", (a,)),)))))),
                Call("sub", (one, Call("sigmoid", (Call("neg", (a,)),)))),
            ]
        case Call(op="neg", args=(a,)):
            return [Call("mul", (Number(-1.0), a))]
        case Number(value=value) if value > 0:
            return [Call("div", (Number(2 * value), Number(2.0)))]
    return []


def _expanded(a: Expr, b: Expr) -> list[Expr]:
    found: list[Expr] = []
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Call) and one.op in {"add", "sub"}:
            found.append(Call(one.op, tuple(Call("mul", (part, other)) for part in one.args)))
    return found
