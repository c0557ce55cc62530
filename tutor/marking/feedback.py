"""What is said about a mistake: one or two sentences that lead on without giving the answer away."""

from __future__ import annotations

from engine.faults import Candidate
from engine.graph import Graph
from engine.ops import OPS

_FIRST = 150


def says(candidate: Candidate, graph: Graph, of_value: bool = False) -> str:
    """The sentence about one candidate; `of_value`: a value was asked for, not a derivative."""
    sentence = (_OF_VALUES if of_value else {}).get(candidate.fault, _SENTENCES[candidate.fault])
    at = graph.names.get(candidate.at, candidate.at) if candidate.at is not None else ""
    about = candidate.about.strip()[:_FIRST]
    if about.startswith("every "):
        return f"The same at {about}, not only at {at}: {sentence(at, '', candidate, graph)}"
    return sentence(at, about, candidate, graph)


def either(texts: list[str]) -> str:
    """Several explanations that cannot be told apart."""
    first, *rest = texts
    return " ".join([f"Either this: {first}", *(f"Or this: {text}" for text in rest)])


def operation(graph: Graph, key: str | None) -> str:
    """A node's operation in words: "the sigmoid s1"; just its name where it is a sum or a product."""
    if key is None:
        return "one operation"
    name = graph.names.get(key, key)
    if key not in graph.nodes:
        return name
    op = graph.slots[graph.nodes[key].slot].op
    if op in OPS and OPS[op].called and OPS[op].elementwise:
        return f"the {op} {name}"
    return f"the softmax {name}" if op == "softmax" else name


def _sign(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about == "off the diagonal":
        return f"Check the signs of {operation(graph, c.at)}: raising one score lowers the other probabilities."
    if c.at is None or not about or about == "here":
        where = f" at {at}" if at else ""
        return f"A sign is the wrong way round{where}: does the result grow or shrink when this grows?"
    return f"Look at the sign in front of {about}: a minus sign reaches all of what follows it in brackets."


def _sign_of_value(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about and about != "here":
        return _sign(at, about, c, graph)
    return f"A sign is the wrong way round{f' in {at}' if at else ''}: is the value asked for above zero or below?"


def _constant(at: str, about: str, c: Candidate, graph: Graph) -> str:
    factor = c.factor or "some constant"
    start = f"Your answer is {factor} times what it should be"
    if about.startswith("along "):
        start = f"One part of your answer, what comes {about}, is {factor} times what it should be"
    if factor in {"N", "1/N"}:
        return f"{start}, N being the number of terms: does the loss add them up or take their mean?"
    where = f" at {at}" if at else ""
    return f"{start}: look for a constant factor lost or gained{where}, such as the exponent of a square."


def _missing(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if c.at is not None and at and not about:
        return f"Your gradient has not passed through {operation(graph, c.at)}: multiply by the slope of that step."
    if about in OPS:
        return f"A function is left out: look at the {about} once more."
    if about == "the division":
        return f"The exponentials are not yet divided by their sum{f' in {at}' if at else ''}: shares add up to 1."
    if about == "the power":
        return f"A power is left out{f' in {at}' if at else ''}: look at the exponents once more."
    if about.startswith("the factor"):
        look = f" in {at}: what does its definition multiply or divide by?" if at else f": where has {about[11:]} gone?"
        return f"A factor is missing{look}"
    if about.startswith("∂ of"):
        return f"This is only how {about[5:]} depends on it; the gradient that comes down to {about[5:]} is missing."
    if c.at is not None and c.at not in graph.nodes:  # no derivative is taken at an input: it is the factor itself
        return f"A factor is missing: where has {at} gone?"
    if not at and about and "#" not in about:
        return f"A factor is missing: where has {about} gone?"
    where = at or "one step"
    return f"A factor is missing: the local derivative at {where} has not been multiplied in, or only a part of it."


def _extra(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about == "slope twice":
        return f"The slope of {operation(graph, c.at)} is in your answer twice; each step counts once."
    if about in OPS:
        return f"There is a function too many: nothing in the question applies a {about} here."
    if about.startswith("the term"):
        return f"There is a term too many in your answer: {about[9:]} has no path to the result of its own."
    what = f" ({about})" if about and "#" not in about else ""  # # marks what has no spelling of its own
    where = f" at {at}" if at else ""
    return f"There is a factor too many{where}{what}: which step of the backward pass should it come from?"


def _extra_in_value(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about in OPS or about.startswith("the term"):
        return _extra(at, about, c, graph)
    what = f" ({about})" if about and "#" not in about else ""
    return (
        f"There is a factor too many{f' in {at}' if at else ''}{what}: what does its definition multiply or divide by?"
    )


def _path(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about == "the sum":
        return f"The sum in {at} is left out: one term stands for all of them."
    if about.startswith("the sums"):
        return f"The sums in {about[12:]} are left out: one term stands for all of them."
    if about.startswith("the term"):
        return f"A term is missing{f' in {at}' if at else ''}: what does its definition add up?"
    if at:
        return (
            f"{at} reaches the result along more than one path, and one is missing in your answer: "
            "add up what comes back along all of them."
        )
    return "A term is missing: add up what comes back along all paths."


def _product(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about == "sums":
        return "You multiplied two sums. Each example has its own product: multiply first, then add up."
    return f"At {at} several paths meet again: what comes back along them is added, not multiplied."


def _argument(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about.startswith("the number"):
        return f"{about.capitalize()} is fixed: the formula is to hold for any values of the graph."
    what = f" ({about})" if about and about not in {"input", "output"} else ""
    return (
        f"The derivative at {at or 'one step'} is taken at the wrong place{what}: "
        "watch which value goes in, the one before the function or the one after it."
    )


def _rule(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about.startswith("that of "):
        return f"The slope you used at {at} is {about}; what is the function there?"
    if about == "own factor":
        return f"At {at} two factors are multiplied: the derivative by one of them is the other one."
    if about == "1 for every target":
        return f"You put 1 for the target in {at}: keep the target's name, so that it holds for all targets."
    if "target" in about:
        return f"Look at {at} again: what becomes of the target when you differentiate it?"
    if "error" in about or "entropy" in about:
        return f"You differentiated another loss ({about}); look at how {at} is defined."
    return f"The rule you used at {operation(graph, c.at)} is not its derivative: work out this one step by itself."


def _value(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about == "the value itself":
        return f"This is the value of {at}; asked for is how fast something changes, a derivative."
    which = "input" if about == "input" else "value"
    return f"You used the {which} of {operation(graph, c.at)} where its slope belongs."


def _slope_given(at: str, about: str, c: Candidate, graph: Graph) -> str:
    asked = f"the value of {at}, from the forward pass" if at else "what is done with it"
    return f"This is {about}, a derivative; asked for is {asked}."


def _branch(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return f"On which side of its kink is {operation(graph, c.at)} here? That decides what passes through."


def _diagonal(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return f"Every score moves every output of {operation(graph, c.at)}, not only its own: add those paths."


def _transposed(at: str, about: str, c: Candidate, graph: Graph) -> str:
    what = f" of {about}" if about else ""
    return f"Rows and columns{what} are exchanged: check which index belongs to the output and which to the input."


def _index(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about.startswith("by "):
        return f"This is the derivative by {about[3:]}, a neighbour of the one asked for: what is different there?"
    if about.startswith("of "):
        return f"This is the derivative of {about[3:]}, a neighbour of the one asked for: what is different there?"
    if about.startswith("the value of"):
        return f"This is {about}, a neighbour of the one asked for: which index does the question name?"
    what = f": {about} is a neighbour's" if about and " " not in about else ""
    return f"An index is off{what}. Which one belongs here?"


def _name(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about.startswith("∂ of"):
        return f"This is how {about[5:]} changes; it is not yet how the result changes."
    if about.startswith("the value of"):
        return f"This is {about}; it is not yet, or no longer, what is asked for."
    if about.startswith("by "):
        return f"This is how the result changes with {about[3:]}: is that what the question names?"
    if about.startswith("1 minus"):
        return "Your answer and the right one add up to 1: which of the two is asked for?"
    what = about or at
    return f"{what} stands in your answer where something else belongs." if what else "A wrong name stands here."


def _penalty(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return f"{at or 'The objective'} has a penalty too: it depends on the weight and has a derivative of its own."


def _ascent(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return f"This steps {at} up the gradient; to make the loss smaller, go against it."


def claimed_zero(of_value: bool = False) -> str:
    """About a zero where there is none; `of_value`: asked for is not a derivative."""
    if of_value:
        return "It is not zero: put the numbers in once more, and mind the signs."
    return "It is not zero: follow the path from it to the result, every step lets something through."


def _zero(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return claimed_zero()


def _argument_in_value(at: str, about: str, c: Candidate, graph: Graph) -> str:
    if about.startswith("the number"):
        return _argument(at, about, c, graph)
    what = f" ({about})" if about and about not in {"input", "output"} else ""
    return f"A wrong value goes in{f' at {at}' if at else ''}{what}: the one before the function or the one after it?"


def _rule_in_value(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return f"A number{f' in {at}' if at else ''} should be another: look at the constants once more."


def _zero_value(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return claimed_zero(of_value=True)


def _early(at: str, about: str, c: Candidate, graph: Graph) -> str:
    return f"This is the gradient at {at}; go on from there down to what is asked for."


_SENTENCES = {
    "sign": _sign,
    "constant-factor": _constant,
    "missing-factor": _missing,
    "extra-factor": _extra,
    "missing-path": _path,
    "product-of-paths": _product,
    "wrong-argument": _argument,
    "wrong-derivative": _rule,
    "value-not-derivative": _value,
    "derivative-not-value": _slope_given,
    "wrong-branch": _branch,
    "diagonal-only": _diagonal,
    "transposed": _transposed,
    "wrong-index": _index,
    "wrong-name": _name,
    "missing-regulariser": _penalty,
    "ascent": _ascent,
    "claimed-zero": _zero,
    "stopped-early": _early,
}
_OF_VALUES = {
    "sign": _sign_of_value,
    "extra-factor": _extra_in_value,
    "wrong-argument": _argument_in_value,
    "wrong-derivative": _rule_in_value,
    "claimed-zero": _zero_value,
}
UNKNOWN = "No common mistake explains this answer. Compare it with the right value at the point shown."
A_NUMBER = "This is a number: a formula is asked for, which holds for any values and not at one point only."
UNKNOWN_NUMBER = "No common mistake explains this number: work it out once more, one node at a time."
UNKNOWN_NUMBERS = "No common mistake explains these numbers: work out one entry once more, one node at a time."
AMBIGUOUS = "Several mistakes give this number: write the derivative as a formula first, then put the numbers in."
