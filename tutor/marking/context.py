"""What a question is about: a graph, its numbers, and the points at which answers are compared.

Reading an answer needs no NumPy, so that a screen can echo it; what compares answers is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from engine.expression import Derivative, Expr, Name, names_in, walk
from engine.formula import parse
from engine.graph import Graph
from engine.names import normalise
from engine.scope import Scope
from engine.trace import to_reference

if TYPE_CHECKING:
    from engine.evaluate import Evaluated
    from engine.points import Points
    from engine.sampling import Situation
    from tutor.marking.mistakes import Mistakes

POINTS = 12
SEED = 20_231_117


@dataclass(frozen=True, eq=False)
class Context:
    """A graph with its values and rows by key. What marking works out about it is kept for the next answer."""

    graph: Graph | None
    values: Mapping[str, Any] = field(default_factory=dict)
    rows: tuple[Mapping[str, Any], ...] = ()
    mean: bool = False
    decimals: int | None = None
    domain: Mapping[str, Any] | None = None
    _targets: dict[str, Target] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, shown: Any) -> Context:
        """From a lesson's graph (any object with graph, values, rows, mean, decimals and domain)."""
        return cls(shown.graph, shown.values, tuple(shown.rows), shown.mean, shown.decimals, shown.domain)

    @classmethod
    def empty(cls) -> Context:
        """For questions about no graph."""
        return cls(None)

    @property
    def has_rows(self) -> bool:
        """Whether Σ over rows and m have a meaning: rows of data, or whole columns as arrays."""
        if self.graph is None:
            return False
        return bool(self.rows) or any(slot.shape for slot in self.graph.slots)

    def read(self, text: str) -> Expr:
        """A formula over the graph's names. Raises FormulaError."""
        if self.graph is None:
            return Graph.parse("answer = 0").read(text)
        return parse(text, self.scope)

    @cached_property
    def scope(self) -> Scope:
        """What names mean in answers: the graph's, and λ where the graph spells it lam (lambda is a word of Python)."""
        assert self.graph is not None
        scope = self.graph.scope
        aliases = dict(scope.aliases)
        if "lam" in scope.names and "lambda" not in scope.names:
            aliases.setdefault("lambda", Name("lam"))
        return replace(scope, rows=self.has_rows, aliases=aliases)

    @cached_property
    def numbers(self) -> Mapping[str, Any]:
        """The lesson's values by key."""
        return {normalise(name): value for name, value in self.values.items()}

    @cached_property
    def row_numbers(self) -> tuple[Mapping[str, Any], ...]:
        """The rows' values by key."""
        return tuple({normalise(name): value for name, value in row.items()} for row in self.rows)

    def target(self, text: str) -> Target:
        """What is asked for, with its points."""
        if text not in self._targets:
            self._targets[text] = Target(self, self.read(text))
        return self._targets[text]

    def to_numbers(self) -> Context:
        """A context for bare arithmetic, where the question has no graph."""
        return self if self.graph is not None else Context(Graph.parse("answer = 0"))


@dataclass(frozen=True, eq=False)
class Target:
    """A formula that is asked for: its values at the lesson's numbers and at points around them."""

    context: Context
    expr: Expr

    @cached_property
    def derivatives(self) -> tuple[Derivative, ...]:
        """The derivatives it names."""
        return tuple(here for here in walk(self.expr) if isinstance(here, Derivative))

    @cached_property
    def situation(self) -> Situation:
        """What points are drawn around; what a derivative is taken by always varies."""
        from engine.sampling import Situation

        context = self.context
        assert context.graph is not None
        by = [to_reference(context.graph, d.by) for d in self.derivatives]
        varied = frozenset(ref.key for ref in by if ref is not None)
        numbers, rows = context.numbers, context.row_numbers
        found = Situation(context.graph, numbers, rows, context.mean, context.domain, varied)
        if all(found.domain(key).word == "fixed" for key in found.inputs):
            found = replace(found, varied=frozenset(found.inputs))
        return found

    @cached_property
    def home(self) -> Points:
        """The lesson's own values."""
        return self.situation.here()

    @cached_property
    def points(self) -> Points:
        """Points on the lesson's branch."""
        from engine.sampling import drawn

        return drawn(self.situation, POINTS, SEED)

    @cached_property
    def examples(self) -> Points:
        """Points on the lesson's branch at short numbers, to be shown; not the lesson's own, which may be asked yet."""
        from engine.sampling import drawn

        return drawn(self.situation, POINTS, SEED + 2, digits=2)

    @cached_property
    def beyond(self) -> Points | None:
        """Points on all sides of every kink; None if there is no kink."""
        from engine.branches import kinks
        from engine.sampling import drawn

        if not kinks(self.home):
            return None
        return drawn(self.situation, 3 * POINTS, SEED + 1, branch=False, reach=2.0)

    @cached_property
    def tied(self) -> tuple[int, ...]:
        """The operations that are exactly at their kink in the lesson."""
        from engine.branches import at_kink

        return tuple(at_kink(self.home))

    @cached_property
    def right(self) -> Evaluated:
        """The right value at `points`."""
        return self.value_at(self.points)

    def value_at(self, points: Points) -> Evaluated:
        """The right value at other points."""
        from engine.evaluate import evaluate

        return evaluate(self.expr, points)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the right answer."""
        return self.right.shape

    @property
    def is_derivative(self) -> bool:
        """Whether just a derivative is asked for."""
        return isinstance(self.expr, Derivative)

    @property
    def is_value(self) -> bool:
        """Whether there is no derivative in what is asked for."""
        return not any(isinstance(here, Derivative) for here in walk(self.meant))

    @cached_property
    def meant(self) -> Expr:
        """What is asked for; a formula that writes a derivative out counts as that derivative."""
        from tutor.marking.meant import derivative_meant

        return derivative_meant(self.expr, self.beyond or self.points) or self.expr

    @cached_property
    def mistakes(self) -> Mistakes:
        """What common mistakes give at `points`."""
        from tutor.marking.mistakes import mistakes_at

        return mistakes_at(self.meant, self.points)

    @cached_property
    def mistakes_of_rows(self) -> Mistakes:
        """The same for each row by itself, for an answer that forgets to sum over the rows (or need not)."""
        from tutor.marking.mistakes import mistakes_at

        return mistakes_at(self.meant, replace(self.points, rows=False))

    @cached_property
    def mistakes_here(self) -> Mistakes:
        """What common mistakes give at the lesson's own values."""
        from tutor.marking.mistakes import mistakes_at

        return mistakes_at(self.meant, self.home)

    @cached_property
    def all_mistakes_here(self) -> Mistakes:
        """The same, with those that happen to give the right value."""
        from tutor.marking.mistakes import mistakes_at

        return mistakes_at(self.meant, self.home, visible_only=False)

    @cached_property
    def shown_names(self) -> frozenset[str]:
        """The names that a witness shows: those the target mentions, without what is differentiated."""
        of = {key for d in self.derivatives for key in names_in(d.of)}
        return frozenset(names_in(self.expr)) - of
