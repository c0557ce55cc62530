"""A request → a session: the lesson read, its graphs built, its numbers drawn and set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, GraphError, GraphProblems
from engine.names import normalise
from engine.steps import ends_of
from tutor.course import find
from tutor.errors import Problem, ProblemsError, did_you_mean
from tutor.explain import read_setting
from tutor.lesson import FORMULA_KINDS
from tutor.lesson_file import LoadedLesson, read
from tutor.lesson_graph import LessonGraph, build_graph, entry_of, fits
from tutor.request import Request
from tutor.session import Session, set_values
from tutor.text import quoted

if TYPE_CHECKING:
    from engine.graph import Graph
    from tutor.lesson import Step
    from tutor.lesson_picture import PictureSpec
    from tutor.marking.separability import Hidden


def open_lesson(request: Request) -> Session:
    """The session that a request asks for. Raises ProblemsError with every problem of the file."""
    return open_loaded(checked(find(request.lesson)), request)


def checked(path: Path) -> LoadedLesson:
    """The lesson in a file. Raises ProblemsError with everything that is wrong with its tables and its formulas."""
    reading = read(path)
    problems = list(reading.problems)
    if reading.loaded is not None:
        problems += graph_problems(reading.loaded)
    if problems or reading.loaded is None:
        raise ProblemsError(problems)
    return reading.loaded


def open_loaded(loaded: LoadedLesson, request: Request) -> Session:
    """The session of a lesson that was read already."""
    graphs = build_graphs(loaded)
    if request.variant is not None and loaded.lesson.vary:
        graphs = set_values(graphs, variant_numbers(loaded, graphs, request.variant))
    values = [text for text in request.settings if not text.strip().startswith("run.")]
    run_settings = [text for text in request.settings if text.strip().startswith("run.")]
    if run_settings or request.seed is not None:
        from tutor.lesson_run import with_run_settings

        loaded = replace(loaded, lesson=with_run_settings(loaded.lesson, run_settings, request.seed))
    graphs = set_values(graphs, dict(read_setting(text) for text in values))
    return Session(loaded, graphs, request.variant)


def variant_numbers(loaded: LoadedLesson, graphs: Mapping[str, LessonGraph], variant: str) -> dict[str, float]:
    """A student's own numbers: the first that hide no more mistakes than the lesson's own numbers do."""
    return Variants(loaded, graphs).numbers(variant)


class Variants:
    """The numbers of a lesson's variants; what numbers hide is worked out once for each set of numbers."""

    def __init__(self, loaded: LoadedLesson, graphs: Mapping[str, LessonGraph]) -> None:
        self.loaded = loaded
        self.graphs = graphs
        self.names = frozenset(normalise(entry_of(name)[0]) for name in loaded.lesson.vary)
        self.own = hidden_mistakes(Session(loaded, graphs), self.names)
        self.told: dict[tuple[float, ...], bool] = {}

    def numbers(self, variant: str) -> dict[str, float]:
        """The numbers of one variant."""
        from tutor.vary import draw

        return draw(self.loaded.lesson.id, variant, self.loaded.lesson.vary, self.can_tell)

    def can_tell(self, numbers: Mapping[str, float]) -> bool:
        """Whether these numbers hide no more mistakes than the lesson's own."""
        key = tuple(numbers.values())
        if key not in self.told:
            self.told[key] = self._hides_no_more(numbers)
        return self.told[key]

    def _hides_no_more(self, numbers: Mapping[str, float]) -> bool:
        try:
            found = hidden_mistakes(Session(self.loaded, set_values(self.graphs, numbers)), self.names)
        except EngineError:
            return False
        return all(found[question] <= self.own[question] for question in self.own)


def hidden_mistakes(session: Session, names: frozenset[str]) -> dict[str, frozenset[Hidden]]:
    """For every number asked about a graph that holds one of `names`: the mistakes that give the right number."""
    from tutor.marking.separability import separability

    found: dict[str, frozenset[Hidden]] = {}
    for step, question in session.questions():
        shown = session.graph_of(step)
        if question.kind == "number" and shown is not None and not names.isdisjoint(shown.values):
            found[question.id] = frozenset(separability(question, session.context(step)).hidden)
    return found


def build_graphs(loaded: LoadedLesson) -> dict[str, LessonGraph]:
    """The lesson's graphs. Raises GraphProblems if the lesson was not checked."""
    return {name: build_graph(name, spec) for name, spec in loaded.lesson.graph.items()}


def graph_problems(loaded: LoadedLesson) -> list[Problem]:
    """Everything that is wrong with the formulas of a lesson: in its graphs, its questions and its walks."""
    problems: list[Problem] = []
    graphs: dict[str, LessonGraph] = {}
    for name, spec in loaded.lesson.graph.items():
        try:
            graphs[name] = build_graph(name, spec)
        except GraphProblems as error:
            problems.extend(located(loaded, ("graph", name), part) for part in error.errors)
    if len(graphs) == len(loaded.lesson.graph):
        problems.extend(_question_problems(loaded, graphs))
        problems.extend(_vary_problems(loaded, graphs))
    return problems


def located(loaded: LoadedLesson, table: tuple[str | int, ...], error: EngineError) -> Problem:
    """An error of the engine at its line and column of the lesson file."""
    part = error.part if isinstance(error, GraphError) else ()
    line, column = loaded.places.inside((*table, *part), error.at or 0)
    what, _, cure = error.message.partition("; ")
    return Problem(str(loaded.path), line, column, what, cure)


def _question_problems(loaded: LoadedLesson, graphs: Mapping[str, LessonGraph]) -> list[Problem]:
    """Formulas of questions that cannot be read, and walks to nodes that do not exist."""
    found: list[Problem] = []
    for i, step in enumerate(loaded.lesson.step):
        name = step.about or next(iter(graphs), None)
        if name is None or name not in graphs:
            continue
        graph = graphs[name].graph
        for kind in FORMULA_KINDS:
            text = getattr(step, kind)
            if text is not None:
                try:
                    graph.read(text, rows=True)
                except EngineError as error:
                    found.append(located(loaded, ("step", i, kind), error))
        if step.picture is not None:
            found += _picture_problems(loaded, graphs, i, step.picture)
        if step.fault is not None:
            found += _fault_problem(loaded, i, step.fault)
        for key in step.feedback or {}:
            found += _feedback_problem(loaded, i, key, graph)
        for field, text in _named_by(step):
            try:
                _resolve(graphs[name], field, text)
            except EngineError as error:
                found.append(located(loaded, ("step", i, field), error))
    return found


def _picture_problems(
    loaded: LoadedLesson, graphs: Mapping[str, LessonGraph], i: int, picture: PictureSpec
) -> Iterator[Problem]:
    """Formulas of a picture that its graph cannot read."""
    step = loaded.lesson.step[i]
    name = picture.graph or step.about or next(iter(graphs))
    if name not in graphs:
        return
    across = [("across", k, text) for k, text in enumerate(picture.across or ())]
    for field, k, text in (*picture.formulas, *across):
        try:
            graphs[name].graph.read(text, rows=True)
        except EngineError as error:
            said = getattr(picture, field)
            place: tuple[str | int, ...] = ("step", i, "picture", field)
            if len(said) > 1 and not isinstance(said, str):
                place = (*place, k)
            yield located(loaded, place, error)


def _fault_problem(loaded: LoadedLesson, i: int, fault: str) -> list[Problem]:
    from engine.faults import FAULTS

    if fault in FAULTS and FAULTS[fault].in_backward:
        return []
    line, column = loaded.places.inside(("step", i, "fault"), 0)
    what = f"{quoted(fault)} is no fault of a backward pass"
    possible = [name for name, known in FAULTS.items() if known.in_backward]
    return [
        Problem(str(loaded.path), line, column, what, did_you_mean(fault, possible) or f"one of {', '.join(possible)}")
    ]


def _feedback_problem(loaded: LoadedLesson, i: int, key: str, graph: Graph) -> list[Problem]:
    """What is wrong with an entry of a question's feedback, "fault" or "fault at node"."""
    from engine.faults import FAULTS

    fault, _, at = key.partition(" at ")
    if fault not in FAULTS:
        what, cure = f"{quoted(fault)} is no fault that marking can find", did_you_mean(fault, FAULTS)
    elif at and normalise(at) not in graph.names:
        what, cure = f"{quoted(at)} is no name of this graph", did_you_mean(at, graph.names.values())
    else:
        return []
    line, column = loaded.places.key(("step", i, "feedback", key))
    return [Problem(str(loaded.path), line, column, what, cure)]


def _named_by(step: Step) -> Iterator[tuple[str, str]]:
    """The names of a graph that a step uses, each with its field."""
    for field in ("to", "at", "of"):
        text = getattr(step, field)
        if text is not None:
            yield field, text
    for text in step.using or ():
        yield "using", text


def _resolve(shown: LessonGraph, field: str, text: str) -> None:
    """Raises EngineError where a step's name means nothing in its graph."""
    if field == "of":
        ends_of(shown.graph, text)
    elif normalise(text) not in shown.graph.scope.aliases:
        shown.graph.key(text)


def _vary_problems(loaded: LoadedLesson, graphs: Mapping[str, LessonGraph]) -> list[Problem]:
    """Names in `[vary]` that no graph has."""
    found: list[Problem] = []
    known: dict[str, Any] = {key: shown.graph.names[key] for shown in graphs.values() for key in shown.values}

    def add(name: str, what: str, cure: str | None) -> None:
        found.append(Problem(str(loaded.path), *loaded.places.inside(("vary", name)), what, cure))

    for name in loaded.lesson.vary:
        base, entry = entry_of(name)
        if normalise(base) not in known:
            add(name, f"no graph has a value {base}", did_you_mean(base, known.values()))
            continue
        shapes = {shown.graph.shape(base) for shown in graphs.values() if normalise(base) in shown.values}
        if entry is None and any(shapes):
            what = f"{name} is an array; only single numbers vary from student to student"
            index = ",".join("0" for _ in max(shapes, key=len))
            add(name, what, f'such as "{name}[{index}]"')
        elif entry is not None and any(not fits(shape, entry) for shape in shapes):
            cure = "entries are counted from 0: " + ", ".join(f"its shape is {shape}" for shape in sorted(shapes))
            add(name, f"{name} is no entry of {base}", cure)
    return found
