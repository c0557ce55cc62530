"""The author's proof: plays a lesson without a screen and says everything that is wrong or weak about it."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError
from engine.numbers import show_number
from tutor.course import course, find
from tutor.errors import Problem, ProblemsError
from tutor.lesson import Step, resolved
from tutor.lesson_file import LoadedLesson
from tutor.lesson_run import load_data, trained_names
from tutor.marking.context import Target
from tutor.marking.equality import compare
from tutor.marking.separability import separability
from tutor.opening import Variants, build_graphs, checked, open_loaded
from tutor.questions import Question
from tutor.request import Request
from tutor.session import Session, set_values

LINES_OF_A_PAGE = 16
COLUMNS = 76
LARGEST_ERROR = 1e-6
WRONG = "123456.789"
CLASSIC = frozenset(("sign", "constant-factor", "missing-factor", "missing-path", "product-of-paths", "wrong-index"))
FOR_MODELS = frozenset(("data", "loss", "freeze", "start", "keep", "validate_every", "reduce"))
KNOWN_FILES = frozenset({"lesson.toml", "README.md"})


@dataclass(frozen=True)
class Checked:
    """What was found in one lesson: errors keep it from being taken, warnings are weak places."""

    path: str
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def check_lessons(names: Sequence[str], jobs: int | None = None) -> Iterator[Checked]:
    """Each lesson checked, in the order given; several at once where there are several."""
    workers = min(jobs or os.cpu_count() or 1, len(names))
    if workers <= 1:
        yield from map(check_lesson, names)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(check_lesson, names)


def check_lesson(name: str) -> Checked:
    """One lesson file, folder or id."""
    try:
        loaded = checked(find(name))
    except ProblemsError as error:
        return Checked(name, tuple(error.problems))
    checker = _Checker(loaded)
    checker.run()
    return Checked(name, tuple(checker.errors), tuple(checker.warnings))


class _Checker:
    def __init__(self, loaded: LoadedLesson) -> None:
        self.loaded = loaded
        self.lesson = loaded.lesson
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def error(self, path: tuple[str | int, ...], what: str, cure: str | None = None) -> None:
        self.errors.append(self._problem(path, what, cure))

    def warn(self, path: tuple[str | int, ...], what: str, cure: str | None = None) -> None:
        self.warnings.append(self._problem(path, what, cure))

    def _problem(self, path: tuple[str | int, ...], what: str, cure: str | None) -> Problem:
        line, column = self.loaded.places.inside(path, 0)
        return Problem(str(self.loaded.path), line, column, what, cure)

    def run(self) -> None:
        """Everything that can be found by playing the lesson."""
        session = open_loaded(self.loaded, Request(str(self.loaded.path)))
        self.check_gradients(session)
        for i, step in enumerate(session.steps):
            self.check_page(i, step)
            question = session.question(step)
            if question is not None:
                self.check_question(session, i, step, question)
        self.check_variants()
        self.check_needs()
        self.check_data()
        self.check_runs(session)
        self.check_files()

    def check_gradients(self, session: Session) -> None:
        """Backward passes against finite differences."""
        for name, shown in session.graphs.items():
            if not shown.trace.is_scalar:
                continue
            error = shown.gradient_check.max_relative_error
            if not error <= LARGEST_ERROR:
                what = f"the gradient check is off by {error:.1e} at {shown.gradient_check.worst}"
                self.warn(("graph", name), what, "values of very different size, or a point next to a kink?")

    def check_page(self, i: int, step: Step) -> None:
        """Whether the text of a step fits a screen of 80 × 24."""
        for part in ("say", "ask"):
            text = getattr(step, part) or ""
            lines = [
                line for paragraph in text.strip().splitlines() for line in textwrap.wrap(paragraph, COLUMNS) or [""]
            ]
            if len(lines) > LINES_OF_A_PAGE:
                what = f"this text fills {len(lines)} lines; a screen of 80 × 24 shows {LINES_OF_A_PAGE}"
                self.warn(("step", i, part), what, "make two steps of it")

    def check_question(self, session: Session, i: int, step: Step, question: Question) -> None:
        """The engine's own answer is right, a wrong one wrong, and no hint gives the answer away."""
        place = ("step", i, question.kind)
        try:
            own = own_answer(session, step, question)
            if own is not None and session.marked(own, question, step).verdict not in ("right", "unscored"):
                self.error(place, f"the engine's own answer {own} is not marked right")
            if question.kind == "formula":
                target = session.context(step).to_numbers().target(question.target)
                if not compare(target.expr, target, everywhere=question.everywhere).equal:
                    cure = "its values are not finite at most points; narrow the domain of its names"
                    self.error(place, "answers to this question cannot be compared", cure)
            if question.kind in ("number", "formula", "array", "result"):
                verdict = session.marked(WRONG, question, step).verdict
                if verdict == "right":
                    self.error(place, f"the wrong answer {WRONG} is marked right")
        except EngineError as error:
            self.error(place, error.message)
            return
        self.check_hints(i, question, own)
        if not step.accept_hidden:
            self.check_separable(session, i, step, question)

    def check_separable(self, session: Session, i: int, step: Step, question: Question) -> None:
        """Whether the numbers can tell common mistakes in a derivative from the right answer."""
        context = session.context(step)
        if question.kind != "number" or context.graph is None or not context.target(question.target).derivatives:
            return
        found = [h for h in separability(question, context).hidden if h.fault in CLASSIC]
        if found and not self._is_zero(context.target(question.target)):
            said = ", ".join(f"{h.fault} at {h.at}" if h.at else h.fault for h in found[:3])
            cure = "choose numbers other than 0, 1 and 2, or say accept_hidden = true"
            self.warn(("step", i, "number"), f"these numbers hide a common mistake: {said}", cure)

    @staticmethod
    def _is_zero(target: Target) -> bool:
        """A derivative of exactly 0 stays 0 under most mistakes; what is asked is why."""
        return not float(target.value_at(target.home).value.flat[0])

    def check_hints(self, i: int, question: Question, own: str | None) -> None:
        if own is None or question.kind not in ("number", "result"):
            return
        shown = show_number(float(own), 3)
        if len(shown.strip("-0.")) < 2:
            return  # a plain 0, 1 or 2 stands in many a hint without giving anything away
        for k, hint in enumerate(question.hints):
            if re.search(rf"(?<![\d.]){re.escape(shown)}", hint):
                self.warn(("step", i, "hints", k), f"this hint contains the answer {shown}")

    def check_variants(self) -> None:
        """Drawn numbers must give finite values."""
        if not self.lesson.vary:
            return
        graphs = build_graphs(self.loaded)
        variants = Variants(self.loaded, graphs)
        for k in range(20):
            try:
                for shown in set_values(graphs, variants.numbers(f"check-{k}")).values():
                    _ = shown.traces
            except (EngineError, ProblemsError) as error:
                self.error(("vary",), f"the numbers of a variant do not fit: {error}")
                return

    def check_needs(self) -> None:
        entries = course().entries
        for k, need in enumerate(self.lesson.needs):
            if need not in entries:
                self.warn(("needs", k), f"the course has no lesson {need}")
            elif self.lesson.id in _all_needs(need):
                self.error(("needs", k), f"{need} needs this lesson in turn: a circle")

    def check_data(self) -> None:
        for name in self.lesson.data:
            try:
                load_data(self.lesson, name, self.loaded.path.parent)
            except EngineError as error:
                self.error(("data", name), error.message)

    def check_runs(self, session: Session) -> None:
        """Every run that a step trains, to its end."""
        if self.errors:
            return
        for name in trained_names(self.lesson):
            self.check_fields(name)
            try:
                run = session.trained(name)
            except EngineError as error:
                self.error(("run", name), error.message)
                continue
            if run.seconds > 60 * self.lesson.minutes:
                self.warn(("run", name), f"this run takes {run.seconds:.0f} s, longer than the lesson's minutes")
            if not run.history["train_loss"]:
                self.error(("run", name), "this run measured nothing")

    def check_fields(self, name: str) -> None:
        """Settings of a network's run that a graph's run does not have."""
        run = self.lesson.run[name]
        if resolved(self.lesson, name).graph is not None:
            for field in sorted(run.written & FOR_MODELS):
                self.warn(("run", name, field), f"{field} means nothing in a run of a graph", f"leave {field} out")

    def check_files(self) -> None:
        """Files beside the lesson that nothing uses."""
        folder = Path(self.loaded.path).parent
        if self.loaded.path.name != "lesson.toml":
            return
        used = KNOWN_FILES | {data.file for data in self.lesson.data.values() if data.file}
        used |= {run.start for run in self.lesson.run.values() if run.start}
        used |= {m.init for m in self.lesson.model.values() if isinstance(m.init, str)}
        for entry in sorted(folder.iterdir())[:200]:
            if entry.is_file() and entry.name not in used and not entry.name.startswith("."):
                self.warn(("id",), f"nothing uses the file {entry.name} beside the lesson")


def own_answer(session: Session, step: Step, question: Question) -> str | None:
    """What the engine would answer; None where only a person can. Runs that decide it are trained."""
    question = session.settled(question, step)
    if question.kind == "result":
        return repr(float(question.target))
    if question.kind == "choice":
        return ", ".join(str(i + 1) for i, choice in enumerate(question.choices) if choice.right)
    shown = session.graph_of(step)
    if shown is None or question.kind == "essay":
        return None
    if question.kind == "order":
        names = [node.spelling for node in shown.graph.nodes.values()]
        return ", ".join(reversed(names) if question.target == "backward" else names)
    if question.kind in ("formula", "derivation"):
        return None
    if question.kind == "bug":
        return question.target
    target = session.context(step).to_numbers().target(question.target)
    found = target.value_at(target.home)
    return _written(found.value[0, 0].reshape(found.shape).tolist())


def _written(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_written(entry) for entry in value) + "]"
    return repr(float(value))  # type: ignore[arg-type]


def _all_needs(name: str) -> set[str]:
    """Everything that a lesson needs, directly or not."""
    entries = course().entries
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in found and here in entries:
            found.add(here)
            waiting.extend(entries[here].needs)
    return found - {name} | ({name} if name in entries and name in entries[name].needs else set())
