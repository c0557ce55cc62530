"""Questions: the engine's own answer is right, wrong ones are wrong, and no hint gives the answer away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from engine.array_maths import show_shape
from engine.errors import EngineError
from engine.evaluate import evaluate
from engine.expression import Derivative, Expr, Name, names_in
from engine.names import normalise
from engine.numbers import show_number
from engine.points import Points
from tutor.lesson import FORMULA_KINDS, Step
from tutor.marking.context import Context, Target
from tutor.marking.equality import compare, names_asked
from tutor.marking.separability import separability
from tutor.proof.answers import own_answer, wrong_answers
from tutor.proof.constants import check_constant
from tutor.proof.findings import Findings
from tutor.questions import Question
from tutor.session import Session

CLASSIC = frozenset(("sign", "constant-factor", "missing-factor", "missing-path", "product-of-paths", "wrong-index"))
"""Mistakes so common that a question's numbers should show them."""
"""The kinds of question whose answer is the value of a formula."""
WIDTH = 1e-5
MOST_NAMES = 60
UNEXPLAINED = 0.01
"""The share of a derivative's change that the allowed names may leave unexplained, next to the lesson's values."""


def check_question(found: Findings, session: Session, i: int, step: Step, question: Question) -> None:
    """Everything about one question; `i` is its step. Runs that decide it must be in the session."""
    place = ("step", i, question.kind)
    try:
        question = session.settled(question, step)
        if question.kind in FORMULA_KINDS and (said := _no_answer(question, session.context(step).to_numbers())):
            found.error(place, *said)
            return
        own = own_answer(session, step, question)
        _check_verdicts(found, session, i, step, question, own)
        if question.kind in ("formula", "derivation"):
            _check_formula(found, place, question, session.context(step).to_numbers())
        elif question.kind == "number":
            _check_rows(found, place, question, session.context(step).to_numbers())
        _check_hints(found, i, question, own, session.context(step).to_numbers())
        _check_feedback(found, i, step, question, own, session.context(step).to_numbers())
    except EngineError as error:
        found.error(place, error.message)
        return
    if question.kind == "choice":
        _check_options(found, i, question)
    if not step.accept_hidden:
        if question.kind in FORMULA_KINDS:
            check_constant(found, i, question, session.context(step).to_numbers())
        _check_separable(found, session.context(step), i, question)


def _no_answer(question: Question, context: Context) -> tuple[str, str] | None:
    """What is wrong, and the cure, where an array is asked for as a number. Raises EngineError for no value at all."""
    target = context.target(question.target)
    shape = target.value_at(target.home).shape
    if not shape or question.kind != "number":
        return None
    cure = f"ask for one entry, as in {_entry_of(question.target, target.expr, shape)}, or use array ="
    shown = show_shape(shape)
    return f"{question.target} is {shown if shown.startswith('a ') else f'a {shown}'}", cure


def _entry_of(text: str, expr: Expr, shape: tuple[int, ...]) -> str:
    """One entry of an array: as mathematics counts and as code does."""
    place = [*(0 for _ in shape[1:]), min(1, shape[-1] - 1)]
    in_code = f"[{','.join(map(str, place))}]"
    if isinstance(expr, Derivative):
        return f"{text}{in_code}"
    if not isinstance(expr, Name):
        return f"({text}){in_code}"
    counted = "".join(str(k + 1) for k in place)
    return f"{text}_{counted if len(counted) == 1 else f'{{{counted}}}'} (or {text}{in_code})"


def _check_verdicts(found: Findings, session: Session, i: int, step: Step, question: Question, own: str | None) -> None:
    """An own answer must be right, an empty one must not, and a clearly wrong one must be wrong."""
    place = ("step", i, question.kind)
    if question.kind == "choice" and not own:
        return  # said with its options
    if own is not None and session.marked(own, question, step).verdict not in ("right", "unscored"):
        found.error(place, f"the engine's own answer {own} is not marked right")
    if session.marked(" ", question, step).verdict != "missing":
        found.error(place, "an empty answer is not told from others")
    for wrong in wrong_answers(question, own):
        if session.marked(wrong, question, step).verdict == "right":
            found.error(place, f"the wrong answer {wrong} is marked right")
            return


def _check_rows(found: Findings, place: tuple[str | int, ...], question: Question, context: Context) -> None:
    """One number is asked for: what has another value in each row of the data is none."""
    values = context.target(question.target).home
    own = evaluate(context.target(question.target).expr, values).value
    if own.shape[1] > 1 and np.ptp(own, axis=1).any():
        says = f"{question.target} has a value in each of the {own.shape[1]} rows; the first one is taken"
        found.warn(
            place, says, f"write sum({question.target}) or mean({question.target}), or ask about one row's graph"
        )


# -- formulas


def _check_formula(found: Findings, place: tuple[str | int, ...], question: Question, context: Context) -> None:
    target = context.target(question.target)
    if not compare(target.expr, target, everywhere=question.everywhere).equal:
        cure = "its values are not finite at most points; narrow the domain of its names"
        found.error(place, "answers to this question cannot be compared", cure)
    elif question.using is not None and not _is_function_of(target, question.using, context):
        said = ", ".join(question.using)
        cure = "name everything that the answer needs, or leave `using` out"
        found.warn((*place[:2], "using"), f"what is asked is no function of {said} alone", cure)


def _is_function_of(target: Target, names: tuple[str, ...], context: Context) -> bool:
    """Whether the answer's value follows from those of `names`: its derivative lies in the span of theirs.

    Seen at points next to the lesson's values; where that decides nothing (kinks, many names), it is believed.
    """
    if target.tied:
        return True
    exprs = [context.read(name) for name in names]
    count = 4 * MOST_NAMES
    points = _close(target, count)
    columns = [evaluate(expr, points).value for expr in exprs]
    flat = [np.broadcast_to(c, (count, *c.shape[1:])).reshape(count, -1) for c in columns]
    known = np.hstack(flat) if flat else np.zeros((count, 0))
    asked = np.broadcast_to(target.value_at(points).value, (count, *target.right.value.shape[1:])).reshape(count, -1)
    if known.shape[1] > MOST_NAMES or not (np.isfinite(known).all() and np.isfinite(asked).all()):
        return True
    known, asked = known - known.mean(axis=0), asked - asked.mean(axis=0)
    spread = np.abs(known).max(axis=0)
    known = known[:, spread > 0] / spread[spread > 0]
    best, *_ = np.linalg.lstsq(known, asked, rcond=1e-9)
    return bool(np.linalg.norm(asked - known @ best) <= UNEXPLAINED * np.linalg.norm(asked) + 1e-14 * count)


def _close(target: Target, count: int) -> Points:
    """Points close to the lesson's values; what is fixed stays."""
    situation, random = target.situation, np.random.default_rng(1)
    inputs = {}
    for key in situation.inputs:
        own = situation.stacked(key)
        width = 0.0 if situation.domain(key).word == "fixed" and key not in situation.varied else WIDTH
        noise = random.uniform(-1.0, 1.0, (count, *own.shape[1:]))
        inputs[key] = own + width * noise * (0.5 + np.abs(own))
    return situation.points(inputs)


# -- options


def _check_options(found: Findings, i: int, question: Question) -> None:
    """One is right, no two read alike, and each gives its reason."""
    place = ("step", i, "choice")
    if not any(option.right for option in question.choices):
        found.error(place, "no option is right", "say right = true at one")
    seen: dict[str, int] = {}
    for k, option in enumerate(question.choices):
        text = " ".join(option.text.split()).casefold()
        if not text:
            found.error((*place, k), "this option has no text")
        elif text in seen:
            found.error((*place, k), f"this option reads like option {seen[text] + 1}", "a student cannot choose it")
        seen.setdefault(text, k)
        if not option.because.strip():
            found.warn((*place, k), "this option gives no reason", "add because = … for whoever chooses it")


# -- hints


def _check_hints(found: Findings, i: int, question: Question, own: str | None, context: Context) -> None:
    for k, hint in enumerate(question.hints):
        if not hint.strip():
            found.warn(("step", i, "hints", k), "this hint is empty", "write it, or leave it out")
        elif answer := _given_away(hint, question, own, context):
            cure = "show the way, not the end of it"
            found.warn(("step", i, "hints", k), f"this hint contains the answer {answer}", cure)


def _check_feedback(found: Findings, i: int, step: Step, question: Question, own: str | None, context: Context) -> None:
    for fault, text in (step.feedback or {}).items():
        place = ("step", i, "feedback", fault)
        if not text.strip():
            found.warn(place, "this feedback is empty", "write it, or leave it out")
        elif answer := _given_away(text, question, own, context):
            found.warn(place, f"this feedback contains the answer {answer}", "show the way, not the end of it")


def _given_away(hint: str, question: Question, own: str | None, context: Context) -> str | None:
    """The answer, as the hint has it."""
    if question.kind in ("number", "result") and own is not None:
        shown = show_number(float(own), 3)
        plain = len(shown.strip("-0.")) < 2  # a plain 0, 1 or 2 stands in many a hint and gives nothing away
        return shown if not plain and re.search(rf"(?<![\d.]){re.escape(shown)}", hint) else None
    if question.kind == "choice":
        texts = [option.text.strip() for option in question.choices if option.right]
        return next((text for text in texts if len(text) > 8 and text.casefold() in hint.casefold()), None)
    if question.kind in ("order", "array") and own is not None:
        return own if len(own) > 8 and own in hint else None
    if question.kind == "formula":
        return next((part for part in _formulas_in(hint) if _answers(part, question, context)), None)
    return None


def _formulas_in(hint: str) -> Iterator[str]:
    """What may be a formula: code, and what follows an equals sign, a colon or "is" up to the end of a clause."""
    yield from re.findall(r"`([^`]{2,300})`", hint)
    for start in re.finditer(r"=|:|\bis\b", hint[:2000]):
        rest = hint[start.end() : start.end() + 300]
        ends = [end.start() for end in re.finditer(r"[.,;:]\s|[.;]?$| =", rest)]
        yield from (rest[:end].strip() for end in ends if end > 2)


def _answers(text: str, question: Question, context: Context) -> bool:
    """Whether a formula would be taken for the answer."""
    try:
        expr = context.read(text)
        target = context.target(question.target)
        names = names_in(expr)
        allowed = {normalise(name) for name in question.using} if question.using is not None else None
        if len(names) < 2 or names_asked(expr, target) or (allowed is not None and not set(names) <= allowed):
            return False
        return bool(compare(expr, target, everywhere=question.everywhere).equal)
    except EngineError:
        return False


# -- numbers


def _check_separable(found: Findings, context: Context, i: int, question: Question) -> None:
    """Whether the numbers can tell common mistakes in a derivative from the right answer."""
    if said := hidden_classics(question, context):
        cure = "choose numbers other than 0, 1 and 2, or say accept_hidden = true"
        found.warn(("step", i, "number"), f"these numbers hide a common mistake: {', '.join(said[:3])}", cure)


def hidden_classics(question: Question, context: Context) -> list[str]:
    """The common mistakes that give the right number; none for a derivative of exactly 0, of which one asks why."""
    if question.kind != "number" or context.graph is None or not context.target(question.target).derivatives:
        return []
    target = context.target(question.target)
    if not float(target.value_at(target.home).value.flat[0]):
        return []
    hidden = [h for h in separability(question, context).hidden if h.fault in CLASSIC]
    return [f"{h.fault} at {h.at}" if h.at else h.fault for h in hidden]
