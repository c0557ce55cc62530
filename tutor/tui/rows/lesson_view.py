"""A whole lesson screen as rows: what stands in each pane, and how much room each pane should get."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from tutor.draw.cells import Row, Rows, Run, cell_width
from tutor.draw.picture import Picture
from tutor.predictions import Prediction, Predictions, is_open, spot
from tutor.revealed import Revealed, revealed
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.flow import run, spread
from tutor.tui.rows.graph_rows import graph_picture, label
from tutor.tui.rows.play import knobs, play_rows
from tutor.tui.rows.predict import prediction_rows
from tutor.tui.rows.prose import prose
from tutor.tui.rows.question_rows import asked_rows, question_rows
from tutor.tui.rows.table_order import GRAPH_ORDER, TableOrder, ordered_keys
from tutor.tui.rows.table_rows import name_column, table_head, table_rows
from tutor.tui.rows.walk_rows import tallest, walk_rows

if TYPE_CHECKING:
    from tutor.session import Session
    from tutor.tui.screens.play import Play

WIDE = 110
"""From this width on, story and graph stand side by side."""
SMALL = 80
"""The width of a small screen, for which graphs are made."""
LEAST_GRAPH = 9
TYPED = frozenset({"number", "formula", "array", "order", "derivation", "essay", "bug", "result"})
LEAST_WORDS = 6
USUAL_WORDS = 10
"""The rows of a usual text with the headings, which a graph should leave free."""
DRAWN_HEIGHT = 4


@dataclass(frozen=True)
class LessonView:
    """What a session looks like; everything is worked out when it is asked for."""

    session: Session
    draft: Draft
    ascii_only: bool = False
    predictions: Predictions = field(default_factory=dict)
    play: Play | None = None
    order: TableOrder = GRAPH_ORDER
    tall: int = 46
    """The rows between title and bar."""

    @cached_property
    def seen(self) -> Revealed:
        """What has been revealed of the graph."""
        seen = revealed(self.session)
        if self.play is not None and self.play.changed and self.session.graph is not None:
            return seen.with_changed(self.play.changed, self.session.graph.graph)
        return seen.without_result() if self.predicting else seen

    @cached_property
    def predicting(self) -> bool:
        """Whether the present result is still to be predicted."""
        return is_open(self.session, self.predictions)

    @property
    def has_line(self) -> bool:
        """Whether something can be typed at this step: an answer, or a prediction."""
        question = self.session.question()
        return self.session.step.predict if question is None else question.kind in TYPED

    # -- the title

    def title(self, width: int) -> Row:
        """Lesson, place, points."""
        session = self.session
        place = f"step {session.place + 1} of {len(session.steps)}"
        points = f"{session.points:g}/{session.possible_points:g} points" if session.possible_points else ""
        left = [run(f" {session.loaded.lesson.title}", "bar.key", 200)]
        return spread(left, [Run(f"{place}   {points} ", "bar")], width)

    # -- words

    def story_title(self) -> tuple[str, str]:
        """The heading of the story, and its note."""
        question = self.session.question()
        if question is None:
            return self._name_of_step(), ""
        hints = self.session.hints.get(question.id, 0)
        note = f"hint {hints} of {len(question.hints)}" if question.hints else ""
        return f"Question · {question.points:g} point{'' if question.points == 1 else 's'}", note

    def _name_of_step(self) -> str:
        step = self.session.step
        if step.walk is not None:
            return "Read along"
        return {"say": "Read", "train": "Training", "explore": "Play", "bug": "Find the bug"}[step.kind]

    def story(self, width: int) -> Rows:
        """The text of the present step; in a walk, the text before it."""
        session = self.session
        if session.question() is not None:
            return tuple(question_rows(session, self.draft, width))
        if session.step.explore is not None and self.play is not None:
            return tuple(self.play_rows(self.play, width))
        said = session.step.say or ""
        if session.step.walk is not None:
            before = [step.say for step in session.steps[: session.place] if step.say]
            said = before[-1] if before else ""
        if session.step.train is not None:
            said = f"Training: {', '.join(session.step.train)}"
        return tuple(prose(said, width))

    def verdict_row(self, width: int) -> int | None:
        """Where in the story the last answer's mark begins; None where nothing was answered."""
        question = self.session.question()
        if question is None or question.id not in self.session.attempts:
            return None
        return len(asked_rows(question, self.draft, width)) + 1

    def play_rows(self, play: Play, width: int) -> list[Row]:
        """The numbers that can be changed, and what the last change did."""
        return play_rows(self.session, play.start(self.session), play.cursor, play.last, width)

    def story_cursor(self, rows: Rows) -> int | None:
        """The row of the story that must be in sight."""
        if self.play is None or self.session.step.explore is None:
            return None
        return len(rows) - len(knobs(self.session)) + self.play.cursor

    # -- the walk

    def step_title(self) -> tuple[str, str]:
        """The heading of the step pane: which pass, and how far."""
        session = self.session
        if session.step.walk is None:
            return "Step", ""
        row = f"row {self.row} of {self.row_count}, " if self.row_count > 1 else ""
        return f"{session.step.walk.capitalize()} pass", f"{row}{session.cursor} of {len(session.walk_steps())}"

    @property
    def row_count(self) -> int:
        """How many data rows the present graph has."""
        return len(self.session.graph.traces) if self.session.graph else 1

    @property
    def row(self) -> int:
        """The chosen data row, counted from one."""
        return min(self.session.row, self.row_count - 1) + 1

    def step(self, width: int, room: int = 0) -> Rows:
        """The present step of the walk, in two dimensions where `room` rows are enough for that."""
        found = self.predictions.get(spot(self.session), Prediction())
        said = prediction_rows(found, width) if self.session.step.predict else []
        drawn_in = 0 if self.ascii_only else room - len(said)
        rows = walk_rows(self.session, width, drawn_in, hidden=self.predicting)
        more = prediction_rows(found, width, why=True) if said else []
        return (*rows, *(more if len(rows) + len(more) <= room else said))

    # -- the graph

    def picture(self, width: int) -> Picture | None:
        """The graph drawn for a width."""
        room = 8 if self.session.step.explore is not None and width > 84 else 6
        height = self.tall - USUAL_WORDS
        return graph_picture(self.session, self.seen, width, height, ascii_only=self.ascii_only, value_width=room)

    def graph_title(self) -> tuple[str, str]:
        """The heading of the graph: its name where there are several, and the data row."""
        session = self.session
        several = f" {session.graph.name}" if session.graph and len(session.graphs) > 1 else ""
        note = f"row {self.row} of {self.row_count} (r)" if self.row_count > 1 else "value, ∂gradient"
        return f"Graph{several}", note

    def active_box(self, picture: Picture) -> tuple[int, int, int, int] | None:
        """Where the active node stands in the picture."""
        graph = self.session.graph
        if graph is None or self.seen.active is None:
            return None
        return picture.boxes.get(label(graph.graph, self.seen.active))

    def table(self, width: int, cursor: int) -> tuple[Row, Rows]:
        """The head of the table of all nodes, and its rows."""
        head = table_head(width, name_column(self.session))
        return head, table_rows(self.session, self.seen, width, cursor, self.table_keys)

    @cached_property
    def table_keys(self) -> tuple[str, ...]:
        """The table's rows from top to bottom as keys of the graph."""
        return ordered_keys(self.session, self.seen, self.order)

    def table_cursor(self) -> int:
        """The row of the active node."""
        keys = self.table_keys
        return keys.index(self.seen.active) if self.seen.active in keys else 0

    # -- room

    def walk_height(self, width: int) -> int:
        """What the step pane needs at most in this walk."""
        return tallest(self.session, width) + (1 if self.session.step.predict else 0)

    @property
    def drawn_height(self) -> int:
        """How many rows more the step pane is worth, where there are any: what formulas in two dimensions take."""
        formulas = (step.formula for step in self.session.walk_steps())
        return DRAWN_HEIGHT if not self.ascii_only and any(set(text) & set("/^") for text in formulas) else 0


def picture_height(picture: Picture | None) -> int:
    """The rows of a picture and its legend."""
    return 0 if picture is None else picture.full_height


def story_width(session: Session, width: int) -> int:
    """Of a wide screen: the story's share, more where the lesson's longest formula needs it and the graph keeps 80."""
    said = "\n".join(step.say or "" for step in session.steps).expandtabs()
    formulas = (line for line in said.split("\n") if line.startswith("    "))
    longest = max((cell_width(line.rstrip()) for line in formulas), default=0)
    return max(44, min(64, width * 2 // 5), min(longest + 3, width - SMALL))


def divided(room: int, words: int, picture: int) -> int:
    """How many of `room` rows the words get above the picture; both have a heading of their own.

    Words get what they need as long as the picture keeps a useful height; what is left over goes to the words.
    """
    if not picture:
        return room
    wanted = max(LEAST_WORDS, words)
    if wanted + picture <= room:
        return room - picture
    return min(wanted, room - min(picture, LEAST_GRAPH))


def shown_rows(picture: Picture | None) -> Rows:
    """A picture with its legend below."""
    if picture is None:
        return ((Run("This step has no graph.", "dim"),),)
    return (*picture.rows, (), *picture.legend) if picture.legend else picture.rows


def window(box: tuple[int, int, int, int], left: int, top: int, width: int, height: int) -> tuple[int, int]:
    """The window's corner moved as little as needed to show a box; if it must move, the box comes to its middle."""
    x, y, w, h = box
    if x < left or x + w > left + width:
        left = x + w // 2 - width // 2
    if y < top or y + h > top + height:
        top = y + h // 2 - height // 2
    return max(0, left), max(0, top)
