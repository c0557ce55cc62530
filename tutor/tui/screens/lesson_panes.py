"""The panes of the lesson screen: where each stands, and what stands in it.

Imported only once a lesson has been read, since it needs the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tutor.draw.cells import Row
from tutor.draw.picture import Picture
from tutor.predictions import Prediction, Spot, is_open, spot
from tutor.revealed import answered_rightly
from tutor.tui.keys import Key, bar_row
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.echo import echoed
from tutor.tui.rows.figure_rows import figure_height, figure_shown
from tutor.tui.rows.flow import heading
from tutor.tui.rows.graph_rows import label
from tutor.tui.rows.lesson_view import (
    TYPED,
    WIDE,
    LessonView,
    divided,
    picture_height,
    shown_rows,
    story_width,
    window,
)
from tutor.tui.screens.newest import Newest
from tutor.tui.screens.play import Play
from tutor.tui.screens.present_keys import reading_keys, typing_keys
from tutor.tui.screens.table_pane import TablePane
from tutor.tui.widgets.panel import Echo, Entry, Panel
from tutor.tui.widgets.stage import Stage

if TYPE_CHECKING:
    from tutor.figures.figure import Figure
    from tutor.marking import Mark
    from tutor.session import Session

LEAST_TABLE = 6
LEAST_STORY = 5
"""From this height on, the first row of a question stays above what is rolled."""
ENTRY_HEIGHT = 2


class LessonPanes:
    """Places and fills the panels of one lesson screen; holds what is chosen there but is no part of the session."""

    def __init__(self, stage: Stage, *, ascii_only: bool = False) -> None:
        entry = stage["entry"]
        assert isinstance(entry, Entry)
        self.stage = stage
        self.entry = entry
        self.ascii_only = ascii_only
        self.table = TablePane(stage)
        self.follow = True
        self.newest = Newest()
        self.prompt_for = ""
        self.play = Play()
        self.stopped_at: int | None = None
        """The step where an earlier session stopped, while one can go on there."""
        self.tall = 0
        self._height: tuple[object, int, int] | None = None
        self.predictions: dict[Spot, Prediction] = {}
        self.figures: dict[int, Figure] = {}
        self._figure: Figure | None = None
        self._figure_of: tuple[object, ...] = ()
        self._figure_row = 0

    def arrive(self, session: Session) -> None:
        """At another step of the lesson: everything at its top, the focus where it is needed."""
        for name in ("story", "step", "graph", "table"):
            self.stage[name].top = 0
        self.table.arrive()
        question = session.question()
        typed = question is not None and question.kind in TYPED
        if typed and not answered_rightly(session):
            self.stage.focused_name = "entry"
        else:
            self.stage.focused_name = "step" if session.step.walk else "story"

    def view(self, session: Session, draft: Draft) -> LessonView:
        """What a session looks like here."""
        tall = self.tall
        return LessonView(session, draft, self.ascii_only, self.predictions, self.play, self.table.order, tall)

    # -- predictions

    def predicting(self, session: Session) -> bool:
        """Whether the present result is still to be predicted."""
        return is_open(session, self.predictions)

    def take_prediction(self, at: Spot, found: Mark) -> None:
        """A prediction that was marked; a right one shows the result, and what is shown stays shown."""
        before = self.predictions.get(at, Prediction())
        self.predictions[at] = Prediction(found, before.shown or found.verdict in {"right", "imprecise"})

    def reveal(self, session: Session) -> None:
        """Shows a result without a right prediction."""
        before = self.predictions.get(spot(session), Prediction())
        self.predictions[spot(session)] = replace(before, shown=True)

    def figure(self, session: Session) -> Figure | None:
        """The picture of the present step, worked out once for each place, row and set of numbers."""
        if session.step.picture is None:
            return None
        of = (session.graphs, session.steps[session.place], self.figures.get(session.place))
        same = len(self._figure_of) == len(of) and all(a is b for a, b in zip(self._figure_of, of, strict=True))
        if not same or self._figure_row != session.row:
            self._figure_of, self._figure_row = of, session.row
            self._figure = figure_shown(session, self.figures)
        return self._figure

    def fill(self, session: Session, draft: Draft, width: int, height: int) -> None:
        """Everything but the message in the bar."""
        self.tall = height - 2
        view = self.view(session, draft)
        narrow = width < WIDE
        story = width if narrow else story_width(session, width)
        graph_width = width if narrow else width - story
        figure = self.figure(session)
        picture = view.picture(graph_width) if figure is None else None
        drawn = 1 + (picture_height(picture) if figure is None else figure_height(figure, height))
        if picture is None and figure is None and session.graph is None:
            drawn = 0
        self.stage["title"].place = (0, 0, width, 1)
        self.stage["title"].show((view.title(width),))
        if narrow:
            self.place_narrow(view, drawn, width, height - 2)
        else:
            self.place_wide(view, drawn, story, width, height - 2)
        if self.prompt_for:
            self.stage["jump"].place = self.stage["bar"].place
            self.stage["bar"].place = (0, 0, 0, 0)
        self.stage["bar"].show((bar_row(self.keys_now(session, draft), width),))
        self.fill_words(view)
        self.fill_pictures(view, picture)
        self.draw_line(view)

    # -- places

    def place_narrow(self, view: LessonView, drawn: int, width: int, room: int) -> None:
        """Words above the picture, which wants so many rows with its heading (or the table); 0 if there is none."""
        if view.session.step.walk:
            entry = ENTRY_HEIGHT if view.has_line else 0
            above = divided(room, 1 + self.walk_height(view, width) + entry, drawn)
            self.place_step(0, 1, width, above, entry)
        else:
            entry = ENTRY_HEIGHT if view.has_line else 0
            above = divided(room, 1 + len(view.story(width - 2)) + entry, drawn)
            self.place_words(0, width, above, entry)
        name = "table" if self.table.is_wanted else "graph"
        self.stage[name].place = (0, 1 + above, width, room - above)

    def place_wide(self, view: LessonView, drawn: int, story: int, width: int, room: int) -> None:
        """Words on the left; step, picture and, where there are rows left, the table on the right."""
        right = width - story
        entry = ENTRY_HEIGHT if view.has_line else 0
        self.place_words(0, story, room, 0 if view.session.step.walk else entry)
        top = 1
        if view.session.step.walk:
            step = 2 + self.walk_height(view, right) + entry
            spare = room - step - (1 + drawn)
            step += max(0, min(view.drawn_height, spare if spare < LEAST_TABLE else spare - LEAST_TABLE))
            step = min(step, room // 2)
            self.place_step(story, top, right, step, entry)
            top += step
        rest = room + 1 - top
        if rest - drawn - 1 >= LEAST_TABLE and view.session.graph is not None:
            self.stage["graph"].place = (story, top, right, drawn + 1)
            self.stage["table"].place = (story, top + drawn + 1, right, rest - drawn - 1)
        elif drawn:
            self.stage["table" if self.table.is_wanted else "graph"].place = (story, top, right, rest)

    def place_step(self, x: int, y: int, width: int, height: int, entry: int) -> None:
        """The step of the walk, and below it the line for a prediction."""
        self.stage["step"].place = (x, y, width, height - entry)
        if entry:
            self.stage["entry"].place = (x, y + height - entry, width, entry)

    def place_words(self, x: int, width: int, height: int, entry: int) -> None:
        """The story, and below it the line for the answer; on a wide screen the line follows the text."""
        self.stage["story"].place = (x, 1, width, height - entry)
        if entry:
            self.stage["entry"].place = (x, 1 + height - entry, width, entry)

    def walk_height(self, view: LessonView, width: int) -> int:
        """What the step pane needs in this walk; worked out once for each."""
        steps = view.session.walk_steps()
        if self._height is None or self._height[0] is not steps or self._height[1] != width:
            self._height = (steps, width, view.walk_height(width))
        return self._height[2]

    # -- contents

    def fill_words(self, view: LessonView) -> None:
        """The story or question, and the line below it."""
        pane = self.stage["story"]
        rows = view.story(max(20, pane.width - 2))
        entry = self.stage["entry"]
        if entry.is_shown and not view.session.step.walk:
            self.pull_up_entry(pane, entry, len(rows))
        title, note = view.story_title()
        newest = self.newest.row(view, max(20, pane.width - 2)) if self.follow and entry.is_shown else None
        top = pane.top if newest is None else newest
        pane.fixed = (self.head("story", title, note),)
        pane.show(rows, 0, top)
        if pane.top and view.session.question() is not None and pane.place[3] >= LEAST_STORY:
            pane.fixed = (*pane.fixed, rows[0])  # what is asked stays in sight
            pane.show(rows, 0, top)
        chosen = view.story_cursor(rows)
        if chosen is not None and self.follow:
            pane.show(rows, 0, window((0, chosen, 1, 1), 0, pane.top, 1, pane.room[1])[1])
        if pane.below:
            pane.fixed = (self.head("story", title, f"{pane.below} more ↓"), *pane.fixed[1:])

    @staticmethod
    def pull_up_entry(pane: Panel, entry: Panel, rows: int) -> None:
        """On a tall screen the line stands right below the text, not at the bottom."""
        x, y, width, height = pane.place
        used = min(height, rows + 2)
        pane.place = (x, y, width, used)
        entry.place = (x, y + used, width, entry.place[3])

    def draw_line(self, view: LessonView) -> None:
        """The line with what is said about it; nothing once a result has been predicted."""
        if view.session.step.walk and not view.predicting:
            self.entry.show(())
        elif self.entry.is_shown:
            self.entry.draw(self.stage.focused_name == "entry", self.echo(view))

    def echo(self, view: LessonView) -> Echo:
        """How the line is read."""
        row, error = echoed(view.session, view.draft, view.draft.text)
        return Echo(row, error)

    def fill_pictures(self, view: LessonView, picture: Picture | None) -> None:
        """The step, the graph, the table."""
        step, graph, table = (self.stage[name] for name in ("step", "graph", "table"))
        if step.is_shown:
            step.fixed = (self.head("step", *view.step_title()),)
            rows = view.step(*step.room)
            if self.stage["entry"].is_shown:
                self.pull_up_entry(step, self.stage["entry"], len(rows))
            step.show(rows)
        figure = self.figure(view.session)
        if graph.is_shown and figure is not None:
            graph.fixed = (self.head("graph", "Picture"),)
            from tutor.draw.figures import Room, figure_rows  # with all kinds of plots, for steps that have a picture

            room = Room(*graph.room, bool(self.stage.palette.roles), self.ascii_only)
            graph.show(figure_rows(figure, room), 0, 0)
        elif graph.is_shown:
            graph.fixed = (self.head("graph", *view.graph_title()),)
            left, top = self.panned(view, picture, graph)
            graph.show(shown_rows(picture), left, top)
        if table.is_shown:
            self.table.fill(view, self.head("table", *self.table.heading(view)))

    def panned(self, view: LessonView, picture: Picture | None, pane: Panel) -> tuple[int, int]:
        """The window's corner, moved so that the active node is seen."""
        box = view.active_box(picture) if picture is not None else None
        if box is None or not self.follow:
            return pane.left, pane.top
        return window(box, pane.left, pane.top, *pane.room)

    def head(self, name: str, title: str, note: str = "") -> Row:
        """A pane's heading; the one of the pane with the focus is bright and marked."""
        focused = self.stage.focused_name == name or (name == "story" and self.stage.focused_name == "entry")
        width = self.stage[name].width
        return heading(f"▸ {title}" if focused else title, width, note, "focus" if focused else "rule")

    def keys_now(self, session: Session, draft: Draft) -> Sequence[Key]:
        """The keys that matter at this moment."""
        if self.stage.typing is not None:
            return typing_keys(session, draft)
        return reading_keys(session, self.stage.focused_name, self.stopped_at)

    # -- moving about

    def show_node(self, session: Session, key: str) -> None:
        """Picture and table at a node."""
        view, pane, shown = self.view(session, Draft()), self.stage["graph"], session.graph
        self.table.show(view, key)
        picture = view.picture(pane.width)
        box = picture.boxes.get(label(shown.graph, key)) if picture and shown else None
        if box is not None and pane.is_shown:
            pane.left, pane.top = window(box, pane.left, pane.top, *pane.room)
