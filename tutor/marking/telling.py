"""From explanations to what is said: the cheapest, with those that are as good."""

from __future__ import annotations

from engine.faults import Candidate
from engine.graph import Graph
from tutor.marking.feedback import UNKNOWN, either, says
from tutor.marking.result import Diagnosis

TIE = 0.06
"""Explanations whose costs differ by less are told as a tie."""


def told(found: list[Candidate], graph: Graph, tie: float = TIE, of_value: bool = False) -> Diagnosis:
    """The cheapest explanation, with the others that are as good; `of_value`: not of a derivative."""
    if not found:
        return Diagnosis("unknown", says=UNKNOWN)
    ordered = sorted(found, key=lambda c: c.cost)
    best = ordered[0]
    distinct: dict[tuple[str, str | None], Candidate] = {}
    for candidate in ordered:
        if candidate.cost <= best.cost + tie:
            distinct.setdefault((candidate.fault, candidate.at), candidate)
    if best.also is not None:
        distinct = {(best.fault, best.at): best}  # of several pairs one is enough to go on with
    texts = list(dict.fromkeys(both(candidate, graph, of_value) for candidate in distinct.values()))[:3]
    at = graph.names.get(best.at, best.at) if best.at is not None else None
    return Diagnosis(best.fault, at, best.factor, texts[0] if len(texts) == 1 else either(texts))


def both(candidate: Candidate, graph: Graph, of_value: bool = False) -> str:
    """The sentence about a mistake; about both, where two were made at once."""
    if candidate.also is None:
        return says(candidate, graph, of_value)
    first, second = says(candidate, graph, of_value), says(candidate.also, graph, of_value)
    return f"There are two mistakes here. {first} {second}"
