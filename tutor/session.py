"""A learner in a lesson: the place, the numbers, the answers. Frozen: every move returns a new session.

The screen, the headless run, plain mode and grading all show and change this one object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.names import normalise
from engine.steps import Step as WalkStep
from engine.steps import walk
from tutor.errors import Problem, ProblemsError
from tutor.lesson_graph import LessonGraph, entry_of

if TYPE_CHECKING:
    from engine.trace import Trace
    from tutor.lesson import Step
    from tutor.lesson_file import LoadedLesson
    from tutor.marking import Context, Mark
    from tutor.questions import Question
    from tutor.run_results import Trained

Empty: Mapping[str, Any] = MappingProxyType({})

OWN_NUMBERS = "Questions are about the lesson's own numbers"
"""Said where a change is taken back, or refused."""


@dataclass(frozen=True)
class Attempt:
    """One answer as it was typed, and what was made of it; `remembered`: as the journal has it, not marked yet."""

    answer: str
    mark: Mark
    remembered: bool = False


@dataclass(frozen=True)
class Session:
    """`place` is the step of the lesson; `cursor` how many steps of its walk are shown (0 is none yet)."""

    loaded: LoadedLesson
    graphs: Mapping[str, LessonGraph]
    variant: str | None = None
    place: int = 0
    cursor: int = 0
    row: int = 0
    attempts: Mapping[str, tuple[Attempt, ...]] = field(default_factory=lambda: Empty)
    hints: Mapping[str, int] = field(default_factory=lambda: Empty)
    edits: tuple[LessonGraph, ...] = ()
    runs: Mapping[str, Trained] = field(default_factory=lambda: Empty)
    decided: Mapping[str, Question] = field(default_factory=lambda: Empty)
    """Questions by id with what runs decide about them, or with their bug, where another process found that out."""

    # -- the place

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(self.loaded.lesson.step)

    @property
    def step(self) -> Step:
        return self.steps[self.place]

    @property
    def graph(self) -> LessonGraph | None:
        """The graph that the present step is about: its own, or the lesson's first."""
        return self.graph_of(self.step)

    def graph_of(self, step: Step) -> LessonGraph | None:
        name = step.about or next(iter(self.graphs), None)
        return None if name is None else self.graphs[name]

    def pictured(self, step: Step) -> LessonGraph | None:
        """The graph that a step's picture is about: the one that it names, else the step's."""
        name = step.picture.graph if step.picture is not None else None
        return self.graph_of(step) if name is None else self.graphs.get(name)

    def walk_steps(self, step: Step | None = None) -> tuple[WalkStep, ...]:
        """The steps of the present walk, for the chosen row."""
        step = step or self.step
        shown = self.graph_of(step)
        if step.walk is None or shown is None:
            return ()
        return walk(self.trace_of(shown), step.walk, step.detail, step.to, step.of)

    def trace_of(self, shown: LessonGraph) -> Trace:
        """A graph's trace of the chosen data row; of its last row where it has fewer."""
        return shown.traces[min(self.row, len(shown.traces) - 1)]

    def next(self) -> Session:
        """One step on: inside a walk to its next step, after its last to the lesson's next step."""
        if self.cursor < len(self.walk_steps()):
            return replace(self, cursor=self.cursor + 1)
        return self.go(self.place + 1) if self.place + 1 < len(self.steps) else self

    def back(self) -> Session:
        """One step back, through walks in reverse."""
        if self.cursor > 0:
            return replace(self, cursor=self.cursor - 1)
        if self.place == 0:
            return self
        before = self.go(self.place - 1)
        return replace(before, cursor=len(before.walk_steps()))

    def go(self, place: int) -> Session:
        """To the start of a step of the lesson."""
        return replace(self, place=max(0, min(place, len(self.steps) - 1)), cursor=0)

    def go_in_walk(self, cursor: int) -> Session:
        """To a step of the present walk."""
        return replace(self, cursor=max(0, min(cursor, len(self.walk_steps()))))

    def choose_row(self, row: int) -> Session:
        """Another data row of the graph."""
        count = len(self.graph.traces) if self.graph else 1
        return replace(self, row=row % count)

    # -- runs

    def trained(self, name: str) -> Trained:
        """A run to its end: as this session has it, else trained now, once for all sessions of the same numbers."""
        if name in self.runs:
            return self.runs[name]
        from tutor.run_cache import trained_once

        return trained_once(self.loaded, self.graphs, name)

    # -- questions

    def question(self, step: Step | None = None) -> Question | None:
        """The question of a step, or None."""
        step = step or self.step
        if step.bug is not None:
            return self.decided.get(self.question_id(step)) or self._bug(step)
        if step.ask is None:
            return None
        from tutor.questions import question_of

        return question_of(step, self.question_id(step))

    def _bug(self, step: Step) -> Question:
        """The question of a bug step, kept with its graph, which never changes."""
        from tutor.bug_lab import bug_question

        shown, name = self.graph_of(step), self.question_id(step)
        assert shown is not None
        kept: dict[tuple[str, str | None], Question] = shown.__dict__.setdefault("_bugs", {})
        wanted = (name, self.variant)
        if wanted not in kept:
            try:
                kept[wanted] = bug_question(shown, step, name, self.loaded.lesson.id, self.variant)
            except EngineError as error:
                raise self._problem_at(step, "fault", error.message) from None
        return kept[wanted]

    def _problem_at(self, step: Step, key: str, what: str) -> ProblemsError:
        number = next(i for i, other in enumerate(self.steps) if other is step)
        line, column = self.loaded.places.inside(("step", number, key), 0)
        return ProblemsError((Problem(str(self.loaded.path), line, column, what),))

    def question_id(self, step: Step) -> str:
        """The id of a question's step; the n-th step without one is question-n."""
        if step.id is not None:
            return step.id
        return f"question-{next(i for i, other in enumerate(self.steps) if other is step) + 1}"

    def questions(self) -> tuple[tuple[Step, Question], ...]:
        """Every question of the lesson, in order."""
        return tuple((step, q) for step in self.steps if (q := self.question(step)) is not None)

    def answer(self, text: str, step: Step | None = None) -> Session:
        """Marks an answer to the present (or the given) question and keeps the attempt."""
        question = self.question(step)
        if question is None:
            return self
        return self.with_attempt(question.id, Attempt(text, self.marked(text, question, step or self.step)))

    def with_attempt(self, question_id: str, attempt: Attempt) -> Session:
        """One more attempt, marked here or elsewhere."""
        return self.with_attempts(question_id, (*self.attempts.get(question_id, ()), attempt))

    def with_attempts(self, question_id: str, tried: tuple[Attempt, ...]) -> Session:
        """Other attempts at a question."""
        return replace(self, attempts=MappingProxyType({**self.attempts, question_id: tried}))

    def marked(self, text: str, question: Question, step: Step) -> Mark:
        """What is made of an answer, without keeping it; an answer that runs decide has them trained."""
        from tutor.marking import mark, unmarkable

        try:
            question = self.settled(question, step) if text.strip() else question
        except EngineError as error:
            return unmarkable(question, text, error)
        return mark(question, self.context(step), text)

    def settled(self, question: Question, step: Step) -> Question:
        """The question with what runs decide about it, which are trained for that. Raises EngineError."""
        if question.id in self.decided:
            return self.decided[question.id]
        from tutor.run_questions import is_open, settled

        return settled(question, step, self.trained) if is_open(step) else question

    def context(self, step: Step) -> Context:
        """What a question is about: the graph and its numbers."""
        from tutor.marking import Context

        shown = self.graph_of(step)
        return shown.context if shown is not None else Context.empty()

    def hint(self) -> Session:
        """Shows the next hint of the present question."""
        question = self.question()
        if question is None or self.hints.get(question.id, 0) >= len(question.hints):
            return self
        shown = self.hints.get(question.id, 0) + 1
        return replace(self, hints=MappingProxyType({**self.hints, question.id: shown}))

    def best(self, question_id: str) -> Attempt | None:
        """The attempt with the most points; the latest of several."""
        tried = self.attempts.get(question_id, ())
        return max(reversed(tried), key=lambda a: a.mark.points, default=None)

    @property
    def points(self) -> float:
        """The points of the best attempts."""
        return sum(float(best.mark.points) for q in self.attempts if (best := self.best(q)) is not None)

    @property
    def possible_points(self) -> float:
        """The points of all questions together."""
        return sum(float(q.points) for _, q in self.questions() if q.kind != "essay")

    # -- numbers

    def edit(self, graph: str, name: str, number: Any) -> Session:
        """Another number for a given value or weight. Raises NumberError if it does not fit."""
        changed = self.graphs[graph].with_values({name: number})
        _ = changed.traces
        graphs = MappingProxyType({**self.graphs, graph: changed})
        return replace(self, graphs=graphs, edits=(*self.edits, self.graphs[graph]))

    def undo(self) -> Session:
        """Takes the last edit back."""
        if not self.edits:
            return self
        before = self.edits[-1]
        graphs = MappingProxyType({**self.graphs, before.name: before})
        return replace(self, graphs=graphs, edits=self.edits[:-1])

    def original(self) -> Session:
        """All edits taken back; the place stays."""
        session = self
        while session.edits:
            session = session.undo()
        return session


def set_values(graphs: Mapping[str, LessonGraph], settings: Mapping[str, Any]) -> dict[str, LessonGraph]:
    """Graphs with `--set NAME=VALUE` put in, in every graph that has the name.

    Raises EngineError for a name that no graph has.
    """
    changed = dict(graphs)
    for name, number in settings.items():
        bare = entry_of(name)[0]
        owners = [key for key, shown in changed.items() if normalise(bare) in shown.values]
        if not owners:
            known = sorted({shown.graph.names[k] for shown in changed.values() for k in shown.values})
            raise EngineError(f"no graph of this lesson has a value {bare}; it has {', '.join(known)}")
        for key in owners:
            changed[key] = changed[key].with_values({name: number})
    return changed
